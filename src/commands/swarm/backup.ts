import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { quietFlag } from '../../cli/hosts-command.js';
import { backupSummary } from '../../cli/render/backup.js';
import { readSealKey, sealFlags } from '../../cli/seal-key.js';
import { swarmFlag } from '../../cli/swarm-flags.js';
import { exitCodes } from '../../lib/exit-codes.js';
import type { BackupResult } from '../../operations/recovery/backup-swarm.js';

export default class SwarmBackup extends BaseCommand {
  static override summary = 'write everything a swarm knows to one encrypted file';
  static override description =
    'The state of one manager (rather not the leader), copied while its engine runs: no task is stopped. With the ' +
    'unlock key where autolock is on. Volumes and images are not in it.';
  static override examples = [
    '<%= config.bin %> swarm backup',
    '<%= config.bin %> swarm backup prod.backup --swarm production --key-file backup.key --rehearse',
  ];
  static override args = { file: Args.string({ description: 'file to write [default: SWARM-TIME.backup]' }) };
  static override flags = {
    swarm: swarmFlag,
    ...sealFlags,
    force: Flags.boolean({ description: 'replace the file' }),
    rehearse: Flags.boolean({
      description: 'restore it into a throw-away container host of this machine and compare',
    }),
    quiet: quietFlag,
  };

  async run(): Promise<BackupResult> {
    const { args, flags } = await this.parse(SwarmBackup);
    const { backupSwarm } = await import('../../operations/recovery/backup-swarm.js');
    const stamp = new Date().toISOString().replace(/\.\d+|[:-]/g, '');
    const file = args.file ?? `${flags.swarm}-${stamp}.backup`;
    const result = await this.operate({ quiet: flags.quiet }, (context) =>
      backupSwarm(context, {
        swarm: flags.swarm,
        file,
        force: flags.force,
        swarmupVersion: this.config.version,
        key: () =>
          readSealKey(this.io, flags, { signal: context.signal, question: `Passphrase for ${file}`, isNew: true }),
        ...(flags.rehearse && { scratch: context.scratch }),
      }),
    );
    if (result.rehearsal?.passed === false) this.exitWith(exitCodes.unhealthy);
    this.print(backupSummary(result));
    return result;
  }
}
