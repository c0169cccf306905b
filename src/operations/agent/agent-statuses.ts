import type { AgentState, AgentStatus } from '../../agent/agent-api.js';
import { readAgentFiles } from '../../bootstrap/agent-files.js';
import { type InstalledAgent, readAgent } from '../../bootstrap/install-agent.js';
import { errorJson } from '../../lib/error-json.js';
import { codeOf, type ErrorJson } from '../../lib/errors.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import { agentStatus } from '../steps/agent-access.js';
import { agentTargets } from '../steps/agent-targets.js';
import type { OperationContext } from '../access/context.js';

/** The agent of one manager. */
interface AgentRow {
  readonly name: string;
  /**
   * The state that the agent reports; `absent`: no agent is installed; `down`: the agent does not answer;
   * `unreachable`: the host does not answer.
   */
  readonly state: AgentState | 'absent' | 'down' | 'unreachable';
  /** null: no agent is installed, or the host does not answer. */
  readonly installed: InstalledAgent | null;
  /** Its files are those of this swarmup; null: none are known. */
  readonly upToDate: boolean | null;
  readonly error?: ErrorJson;
}

export interface AgentStatusResult {
  readonly swarm: string;
  readonly agents: readonly AgentRow[];
  /** What the agent that leads says of the swarm; null when none does. */
  readonly leader: AgentStatus | null;
}

/** How the agents of a swarm are, all asked at once; never fails for one of them. Errors: those of `agentTargets`. */
export async function agentStatuses(
  context: OperationContext,
  request: { readonly swarm: string; readonly names: readonly string[] },
): Promise<AgentStatusResult> {
  const records = await agentTargets(context, request.swarm, request.names);
  const wanted = (await readAgentFiles().catch(() => undefined))?.version;
  const found = await Promise.all(records.map((record) => lookAt(context, record, wanted)));
  context.signal.throwIfAborted();
  return {
    swarm: request.swarm,
    agents: found.map(({ row }) => row),
    leader: found.find(({ status }) => status?.state === 'leader')?.status ?? null,
  };
}

interface Found {
  readonly row: AgentRow;
  readonly status?: AgentStatus;
}

async function lookAt(context: OperationContext, record: MachineRecord, wanted: string | undefined): Promise<Found> {
  const { name } = record;
  let installed: InstalledAgent | undefined;
  try {
    installed = await readAgent(await context.connect(record), { signal: context.signal });
  } catch (error) {
    return { row: { name, state: 'unreachable', installed: null, upToDate: null, error: errorJson(error) } };
  }
  if (installed === undefined) return { row: { name, state: 'absent', installed: null, upToDate: null } };
  const base = { name, installed, upToDate: wanted === undefined ? null : installed.version === wanted };
  try {
    const status = await agentStatus(context, record);
    return { row: { ...base, state: status.state }, status };
  } catch (error) {
    const state = codeOf(error) === 'SSH_LOST' ? 'unreachable' : 'down';
    return { row: { ...base, state, error: errorJson(error) } };
  }
}
