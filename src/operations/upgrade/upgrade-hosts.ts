import type { Plan } from '../../plan/plan.js';
import type { StepContext } from '../../plan/step.js';
import { carryOut } from '../access/carry-out.js';
import type { OperationContext } from '../access/context.js';
import type { HostSession } from '../access/host-session.js';
import { hostOutcomes } from '../access/host-steps.js';
import { engineSteps } from '../steps/engine-steps.js';
import type { HostOutcome } from '../access/results.js';
import { type HostUpgrade, lookForHostUpgrade, type VersionChange } from '../steps/upgrade-host.js';

interface UpgradeRequest {
  readonly names: readonly string[];
  /** undefined: the newest that each host's package sources offer. */
  readonly version: string | undefined;
  /** Also upgrade a manager that the quorum of the swarm needs. */
  readonly force: boolean;
  readonly dryRun: boolean;
}

export interface UpgradeResult {
  /** With versions of the engine's package where they are known. */
  readonly hosts: readonly (HostOutcome & Partial<VersionChange>)[];
}

/**
 * Upgrades the engines of hosts: plain hosts at the same time, hosts of a swarm one after another, each when the
 * previous one is back in the swarm. Containers on a host stop with its engine; `upgradeSwarm` moves them away first.
 * Errors: HOST_UNKNOWN (exit 2), QUORUM_AT_RISK (exit 3), LOCKED (exit 5); other errors are in the outcomes.
 */
export async function upgradeHosts(context: OperationContext, request: UpgradeRequest): Promise<UpgradeResult> {
  const { version, force, dryRun } = request;
  const records = await Promise.all(request.names.map((name) => context.store.require(name)));
  const changes = new Map<string, VersionChange>();
  const lookAt = async ({ context: own, record }: HostSession, { detail }: StepContext): Promise<HostUpgrade> => {
    const upgrade = await lookForHostUpgrade(own, record, version, detail);
    changes.set(record.name, { from: upgrade.from, to: upgrade.to });
    return upgrade;
  };
  const plan = async (): Promise<Plan<UpgradeResult>> => {
    const steps = await engineSteps(context, records, {
      title: 'upgrade Docker',
      done: 'upgraded',
      planned: 'would-upgrade',
      look: async (host, step) => {
        const { from, to } = await lookAt(host, step);
        return from === to ? 'unchanged' : 'changed';
      },
      act: async (host, step) => ((await (await lookAt(host, step)).apply(step.detail)) ? 'changed' : 'unchanged'),
      force,
    });
    return {
      steps,
      result: (outcome) => ({
        hosts: hostOutcomes(steps, outcome, { dryRun }).map((host) => ({ ...host, ...changes.get(host.name) })),
      }),
    };
  };
  return carryOut(context, { locks: records, lockTimeoutMs: 30 * 60_000, plan }, { dryRun });
}
