import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ChildCli, childCli } from '../support/child-cli.js';
import { loadedCommands } from './loaded-commands.js';
import { manualPage } from './manual-page.js';

const file = join(import.meta.dirname, '..', '..', 'man', 'swarmup.1');
const isMissing = (program: string): boolean => spawnSync(program, ['--version']).status !== 0;

let cli: ChildCli;
beforeAll(async () => {
  cli = await childCli();
}, 120_000);
afterAll(() => cli[Symbol.asyncDispose]());

it('the manual page is what npm run docs:man writes', async () => {
  const { version } = JSON.parse(readFileSync(join(cli.root, 'package.json'), 'utf8')) as { version: string };
  expect(readFileSync(file, 'utf8')).toBe(manualPage(await loadedCommands(cli.root), version));
});

it.skipIf(isMissing('groff'))('groff reads it without a warning', () => {
  const { stdout, stderr } = spawnSync('groff', ['-man', '-ww', '-Tutf8', '-P-cbu', file], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(stdout).toContain('swarmup create NAME...');
});
