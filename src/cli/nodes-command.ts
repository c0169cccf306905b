import { Args, Flags } from '@oclif/core';
import type { OperationContext } from '../operations/access/context.js';
import type { NodesResult } from '../operations/access/results.js';
import { BaseCommand } from './base-command.js';
import { outcomeCode, quietFlag } from './hosts-command.js';
import { outcomeLines } from './render/outcome-lines.js';
import { dryRunFlag, swarmFlag } from './swarm-flags.js';

export const nodeNames = {
  name: Args.string({ description: 'hosts, hostnames or node IDs', multiple: true, required: true }),
};

/** What all commands that change nodes share. */
export const nodeFlags = { swarm: swarmFlag, 'dry-run': dryRunFlag, quiet: quietFlag };

export const forceFlag = (description: string) => Flags.boolean({ char: 'f', description });

/** A command that changes nodes and tells what became of each. */
export abstract class NodesCommand extends BaseCommand {
  /** Exit 4 when some or all of several failed; the error of the only one is thrown. */
  protected async change(
    flags: { readonly quiet: boolean },
    act: (context: OperationContext) => Promise<NodesResult>,
  ): Promise<NodesResult> {
    const result = await this.operate({ quiet: flags.quiet }, act);
    this.exitWith(outcomeCode(result.nodes));
    this.print(outcomeLines(this.io, result.nodes));
    return result;
  }
}
