import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ChildCli, childCli } from '../support/child-cli.js';

let cli: ChildCli;
beforeAll(async () => {
  cli = await childCli();
}, 120_000);
afterAll(() => cli[Symbol.asyncDispose]());

it.each([
  ['drill', 'FAULT is missing: fault to cause: one of kill-leader, kill-node, partition,'],
  ['image import x', 'the flag --name is missing'],
  ['create --foo a', 'there is no flag --foo'],
  ['create a --managers x', '--managers must be a whole number, not x'],
  ['create a --managers -1', '--managers must be a whole number greater than or equal to 0, not -1'],
  ['create a --no-swarm --swarm x', '--swarm and --no-swarm cannot be used together'],
  ['create a --driver', '--driver needs a value'],
  ['stop a --dry-run=false', '--dry-run takes no value'],
  ['ls --quiet=no', '--quiet takes no value'],
  ['node ls --prune --filter name=a', '--prune and --filter cannot be used together: --prune removes all former nodes'],
  ['init a b', 'the argument b is not expected'],
  ['env a --shell foo', '--shell must be one of bash, zsh, sh, fish, powershell, cmd, tcsh, emacs, nushell, not foo'],
  ['delete a', 'there is no command "delete"\n  → did you mean: swarmup rm\n'],
  ['list', 'there is no command "list"\n  → did you mean: swarmup ls\n'],
  ['plan -o json', 'there is no flag -o'],
  ['completion', 'name the shell: bash, zsh, fish, powershell'],
  ['service remove a', 'there is no command "service remove"\n  → did you mean: swarmup service rm\n'],
])('swarmup %s: says what is wrong, in its own words', async (line, message) => {
  const { stderr, exitCode } = await cli.run(line.split(' '));
  expect(stderr).toContain(`Error: ${message}`);
  expect(exitCode).toBe(2);
});
