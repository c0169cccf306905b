import type { OperationContext } from '../operations/access/context.js';
import type { EnterRequest, EnterResult } from '../operations/members/enter-swarm.js';
import { BaseCommand } from './base-command.js';
import { createFlags } from './create-request.js';
import { outcomeCode, quietFlag } from './hosts-command.js';
import { listTable } from './render/listing.js';
import { nodeListing } from './render/node-table.js';
import { outcomeLines } from './render/outcome-lines.js';
import { dryRunFlag } from './swarm-flags.js';

/** What hosts that enter a swarm can be told. */
export const enterFlags = {
  swarm: createFlags.swarm,
  'advertise-addr': createFlags['advertise-addr'],
  agent: createFlags.agent,
  'dry-run': dryRunFlag,
  quiet: quietFlag,
};

interface EnterFlagValues {
  readonly swarm: string;
  readonly 'advertise-addr'?: string | undefined;
  readonly agent?: boolean | undefined;
  readonly 'dry-run': boolean;
  readonly quiet: boolean;
}

/** A command that makes hosts nodes of a swarm. */
export abstract class EnterCommand extends BaseCommand {
  protected requestOf(flags: EnterFlagValues): Pick<EnterRequest, 'swarm' | 'advertiseAddr' | 'agent' | 'dryRun'> {
    const { swarm, agent } = flags;
    return { swarm, agent, advertiseAddr: flags['advertise-addr'], dryRun: flags['dry-run'] };
  }

  protected async enter(
    { swarm, quiet }: EnterFlagValues,
    act: (context: OperationContext) => Promise<EnterResult>,
  ): Promise<EnterResult> {
    const afterInterrupt = [
      `the same command goes on from here; swarmup swarm status --swarm ${swarm} shows the swarm`,
    ];
    const result = await this.operate({ quiet, afterInterrupt }, act);
    this.exitWith(outcomeCode(result.hosts));
    const nodes = result.nodes.length === 0 ? '' : `\n${listTable(nodeListing, result.nodes)}`;
    this.print(`${outcomeLines(this.io, result.hosts)}${nodes}`);
    return result;
  }
}
