import type { DesiredState } from '../../agent/desired-state.js';
import type { OperationContext } from '../access/context.js';
import { readDesiredState } from '../access/desired-state-store.js';
import { describeTarget, type ReplicasHistoryResult } from './replicas-results.js';
import { openSwarm } from '../access/swarm-access.js';

/** The revisions of the declarations that the swarm still stores, newest first. Errors: those of `openSwarm`. */
export async function replicasHistory(context: OperationContext, swarm: string): Promise<ReplicasHistoryResult> {
  const { engine } = await openSwarm(context, swarm);
  const { revision: current, revisions } = await readDesiredState(engine, context.signal);
  return {
    swarm,
    revisions: revisions.map(({ revision, createdAt, state }, i) => ({
      revision,
      createdAt,
      current: revision === current,
      changes:
        state === undefined ? ['the declaration cannot be read'] : changesBetween(revisions[i + 1]?.state, state),
    })),
  };
}

/** What differs, a line each. `before` undefined: everything is new. */
function changesBetween(before: DesiredState | undefined, after: DesiredState): readonly string[] {
  const names = new Set([...Object.keys(before?.services ?? {}), ...Object.keys(after.services)]);
  const lines = [...names].sort().flatMap((name) => {
    const [from, to] = [before?.services[name], after.services[name]];
    if (to === undefined) return [`${name}: no longer declared`];
    if (from === undefined) return [`${name}: ${describeTarget(to)}`];
    if (describeTarget(from) !== describeTarget(to))
      return [`${name}: ${describeTarget(from)} → ${describeTarget(to)}`];
    return JSON.stringify(from) === JSON.stringify(to) ? [] : [`${name}: its stored spec`];
  });
  const settings = JSON.stringify(before?.settings ?? after.settings) === JSON.stringify(after.settings);
  return [...lines, ...(settings ? [] : ['settings'])];
}
