import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { quietFlag } from '../../cli/hosts-command.js';
import { restoreSummary } from '../../cli/render/backup.js';
import { readSealKey, sealFlags } from '../../cli/seal-key.js';
import { dryRunFlag, yesFlag } from '../../cli/swarm-flags.js';
import { exitCodes } from '../../lib/exit-codes.js';
import type { SealKey } from '../../lib/sealed-file.js';
import type { RestoreResult } from '../../operations/recovery/restore-swarm.js';

export default class SwarmRestore extends BaseCommand {
  static override summary = 'bring a swarm back from a backup, onto the same hosts or others';
  static override description =
    'The first host gets the state and becomes the only manager, at its own address; the others join it in the roles ' +
    'that they had, or as workers. Hosts that do not exist are made. A swarm that lives is not replaced unless forced.';
  static override examples = [
    '<%= config.bin %> swarm restore default-20261124T220000Z.backup',
    '<%= config.bin %> swarm restore prod.backup --swarm production --on new1 --on new2',
  ];
  static override args = { file: Args.string({ description: 'the backup', required: true }) };
  static override flags = {
    swarm: Flags.string({ description: 'name of the swarm [default: the one it had]', helpValue: '<NAME>' }),
    on: Flags.string({
      description: 'host, once or more; the first gets the state [default: the manager of the backup]',
      multiple: true,
      helpValue: '<HOST>',
    }),
    driver: Flags.string({ description: 'driver of hosts that are made', helpValue: '<NAME>' }),
    'advertise-addr': Flags.string({
      description: 'address, interface or network that the first host advertises',
      helpValue: '<ADDR>',
    }),
    ...sealFlags,
    yes: yesFlag,
    force: Flags.boolean({ description: 'give up the swarm that lives under this name or on these hosts' }),
    'dry-run': dryRunFlag,
    quiet: quietFlag,
  };

  async run(): Promise<RestoreResult> {
    const { args, flags } = await this.parse(SwarmRestore);
    const { restoreSwarm } = await import('../../operations/recovery/restore-swarm.js');
    const { file } = args;
    // Asked for once, though the backup is read again after the question.
    let key: Promise<SealKey> | undefined;
    const act = (dryRun: boolean): Promise<RestoreResult> =>
      this.operate({ quiet: flags.quiet }, (context) =>
        restoreSwarm(context, {
          file,
          swarm: flags.swarm,
          on: flags.on ?? [],
          driver: flags.driver,
          advertiseAddr: flags['advertise-addr'],
          force: flags.force,
          dryRun,
          key: () =>
            (key ??= readSealKey(this.io, flags, {
              signal: context.signal,
              question: `Passphrase for ${file}`,
              isNew: false,
            })),
        }),
      );
    // Without --force nothing that lives is given up.
    const isAsked = flags.yes || !flags.force;
    await this.approveLoss({ ...flags, yes: isAsked }, 'Give up what lives there?', async () =>
      restoreSummary(await act(true)),
    );
    const result = await act(flags['dry-run']);
    if (result.hosts.some(({ status }) => status === 'failed')) this.exitWith(exitCodes.partial);
    if (result.servicesRun === false) this.exitWith(exitCodes.unhealthy);
    this.print(restoreSummary(result));
    return result;
  }
}
