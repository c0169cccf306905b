import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { processIo } from '../src/cli/command-io.js';
import { main } from '../src/cli/main.js';

// Runs the sources as they are: `npm run dev -- ls`.
const root = join(import.meta.dirname, '..');
const pjson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { oclif: { commands: object } };
pjson.oclif.commands = { strategy: 'pattern', target: './src/commands' };
process.exit(await main(process.argv.slice(2), processIo(), { root, pjson: pjson as never, ignoreManifest: true }));
