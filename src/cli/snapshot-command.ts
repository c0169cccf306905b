import { Args } from '@oclif/core';
import type { OperationContext } from '../operations/access/context.js';
import type { HostsResult } from '../operations/access/results.js';
import type { LabSnapshotRequest } from '../operations/lab/snapshot-lab.js';
import type { RestoreSnapshotsRequest } from '../operations/hosts/snapshots.js';
import { outcomeCode, quietFlag } from './hosts-command.js';
import { LabCommand, labFlags } from './lab-command.js';
import { listArg } from './list-arg.js';
import { usageError } from '../lib/errors.js';
import { lossOf, outcomeLines } from './render/outcome-lines.js';
import { dryRunFlag } from './swarm-flags.js';

/** A command about one snapshot of hosts that are named, else of the whole lab of the working folder. */
export abstract class SnapshotCommand extends LabCommand {
  static override args = {
    snapshot: Args.string({ description: 'name of the snapshot', required: true }),
    host: listArg('hosts [default: the whole lab]'),
  };
  static override flags = { file: labFlags.file, 'dry-run': dryRunFlag, quiet: quietFlag };

  /** What is asked before it is done; undefined: nothing is lost by it. */
  protected readonly question: string | undefined = undefined;
  /** The operation on hosts. */
  protected abstract act(context: OperationContext, request: RestoreSnapshotsRequest): Promise<HostsResult>;
  /** The operation on a lab. */
  protected abstract actOnLab(context: OperationContext, request: LabSnapshotRequest): Promise<HostsResult>;

  async run(): Promise<HostsResult> {
    const { args, flags } = await this.parseAs(this.ctor as typeof SnapshotCommand);
    const [name, hosts] = [args.snapshot, [...new Set(args.host)]];
    const { force = false, yes = false } = flags as { readonly force?: boolean; readonly yes?: boolean };
    if (force && hosts.length === 0)
      throw usageError('FLAG_NEEDS', '--force belongs to hosts that are named: a whole lab needs no quorum meanwhile');
    const lab = hosts.length === 0 ? await this.labRequest({ file: flags.file }) : undefined;
    const act = (dryRun: boolean): Promise<HostsResult> =>
      this.operate({ quiet: flags.quiet }, (context) =>
        lab === undefined
          ? this.act(context, { name, hosts, dryRun, force })
          : this.actOnLab(context, { ...lab, name, dryRun }),
      );
    if (this.question !== undefined)
      await this.approveLoss({ ...flags, yes }, this.question, async () => lossOf(this.io, (await act(true)).hosts));
    const result = await act(flags['dry-run']);
    this.exitWith(outcomeCode(result.hosts));
    this.print(outcomeLines(this.io, result.hosts));
    return result;
  }
}
