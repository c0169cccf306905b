import { swarmup } from '../../lib/typed-command.js';
import { destroys } from '../../cli/oclif-command.js';
import { quietFlag } from '../../cli/swarm-flags.js';
import { restoreSummary } from '../../cli/render/backup.js';
import { readSealKey, sealFlags } from '../../cli/seal-key.js';
import { exitCodes } from '../../lib/exit-codes.js';
import type { SealKey } from '../../lib/sealed-file.js';
import type { RestoreResult } from '../../operations/recovery/restore-swarm.js';

export default destroys({
  summary: 'restore a swarm from a backup, onto the same or other hosts',
  description:
    'The first host gets the state and becomes the only manager, with its own address. The other hosts join with ' +
    'the roles that they had, or as workers. Hosts that do not exist are created. A swarm that is still alive is ' +
    'replaced only with --force.',
  examples: [
    swarmup`swarm restore default-20261124T220000Z.backup`,
    swarmup`swarm restore prod.backup --swarm production --on new1 --on new2`,
  ],
  args: { file: { description: 'backup file', required: true } },
  // The hosts will belong to the swarm of the backup, also those that belong to another one now.
  scope: 'default',
  flags: {
    swarm: {
      type: 'string',
      description: 'name of the swarm [default: the name in the backup]',
      value: 'NAME',
      names: 'swarms',
    },
    on: {
      type: 'list',
      description: 'host to restore onto (repeatable); the first gets the state [default: the manager of the backup]',
      value: 'HOST',
      names: 'hosts',
    },
    driver: { type: 'string', description: 'driver for hosts that do not exist yet', value: 'NAME', names: 'drivers' },
    'advertise-addr': {
      type: 'string',
      description: 'address, interface or network that the first host advertises',
      value: 'ADDR',
    },
    ...sealFlags,
    force: { type: 'boolean', description: 'replace a swarm that is alive under this name or on these hosts' },
    quiet: quietFlag,
  },
  run: async ({ args, flags, operate, io, approveLoss, exitWith, print }): Promise<RestoreResult> => {
    const { restoreSwarm } = await import('../../operations/recovery/restore-swarm.js');
    const { file } = args;
    // Asked for once, though the backup is read again after the question.
    let key: Promise<SealKey> | undefined;
    const act = (dryRun: boolean): Promise<RestoreResult> =>
      operate({ quiet: flags.quiet }, (context) =>
        restoreSwarm(context, {
          file,
          swarm: flags.swarm,
          on: flags.on,
          driver: flags.driver,
          advertiseAddr: flags['advertise-addr'],
          force: flags.force,
          dryRun,
          key: () =>
            (key ??= readSealKey(io, flags, {
              signal: context.signal,
              question: `Passphrase for ${file}`,
              isNew: false,
            })),
        }),
      );
    // Without --force nothing that lives is given up.
    const isAsked = flags.yes || !flags.force;
    await approveLoss({ ...flags, yes: isAsked }, 'Replace the swarm that is alive there?', async () =>
      restoreSummary(await act(true)),
    );
    const result = await act(flags['dry-run']);
    if (result.hosts.some(({ status }) => status === 'failed')) exitWith(exitCodes.partial);
    if (result.servicesRun === false) exitWith(exitCodes.unhealthy);
    print(restoreSummary(result));
    return result;
  },
});
