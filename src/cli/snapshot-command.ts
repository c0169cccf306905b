import { Args } from '@oclif/core';
import type { OperationContext } from '../operations/context.js';
import type { HostsResult } from '../operations/results.js';
import type { SnapshotRequest } from '../operations/snapshots.js';
import { BaseCommand } from './base-command.js';
import { outcomeCode, quietFlag } from './hosts-command.js';
import { outcomeLines } from './render/outcome-lines.js';

/** A command about one snapshot of one or more hosts. */
export abstract class SnapshotCommand extends BaseCommand {
  static override args = {
    snapshot: Args.string({ description: 'name of the snapshot', required: true }),
    host: Args.string({ description: 'hosts', multiple: true, required: true }),
  };
  static override flags = { quiet: quietFlag };

  /** The one operation of the command. */
  protected abstract act(context: OperationContext, request: SnapshotRequest): Promise<HostsResult>;

  async run(): Promise<HostsResult> {
    // By name: oclif copies own properties only, and subclasses inherit their args.
    const ctor = this.ctor as typeof SnapshotCommand;
    const { args, flags } = await this.parse({
      args: ctor.args,
      flags: ctor.flags,
      baseFlags: ctor.baseFlags,
      enableJsonFlag: ctor.enableJsonFlag,
    });
    const request = { name: args.snapshot, hosts: [...new Set(args.host)] };
    const result = await this.operate({ quiet: flags.quiet }, (context) => this.act(context, request));
    this.exitWith(outcomeCode(result.hosts));
    this.print(outcomeLines(this.io, result.hosts));
    return result;
  }
}
