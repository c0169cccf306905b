import { swarmup } from '../lib/typed-command.js';
import { quietFlag } from './swarm-flags.js';
import type { CommandTools, QuickTools } from './command.js';
import type { OperationContext } from '../operations/access/context.js';
import type { EnterRequest, EnterResult } from '../operations/members/enter-swarm.js';
import { createFlags } from './create-request.js';
import { outcomeCode } from './hosts-command.js';
import { listTable } from './render/listing.js';
import { nodeListing } from './render/node-table.js';
import { outcomeLines } from './render/outcome-lines.js';

/** The flags for hosts that enter a swarm. */
export const enterFlags = {
  swarm: createFlags.swarm,
  'advertise-addr': createFlags['advertise-addr'],
  agent: createFlags.agent,
  quiet: quietFlag,
} as const;

interface EnterFlagValues {
  readonly swarm: string;
  readonly 'advertise-addr'?: string | undefined;
  readonly agent?: boolean | undefined;
  readonly 'dry-run': boolean;
  readonly quiet: boolean;
}

type Call = CommandTools & { readonly flags: EnterFlagValues };

export const enterRequest = (
  flags: EnterFlagValues,
): Pick<EnterRequest, 'swarm' | 'advertiseAddr' | 'agent' | 'dryRun'> => ({
  swarm: flags.swarm,
  agent: flags.agent,
  advertiseAddr: flags['advertise-addr'],
  dryRun: flags['dry-run'],
});

/** Makes hosts nodes of a swarm. */
export const enter = (
  { operate, flags: { quiet, swarm } }: Call,
  act: (context: OperationContext) => Promise<EnterResult>,
): Promise<EnterResult> =>
  operate(
    {
      quiet,
      afterInterrupt: [
        `the same command continues where this run stopped; ${swarmup`swarm status --swarm ${swarm}`} shows the swarm`,
      ],
    },
    act,
  );

/** How such a command ends. */
export const entered = {
  exitCode: ({ hosts }: EnterResult): number => outcomeCode(hosts),
  render: ({ hosts, nodes }: EnterResult, { io }: QuickTools): string =>
    `${outcomeLines(io, hosts)}${nodes.length === 0 ? '' : `\n${listTable(nodeListing, nodes)}`}`,
};
