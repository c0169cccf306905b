import type { OperationContext } from '../operations/access/context.js';
import type { NodesResult } from '../operations/access/results.js';
import type { ArgDeclarations } from './arg-declaration.js';
import type { CommandTools, QuickTools } from './command.js';
import { outcomeCode } from './hosts-command.js';
import { lossOf, outcomeLines } from './render/outcome-lines.js';

export const nodeNames = {
  name: { description: 'hosts, hostnames or node IDs', many: true, required: true, names: 'nodes' },
} as const satisfies ArgDeclarations;

/** The ending of a command that reports the result of each node: exit 4 if some or all of several failed. */
export const nodeOutcomes = {
  exitCode: ({ nodes }: NodesResult): number => outcomeCode(nodes),
  render: ({ nodes }: NodesResult, { io }: QuickTools): string => outcomeLines(io, nodes),
};

/** Asks first, by a dry run of the same. Errors: those of `approveLoss` and of the operation. */
export async function destroyNodes(
  { io, operate, approveLoss }: CommandTools,
  flags: { readonly quiet: boolean; readonly yes: boolean; readonly 'dry-run': boolean },
  question: string,
  act: (context: OperationContext, options: { readonly dryRun: boolean }) => Promise<NodesResult>,
): Promise<NodesResult> {
  await approveLoss(flags, question, () =>
    operate({ quiet: true }, async (context) => lossOf(io, (await act(context, { dryRun: true })).nodes)),
  );
  return operate({ quiet: flags.quiet }, (context) => act(context, { dryRun: flags['dry-run'] }));
}
