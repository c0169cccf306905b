import type { Command } from '@oclif/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { builtInDrivers } from '../../src/drivers/built-in.js';
import { optionFlag } from '../../src/drivers/option-values.js';
import { loadedCommands } from '../docs/loaded-commands.js';
import { type ChildCli, childCli } from '../support/child-cli.js';

/**
 * Words and flags that no completion proposes a value for, and why. Whatever else is added takes the name of something,
 * and must say of what with `names`, or has choices.
 */
const free: Readonly<Record<string, string>> = {
  'numbers, sizes and times':
    '--cert-expiry --heartbeat --health-interval --health-retries --health-start-period --health-timeout --hold ' +
    '--limit-cpu --limit-memory --managers --max --max-per-node --max-unavailable --min --mtu --promote-after --recover ' +
    '--replicas --replicas-max-per-node --reserve-cpu --reserve-memory --restart-delay --restart-max-attempts ' +
    '--rollback-delay --rollback-max-failure-ratio --rollback-monitor --rollback-parallelism --since --snapshot-interval ' +
    '--stop-grace-period --tail --task-history --timeout --update-delay --update-max-failure-ratio --update-monitor ' +
    '--update-parallelism',
  'files and folders, which the shell proposes':
    '--compose-file --file --from --key-file --output --passphrase-file --unlock-key-file file mountpoint',
  'addresses, ports and URLs, and the ARNs of aws':
    '--advertise-addr --default-addr-pool --engine-insecure-registry --engine-install-url --engine-registry-mirror ' +
    '--gateway --ip-range --pass-role --probe --publish --publish-add --publish-rm --subnet --tls-san cidr forward',
  'what a container or an engine gets':
    '--arg --constraint --constraint-add --constraint-rm --container-label --container-label-add ' +
    '--container-label-rm --engine-env --engine-label --engine-opt --engine-storage-driver --engine-version --env ' +
    '--env-add --env-rm --health-cmd --hostname --image --label --label-add --label-rm --mount --mount-add --mount-rm ' +
    '--stop-signal --unit --user --workdir command image',
  'commands, templates, keys and digests': '--digest --filter --format --host-key --key-command',
  'names of what is not there yet': '--name package/driver:add name/network:create',
  'what the setting before it takes': 'value',
};

let cli: ChildCli;
let commands: readonly Command.Loadable[];
beforeAll(async () => {
  cli = await childCli();
  commands = await loadedCommands(cli.root);
}, 60_000);
afterAll(() => cli[Symbol.asyncDispose]());

it('completion knows the values of all words and flags but these', () => {
  const ofDrivers = builtInDrivers.flatMap(({ declaration: { name, options } }) =>
    Object.entries(options).map(([option, declared]) => `--${optionFlag(name, option, declared)}`),
  );
  const unnamed = commands.flatMap((command) => {
    const names = (command['names'] ?? {}) as Readonly<Record<string, string>>;
    const flags = Object.values(command.flags).flatMap((flag) =>
      flag.type === 'option' && flag.options === undefined ? [`--${flag.name}`] : [],
    );
    const args = Object.values(command.args).flatMap((arg) => (arg.options === undefined ? [arg.name] : []));
    return [...flags, ...args]
      .filter((word) => names[word] === undefined && !ofDrivers.includes(word))
      .map((word) => ({ word, ofCommand: `${word}/${command.id}` }));
  });
  const known = Object.values(free).flatMap((words) => words.split(' '));
  const undecided = unnamed.filter(({ word, ofCommand }) => !known.includes(word) && !known.includes(ofCommand));
  expect(undecided.map(({ ofCommand }) => ofCommand)).toEqual([]);
  const used = unnamed.flatMap(({ word, ofCommand }) => [word, ofCommand]);
  expect(known.filter((word) => !used.includes(word))).toEqual([]);
});
