import type { Action, EventDraft } from './action.js';
import type { ServiceStatus } from './agent-api.js';
import { ServiceJudge } from './judge-service.js';
import type { Limits } from './limits.js';
import { conditionEvents, rememberNodes, type Memory } from './memory.js';
import { leads, nodeName, type Observation } from './observation.js';
import { memberConditions, nextMemberAction } from './watch-members.js';
import { hostConditions, nodeConditions, problemConditions, versionCondition } from './watch-swarm.js';

export interface Decision {
  readonly memory: Memory;
  /** To be done in this order; each is safe to leave out, the next pass finds it again. */
  readonly actions: readonly Action[];
  readonly events: readonly EventDraft[];
  /** When to look again although nothing has changed; undefined: at the next resync. */
  readonly wakeInMs: number | undefined;
  /** IDs of services whose tasks must be read again then. */
  readonly watch: readonly string[];
  readonly services: readonly ServiceStatus[];
}

/**
 * Decides the next actions, only from the observed and the remembered state. On a node that does not lead, it decides
 * nothing and forgets the state of services, because the leader's agent has continued since.
 */
export function reconcile(seen: Observation, memory: Memory, limits: Limits): Decision {
  if (!leads(seen))
    return {
      memory: { ...memory, services: new Map() },
      actions: [],
      events: [],
      wakeInMs: undefined,
      watch: [],
      services: [],
    };
  const nodes = rememberNodes(memory.nodes, seen.nodes, seen.nowMs);
  const judge = new ServiceJudge(seen, { ...memory, nodes }, limits);
  const findings = judge.names().map((name) => judge.judge(name));
  const member = nextMemberAction({
    nodes: seen.nodes,
    memory: nodes,
    memberChangeMs: memory.memberChangeMs,
    settings: seen.desired.state.settings,
    limits,
    nowMs: seen.nowMs,
  });
  const self = seen.nodes.find(({ ID }) => ID === seen.selfId);
  const conditions = [
    ...findings.flatMap((finding) => finding.conditions),
    ...problemConditions(seen.desired.problems),
    ...memberConditions(seen.nodes),
    ...nodeConditions(seen.nodes),
    ...versionCondition(seen.nodes),
    ...hostConditions(seen.host, seen.wallMs, self === undefined ? seen.selfId : nodeName(self)),
  ];
  const byKey = new Map(conditions.map((condition) => [condition.key, condition]));
  const actions = findings.flatMap(({ action }) => action ?? []);
  const wakes = [
    ...findings.flatMap(({ wakesInMs }) => wakesInMs),
    ...(member.wakeInMs === undefined ? [] : [member.wakeInMs]),
  ];
  return {
    memory: {
      services: new Map(findings.map(({ name, memory: kept }) => [name, kept])),
      nodes,
      conditions: byKey,
      memberChangeMs: member.action === undefined ? memory.memberChangeMs : seen.nowMs,
    },
    actions: member.action === undefined ? actions : [...actions, member.action],
    events: conditionEvents(memory.conditions, byKey),
    wakeInMs: wakes.length === 0 ? undefined : Math.max(0, Math.min(...wakes)),
    watch: findings.flatMap(({ watchId }) => watchId ?? []),
    services: findings.flatMap(({ status }) => status ?? []),
  };
}
