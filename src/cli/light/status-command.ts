import { exitCodes } from '../../lib/exit-codes.js';
import { swarmup } from '../../lib/typed-command.js';
import { hostStates } from '../../operations/hosts/host-queries.js';
import { quick } from '../define-command.js';
import { hostNames, hostsNamed } from './host-words.js';
import { timeoutFlag } from './timeout-flag.js';

/** Code 6 unless all hosts run. */
export const hostsExitCode = ({ hosts }: Pick<Awaited<ReturnType<typeof hostStates>>, 'hosts'>): number =>
  hosts.every(({ state }) => state === 'running') ? exitCodes.ok : exitCodes.unhealthy;

export const statusCommand = quick.shows({
  summary: 'show the state of hosts: running, starting, stopped, paused, absent or error',
  examples: [swarmup`status manager`],
  args: hostNames,
  flags: { timeout: { ...timeoutFlag, default: 10 } },
  // Without a name it may be about the lab of this folder.
  isQuick: ({ name }) => name.length > 0,
  run: ({ args, flags, operate }) =>
    operate({ quiet: true }, async (context) =>
      hostStates(context, await hostsNamed(context, args.name), { timeoutMs: flags.timeout * 1000 }),
    ),
  exitCode: hostsExitCode,
  render: ({ hosts }) => hosts.map(({ state }) => `${state}\n`).join(''),
});
