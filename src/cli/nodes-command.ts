import { Args, Flags } from '@oclif/core';
import type { OperationContext } from '../operations/access/context.js';
import type { NodesResult } from '../operations/access/results.js';
import { BaseCommand } from './base-command.js';
import { outcomeCode, quietFlag } from './hosts-command.js';
import { lossOf, outcomeLines } from './render/outcome-lines.js';
import { dryRunFlag, swarmFlag } from './swarm-flags.js';

export const nodeNames = {
  name: Args.string({ description: 'hosts, hostnames or node IDs', multiple: true, required: true }),
};

/** What all commands that change nodes share. */
export const nodeFlags = { swarm: swarmFlag, 'dry-run': dryRunFlag, quiet: quietFlag };

export const forceFlag = (description: string) => Flags.boolean({ description });

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

  /** The same of what destroys: it asks first. */
  protected async destroy(
    flags: { readonly quiet: boolean; readonly yes: boolean; readonly 'dry-run': boolean },
    question: string,
    act: (context: OperationContext, options: { readonly dryRun: boolean }) => Promise<NodesResult>,
  ): Promise<NodesResult> {
    await this.approveLoss(flags, question, () =>
      this.operate({ quiet: true }, async (context) => {
        const { nodes } = await act(context, { dryRun: true });
        return lossOf(this.io, nodes);
      }),
    );
    return this.change(flags, (context) => act(context, { dryRun: flags['dry-run'] }));
  }
}
