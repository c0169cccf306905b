import { swarmup } from '../../lib/typed-command.js';
import { quietFlag, swarmFlag } from '../../cli/swarm-flags.js';
import { changesAtOnce } from '../../cli/oclif-command.js';
import { backupSummary } from '../../cli/render/backup.js';
import { readSealKey, sealFlags } from '../../cli/seal-key.js';
import { exitCodes } from '../../lib/exit-codes.js';
import type { BackupResult } from '../../operations/recovery/backup-swarm.js';

export default changesAtOnce({
  because: 'it copies from a host into a file on this computer',
  summary: 'back up the state of a swarm to an encrypted file',
  description:
    'The backup is a copy of the state of one manager, preferably not the leader. The engine keeps running ' +
    'during the copy, and no task stops. If autolock is on, the backup contains the unlock key. It does not ' +
    'contain volumes or images.',
  examples: [
    swarmup`swarm backup`,
    swarmup`swarm backup prod.backup --swarm production --key-file backup.key --rehearse`,
  ],
  args: { file: { description: 'file to write [default: SWARM-TIME.backup]' } },
  flags: {
    swarm: swarmFlag,
    ...sealFlags,
    force: { type: 'boolean', description: 'replace an existing file' },
    rehearse: {
      type: 'boolean',
      description: 'restore the backup into a temporary container on this computer and compare',
    },
    quiet: quietFlag,
  },
  run: async ({ args, flags, operate, version, io, exitWith, print }): Promise<BackupResult> => {
    const { backupSwarm } = await import('../../operations/recovery/backup-swarm.js');
    const stamp = new Date().toISOString().replace(/\.\d+|[:-]/g, '');
    const file = args.file ?? `${flags.swarm}-${stamp}.backup`;
    const result = await operate({ quiet: flags.quiet }, (context) =>
      backupSwarm(context, {
        swarm: flags.swarm,
        file,
        force: flags.force,
        swarmupVersion: version,
        key: () => readSealKey(io, flags, { signal: context.signal, question: `Passphrase for ${file}`, isNew: true }),
        ...(flags.rehearse && { scratch: context.scratch }),
      }),
    );
    if (result.rehearsal?.passed === false) exitWith(exitCodes.unhealthy);
    print(backupSummary(result));
    return result;
  },
});
