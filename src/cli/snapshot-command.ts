import { usageError } from '../lib/errors.js';
import type { OperationContext } from '../operations/access/context.js';
import type { HostsResult } from '../operations/access/results.js';
import type { RestoreSnapshotsRequest } from '../operations/hosts/snapshots.js';
import type { LabSnapshotRequest } from '../operations/lab/snapshot-lab.js';
import type { CommandTools } from './command.js';
import { labFlags, labRequest } from './lab-command.js';
import { lossOf } from './render/outcome-lines.js';
import { quietFlag } from './swarm-flags.js';

interface SnapshotWork {
  /** The operation on hosts. */
  readonly act: (context: OperationContext, request: RestoreSnapshotsRequest) => Promise<HostsResult>;
  /** The operation on a lab. */
  readonly actOnLab: (context: OperationContext, request: LabSnapshotRequest) => Promise<HostsResult>;
}

/** The words of a command about one snapshot of hosts that are named, else of the whole lab of the working folder. */
export const snapshotWords = {
  args: {
    snapshot: { description: 'name of the snapshot', required: true, names: 'snapshots' },
    host: { description: 'hosts [default: all hosts of the lab]', many: true, names: 'hosts' },
  },
  flags: { file: labFlags.file, quiet: quietFlag },
} as const;

interface Call extends CommandTools {
  readonly args: { readonly snapshot: string; readonly host: readonly string[] };
  readonly flags: { readonly file: string | undefined; readonly quiet: boolean; readonly force?: boolean };
}

/** What is done to the hosts that are meant, or only looked at. Errors: FLAG_NEEDS (exit 2); those of the operations. */
export async function workOnSnapshot(
  call: Call,
  { act, actOnLab }: SnapshotWork,
): Promise<(dryRun: boolean) => Promise<HostsResult>> {
  const {
    args,
    flags: { file, quiet, force = false },
  } = call;
  const [name, hosts] = [args.snapshot, [...new Set(args.host)]];
  if (force && hosts.length === 0)
    throw usageError(
      'FLAG_NEEDS',
      '--force needs the names of hosts: a whole lab has no quorum to keep during the restore',
    );
  const lab = hosts.length === 0 ? await labRequest(call, { file }) : undefined;
  return (dryRun) =>
    call.operate({ quiet }, (context) =>
      lab === undefined ? act(context, { name, hosts, dryRun, force }) : actOnLab(context, { ...lab, name, dryRun }),
    );
}

/** Asks first, by a dry run of the same. Errors: those of `approveLoss` and of the work. */
export async function destroySnapshot(
  call: Call & { readonly flags: { readonly yes: boolean; readonly 'dry-run': boolean } },
  question: string,
  work: SnapshotWork,
): Promise<HostsResult> {
  const act = await workOnSnapshot(call, work);
  await call.approveLoss(call.flags, question, async () => lossOf(call.io, (await act(true)).hosts));
  return act(call.flags['dry-run']);
}
