import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadedCommands } from './loaded-commands.js';
import { manualPage } from './manual-page.js';

const root = join(import.meta.dirname, '..', '..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
writeFileSync(join(root, 'man', 'swarmup.1'), manualPage(await loadedCommands(root), version));
