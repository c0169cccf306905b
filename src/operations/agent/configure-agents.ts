import { emptyDesiredState, parseDesiredState, serialiseDesiredState } from '../../agent/desired-state.js';
import type { DesiredState } from '../../agent/desired-state.js';
import { usageError } from '../../lib/errors.js';
import { singleStep } from '../../plan/single-step.js';
import { carryOut } from '../access/carry-out.js';
import type { OperationContext } from '../access/context.js';
import type { GuardedSwarm } from '../access/guard-swarm.js';
import { changeDesiredState, readDesiredState } from '../access/desired-state-store.js';
import type { DesiredSettings } from '../../agent/replica-target.js';

/** An undefined field stays as it is. */
export interface ConfigureAgentsRequest {
  readonly swarm: string;
  readonly rebalance?: boolean | undefined;
  /** A manager that is dead for longer is replaced by a labelled worker; null: never. */
  readonly promoteAfterSeconds?: number | null | undefined;
  /** How many managers are wanted; odd. */
  readonly managers?: number | undefined;
  readonly dryRun: boolean;
}

export interface AgentSettingsResult {
  readonly swarm: string;
  readonly dryRun: boolean;
  readonly status: 'changed' | 'would-change' | 'unchanged';
  readonly settings: DesiredSettings;
}

/**
 * Changes the automatic actions of a swarm's agents, and returns the resulting settings. The settings are stored in the
 * swarm, beside the declared counts. Errors: AGENT_SETTING_INVALID (exit 2); those of `guardSwarm` and
 * `changeDesiredState`.
 */
export function configureAgents(
  context: OperationContext,
  request: ConfigureAgentsRequest,
): Promise<AgentSettingsResult> {
  const { swarm, dryRun } = request;
  const next = (before: DesiredState): DesiredState => withSettings(before, request);
  const plan = async ({ access: { engine } }: GuardedSwarm) => {
    const { state } = await readDesiredState(engine, context.signal);
    const { settings } = next(state);
    if (serialiseDesiredState(next(state)) === serialiseDesiredState(state))
      return { steps: [], result: () => ({ swarm, dryRun, status: 'unchanged', settings }) as const };
    return singleStep<AgentSettingsResult>({
      id: 'agent/configure',
      title: 'change the settings of the agents',
      planned: { swarm, dryRun, status: 'would-change', settings },
      act: async ({ signal }) => {
        const written = await changeDesiredState(engine, signal, next);
        return { swarm, dryRun, status: 'changed', settings: written.state.settings };
      },
    });
  };
  return carryOut<AgentSettingsResult>(context, { swarm, plan }, { dryRun });
}

function withSettings(state: DesiredState, request: ConfigureAgentsRequest): DesiredState {
  const { rebalance, promoteAfterSeconds, managers } = request;
  const { settings } = state;
  if (rebalance === undefined && promoteAfterSeconds === undefined && managers === undefined) return state;
  const next: DesiredSettings = {
    rebalance: { ...settings.rebalance, ...(rebalance !== undefined && { enabled: rebalance }) },
    promote: {
      ...settings.promote,
      ...(promoteAfterSeconds === null && { enabled: false }),
      ...(typeof promoteAfterSeconds === 'number' && { enabled: true, graceSeconds: promoteAfterSeconds }),
      ...(managers !== undefined && { managers }),
    },
  };
  // The agent reads it back by the same rules.
  const [problem] = parseDesiredState(serialiseDesiredState({ ...emptyDesiredState, settings: next })).problems;
  if (problem !== undefined) throw usageError('AGENT_SETTING_INVALID', `${problem.where} ${problem.message}`);
  if (state.kept === undefined) return { ...state, settings: next };
  // Settings that could not be used are replaced; everything else that could not stays.
  const { entries, entryFields, fields } = state.kept;
  return { ...state, settings: next, kept: { entries, entryFields, fields } };
}
