import { readAgentFiles, type AgentFiles } from '../../bootstrap/agent-files.js';
import { readAgent } from '../../bootstrap/install-agent.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { Plan } from '../../plan/plan.js';
import type { StepContext } from '../../plan/step.js';
import { swarmNodes } from '../../swarm/swarm-api.js';
import { agentStatus } from '../steps/agent-access.js';
import { agentTargets } from '../steps/agent-targets.js';
import { carryOut } from '../access/carry-out.js';
import type { OperationContext } from '../access/context.js';
import { hostsPlan } from '../access/host-steps.js';
import { followRoles } from '../access/follow-roles.js';
import { openSwarm, swarmMachines } from '../access/swarm-access.js';
import { putAgent } from '../steps/put-agent.js';
import type { HostsResult } from '../access/results.js';
import { underSignal } from '../access/under-signal.js';

export interface AgentRequest {
  readonly swarm: string;
  /** Empty: all managers of the swarm. */
  readonly names: readonly string[];
  readonly dryRun: boolean;
}

/**
 * Installs the agent on managers, all at the same time. An old agent is updated, and a current agent is not changed.
 * From then on, `create` also installs the agent on new managers. Errors: those of `agentTargets`; AGENT_NOT_BUILT. The
 * error of a host is in its outcome.
 */
export const installAgents = (context: OperationContext, request: AgentRequest): Promise<HostsResult> =>
  carryOut(context, { plan: () => planInstallation(context, request) }, request);

async function planInstallation(context: OperationContext, request: AgentRequest): Promise<Plan<HostsResult>> {
  const { swarm, names } = request;
  await seeNewManagers(context, swarm);
  const records = await agentTargets(context, swarm, names);
  const files = await readAgentFiles();
  const plan = hostsPlan(
    records.map(({ name }) => name),
    {
      title: 'install the agent',
      done: 'installed',
      planned: 'would-install',
      look: async (name, step) => plannedFor(context, await context.store.require(name), files, step),
      act: async (name, step) => put(context, await context.store.require(name), files, step),
    },
    request,
  );
  return { ...plan, finish: () => wantAgent(context, swarm, true) };
}

/** An agent may have promoted a worker. If the swarm cannot be asked, the agents are installed anyway. */
async function seeNewManagers(context: OperationContext, swarm: string): Promise<void> {
  try {
    const { engine } = await openSwarm(context, swarm);
    await followRoles(context, await swarmNodes(engine, context.signal), await swarmMachines(context, swarm));
  } catch {
    context.signal.throwIfAborted();
  }
}

/**
 * Upgrades the installed agents to the version of this swarmup, one host after another and the leader last, so that
 * another agent can always take over. Hosts without an agent are not changed. Errors: as `installAgents`.
 */
export const upgradeAgents = (context: OperationContext, request: AgentRequest): Promise<HostsResult> =>
  carryOut(context, { plan: () => planUpgrade(context, request) }, request);

async function planUpgrade(context: OperationContext, request: AgentRequest): Promise<Plan<HostsResult>> {
  const records = await leaderLast(context, await agentTargets(context, request.swarm, request.names));
  const files = await readAgentFiles();
  const planned = async (name: string, step: StepContext): ReturnType<typeof plannedFor> =>
    plannedFor(context, await context.store.require(name), files, step);
  return hostsPlan(
    records.map(({ name }) => name),
    {
      title: 'upgrade the agent',
      done: 'upgraded',
      planned: 'would-upgrade',
      exclusive: () => 'agents',
      look: async (name, step) => ((await planned(name, step)) === 'would-upgrade' ? 'changed' : 'unchanged'),
      act: async (name, step) => {
        if ((await planned(name, step)) === 'would-install') return 'unchanged';
        return put(context, await context.store.require(name), files, step);
      },
    },
    request,
  );
}

/** Remembers whether managers that are made later get the agent. */
export async function wantAgent(context: OperationContext, swarm: string, wanted: boolean): Promise<void> {
  const record = await context.store.readSwarm(swarm);
  if (record !== undefined && (record.agent ?? true) !== wanted)
    await context.store.writeSwarm({ ...record, agent: wanted });
}

const put = (
  context: OperationContext,
  record: MachineRecord,
  files: AgentFiles,
  step: StepContext,
): ReturnType<typeof putAgent> => putAgent(underSignal(context, step.signal), record, { files, ...step });

async function plannedFor(
  context: OperationContext,
  record: MachineRecord,
  files: AgentFiles,
  { signal }: StepContext,
): Promise<'would-install' | 'would-upgrade' | 'unchanged'> {
  const found = await readAgent(await context.connect(record, { signal }), { signal });
  if (found === undefined) return 'would-install';
  return found.version === files.version && found.unit === 'active' ? 'unchanged' : 'would-upgrade';
}

async function leaderLast(
  context: OperationContext,
  records: readonly MachineRecord[],
): Promise<readonly MachineRecord[]> {
  const leads = await Promise.all(
    records.map(async (record) => {
      const status = await agentStatus(context, record).catch(() => undefined);
      return status?.state === 'leader';
    }),
  );
  context.signal.throwIfAborted();
  return [...records.filter((_, i) => leads[i] !== true), ...records.filter((_, i) => leads[i] === true)];
}
