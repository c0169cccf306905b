import { readAgentFiles, type AgentFiles } from '../../bootstrap/agent-files.js';
import { readAgent } from '../../bootstrap/install-agent.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import { swarmNodes } from '../../swarm/swarm-api.js';
import { agentStatus } from '../steps/agent-access.js';
import { agentTargets } from '../steps/agent-targets.js';
import type { OperationContext } from '../access/context.js';
import { eachHost } from '../access/each-host.js';
import { inTurn } from '../access/in-turn.js';
import { followRoles } from '../access/follow-roles.js';
import { openSwarm, swarmMachines } from '../access/swarm-access.js';
import { putAgent } from '../steps/put-agent.js';
import type { HostOutcome, HostsResult } from '../access/results.js';

export interface AgentRequest {
  readonly swarm: string;
  /** Empty: all managers of the swarm. */
  readonly names: readonly string[];
  readonly dryRun: boolean;
}

/**
 * Installs the agent on managers, all at once; one that is there is brought up to date, one that is as it should be is
 * left alone. From then on `create` installs it on new managers, too.
 * Errors: those of `agentTargets`; AGENT_NOT_BUILT. What went wrong on a host is in its outcome.
 */
export async function installAgents(context: OperationContext, request: AgentRequest): Promise<HostsResult> {
  await seeNewManagers(context, request.swarm);
  const records = await agentTargets(context, request.swarm, request.names);
  const files = await readAgentFiles();
  const hosts = await eachHost(context, namesOf(records), 'install the agent', (name, detail) =>
    request.dryRun ? plannedFor(context, recordOf(records, name), files) : put(context, records, name, files, detail),
  );
  if (!request.dryRun) await wantAgent(context, request.swarm, true);
  return { hosts };
}

/** An agent may have promoted a worker. A swarm that cannot be asked is no reason to install nothing. */
async function seeNewManagers(context: OperationContext, swarm: string): Promise<void> {
  try {
    const { engine } = await openSwarm(context, swarm);
    await followRoles(context, await swarmNodes(engine, context.signal), await swarmMachines(context, swarm));
  } catch {
    context.signal.throwIfAborted();
  }
}

/**
 * Brings the agents that are installed to the version of this swarmup, one host after another and the leader's last, so
 * that there is always one to take over. Hosts without an agent are left alone. Errors: as `installAgents`.
 */
export async function upgradeAgents(context: OperationContext, request: AgentRequest): Promise<HostsResult> {
  const records = await leaderLast(context, await agentTargets(context, request.swarm, request.names));
  const files = await readAgentFiles();
  const turn = inTurn();
  const hosts = await eachHost(context, namesOf(records), 'upgrade the agent', (name, detail) =>
    turn(async (): Promise<HostOutcome['status']> => {
      const planned = await plannedFor(context, recordOf(records, name), files);
      if (request.dryRun || planned === 'would-install') return planned === 'would-install' ? 'unchanged' : planned;
      return put(context, records, name, files, detail);
    }),
  );
  return { hosts };
}

/** Remembers whether managers that are made later get the agent. */
export async function wantAgent(context: OperationContext, swarm: string, wanted: boolean): Promise<void> {
  const record = await context.store.readSwarm(swarm);
  if (record !== undefined && (record.agent ?? true) !== wanted)
    await context.store.writeSwarm({ ...record, agent: wanted });
}

const namesOf = (records: readonly MachineRecord[]): readonly string[] => records.map(({ name }) => name);

function recordOf(records: readonly MachineRecord[], name: string): MachineRecord {
  const record = records.find((candidate) => candidate.name === name);
  if (record === undefined) throw new Error(`no record of ${name}`);
  return record;
}

function put(
  context: OperationContext,
  records: readonly MachineRecord[],
  name: string,
  files: AgentFiles,
  detail: (message: string) => void,
): Promise<HostOutcome['status']> {
  return putAgent(context, recordOf(records, name), { files, signal: context.signal, detail });
}

async function plannedFor(
  context: OperationContext,
  record: MachineRecord,
  files: AgentFiles,
): Promise<'would-install' | 'would-upgrade' | 'unchanged'> {
  const found = await readAgent(await context.connect(record), { signal: context.signal });
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
