import { usageError } from '../../lib/errors.js';
import { swarmup } from '../../lib/typed-command.js';
import { singleStep } from '../../plan/single-step.js';
import type { SwarmSpec } from '../../swarm/swarm-settings.js';
import { readSwarmState, updateSwarm } from '../../swarm/swarm-settings.js';
import { carryOut } from '../access/carry-out.js';
import type { OperationContext } from '../access/context.js';
import type { GuardedSwarm } from '../access/guard-swarm.js';

export interface SwarmSettings {
  /** Tasks that are kept for each slot or node, so that their errors can be seen. */
  readonly taskHistory: number;
  readonly heartbeatSeconds: number;
  readonly certExpiryDays: number;
  /** Log entries between two snapshots of raft. */
  readonly snapshotInterval: number;
}

interface UpdateSwarmRequest {
  readonly swarm: string;
  readonly settings: { readonly [Name in keyof SwarmSettings]: number | undefined };
  readonly dryRun: boolean;
}

export interface UpdateSwarmResult {
  readonly swarm: string;
  readonly dryRun: boolean;
  readonly changed: boolean;
  readonly before: SwarmSettings;
  readonly after: SwarmSettings;
}

const nsPerSecond = 1e9;
const nsPerDay = 86_400 * nsPerSecond;

/** Changes settings of a swarm; undefined settings stay. Errors: NOTHING_TO_CHANGE (exit 2); those of `guardSwarm`. */
export async function updateSwarmSettings(
  context: OperationContext,
  { swarm, settings, dryRun }: UpdateSwarmRequest,
): Promise<UpdateSwarmResult> {
  if (Object.values(settings).every((value) => value === undefined))
    throw usageError(
      'NOTHING_TO_CHANGE',
      'no setting was given',
      `for example: ${swarmup`swarm update --task-history 2`}`,
    );
  const change = (old: SwarmSpec): SwarmSpec => changedSpec(old, settings);
  const plan = async ({ access: { engine } }: GuardedSwarm) => {
    const { Spec: spec } = await readSwarmState(engine, context.signal);
    const planned = { swarm, dryRun, changed: false, before: settingsOf(spec), after: settingsOf(change(spec)) };
    return singleStep<UpdateSwarmResult>({
      id: 'swarm/update',
      title: 'change the settings of the swarm',
      planned,
      act: async ({ signal }) => ({ ...planned, changed: (await updateSwarm(engine, change, signal)) !== undefined }),
      change: ({ changed }) => (changed ? 'changed' : 'unchanged'),
    });
  };
  return carryOut(context, { swarm, plan }, { dryRun });
}

function changedSpec(old: SwarmSpec, settings: UpdateSwarmRequest['settings']): SwarmSpec {
  const { taskHistory, heartbeatSeconds, certExpiryDays, snapshotInterval } = settings;
  return {
    ...old,
    Orchestration: {
      ...old.Orchestration,
      ...(taskHistory !== undefined && { TaskHistoryRetentionLimit: taskHistory }),
    },
    Dispatcher: {
      ...old.Dispatcher,
      ...(heartbeatSeconds !== undefined && { HeartbeatPeriod: heartbeatSeconds * nsPerSecond }),
    },
    CAConfig: { ...old.CAConfig, ...(certExpiryDays !== undefined && { NodeCertExpiry: certExpiryDays * nsPerDay }) },
    Raft: { ...old.Raft, ...(snapshotInterval !== undefined && { SnapshotInterval: snapshotInterval }) },
  };
}

/** An absent setting has the engine's default. */
export const settingsOf = ({ Orchestration, Dispatcher, CAConfig, Raft }: SwarmSpec): SwarmSettings => ({
  taskHistory: Orchestration.TaskHistoryRetentionLimit ?? 5,
  heartbeatSeconds: (Dispatcher.HeartbeatPeriod ?? 5 * nsPerSecond) / nsPerSecond,
  certExpiryDays: (CAConfig.NodeCertExpiry ?? 90 * nsPerDay) / nsPerDay,
  snapshotInterval: Raft.SnapshotInterval ?? 10_000,
});
