import { swarmup } from '../../lib/typed-command.js';
import { quietFlag, swarmFlag } from '../../cli/swarm-flags.js';
import { destroys } from '../../cli/oclif-command.js';
import { custodyFlags, custodyOf, sealKeyReader } from '../../cli/custody-flags.js';
import { confirm } from '../../cli/prompts.js';
import { recoveryFindings, recoverySummary } from '../../cli/render/recovery.js';
import { unlockKeyFlags, unlockKeySource } from '../../cli/unlock-key.js';
import { exitCodes } from '../../lib/exit-codes.js';
import type { RecoverResult } from '../../operations/recovery/recover-swarm.js';

export default destroys({
  summary: 'recover a swarm that has lost its quorum',
  description:
    'swarmup asks all hosts, takes a copy of the newest state, and makes the manager that has it the only ' +
    'manager. Other managers that answer join again. Managers that do not answer are removed from the swarm; run ' +
    'the command again when they are back. Then swarmup waits until all services run. A swarm that has its ' +
    'quorum is not changed. With autolock, the stored unlock key is used; if autolock had to be turned off, it ' +
    'is turned on again with a new key.',
  examples: [swarmup`swarm recover --dry-run`, swarmup`swarm recover --yes --swarm production`],
  flags: {
    swarm: swarmFlag,
    ...unlockKeyFlags,
    ...custodyFlags,
    quiet: quietFlag,
  },
  run: async ({ flags, operate, io, json, exitWith, print }): Promise<RecoverResult> => {
    const { recoverSwarm } = await import('../../operations/recovery/recover-swarm.js');
    const { storedUnlockKeys } = await import('../../operations/steps/unlock-keys.js');
    const afterInterrupt = [`${swarmup`swarm recover --swarm ${flags.swarm}`} continues where this run stopped`];
    const custody = custodyOf(flags);
    const result = await operate({ quiet: flags.quiet, afterInterrupt }, (context) => {
      const asked = unlockKeySource(io, flags['unlock-key-file'], context.signal);
      const isGiven = flags['unlock-key-file'] !== undefined;
      const kept = async (): Promise<string | undefined> =>
        isGiven ? undefined : (await storedUnlockKeys(context, flags.swarm, { custody }))[0];
      return recoverSwarm(context, {
        swarm: flags.swarm,
        dryRun: flags['dry-run'],
        unlockKey: async (host) => (await kept()) ?? asked(host),
        custody,
        sealKey: sealKeyReader(io, flags, context.signal),
        approve: async (found) => {
          if (!json) io.say(`${recoveryFindings(found)}\n`);
          return flags.yes || confirm(io, 'Recover the swarm this way?', context.signal);
        },
      });
    });
    if (result.hosts.some(({ status }) => status === 'failed')) exitWith(exitCodes.partial);
    if (result.servicesRun === false) exitWith(exitCodes.unhealthy);
    print(recoverySummary(result));
    return result;
  },
});
