import { swarmup } from '../lib/typed-command.js';
import { isDown, isReached, isReady, isUnheard, isVoter } from '../swarm/membership.js';
import { faultTolerance, quorumOf } from '../swarm/quorum.js';
import type { Action, Condition, EventDraft } from './action.js';
import type { Limits } from './limits.js';
import type { NodeMemory } from './memory.js';
import { nodeName, type ObservedNode } from './observation.js';
import type { DesiredSettings } from './replica-target.js';

/** A worker with this label, value `true`, may be made a manager when one is lost. */
const promotableLabel = 'swarmup.promotable';

interface Membership {
  readonly total: number;
  readonly reachable: number;
  readonly quorum: number;
  readonly mayFail: number;
}

export function membershipOf(nodes: readonly ObservedNode[]): Membership {
  const managers = nodes.filter(isVoter);
  const reachable = managers.filter(isReached).length;
  const quorum = quorumOf(managers.length);
  return { total: managers.length, reachable, quorum, mayFail: Math.max(0, reachable - quorum) };
}

/** Managers that fail, as conditions. */
export function memberConditions(nodes: readonly ObservedNode[]): readonly Condition[] {
  const { total, reachable, mayFail } = membershipOf(nodes);
  const lost = nodes.filter((node) => isVoter(node) && !isReached(node)).map(nodeName);
  if (mayFail >= faultTolerance(total)) return [];
  const left = mayFail === 0 ? 'if one more manager fails, the swarm cannot be changed' : `${mayFail} more may fail`;
  return [
    {
      key: 'fault-tolerance',
      level: mayFail === 0 ? 'error' : 'warning',
      kind: 'fault-tolerance-lost',
      message: `${reachable} of ${total} managers are reachable (lost: ${lost.join(', ')}): ${left}`,
      data: { total, reachable, mayFail },
      over: {
        level: 'info',
        kind: 'fault-tolerance-restored',
        message: 'all managers of the swarm are reachable again',
      },
    },
  ];
}

/** Between two changes of membership: the swarm must have settled before the next is judged. */
const settleMs = 5_000;

interface MemberContext {
  readonly nodes: readonly ObservedNode[];
  readonly memory: ReadonlyMap<string, NodeMemory>;
  readonly memberChangeMs: number;
  readonly settings: DesiredSettings;
  readonly limits: Limits;
  readonly nowMs: number;
}

/**
 * At most one change of membership: a dead manager is demoted when a worker may take its place, that worker is
 * promoted, and the Down entry of a host that has joined again is removed, a manager's only after its demotion.
 */
export function nextMemberAction(context: MemberContext): { readonly action?: Action; readonly wakeInMs?: number } {
  const { nodes, nowMs } = context;
  const sinceChange = nowMs - context.memberChangeMs;
  if (sinceChange < settleMs) return { wakeInMs: settleMs - sinceChange };
  if (nodes.some(isUnheard)) return {};
  const dead = nodes.filter(isDown);
  const waits: number[] = [];
  const isOver = (node: ObservedNode, graceMs: number): boolean => {
    const leftMs = (context.memory.get(node.ID)?.sinceMs ?? nowMs) + graceMs - nowMs;
    if (leftMs > 0) waits.push(leftMs);
    return leftMs <= 0;
  };
  const action = replaceManager(context, dead, isOver) ?? removeDuplicate(context, dead, isOver);
  return {
    ...(action !== undefined && { action }),
    ...(waits.length > 0 && { wakeInMs: Math.min(...waits) }),
  };
}

type IsOver = (node: ObservedNode, graceMs: number) => boolean;

/** Whether the managers that are left still are a majority when one that is lost no longer counts. */
const survivesDemotion = ({ total, reachable }: Membership): boolean =>
  reachable >= quorumOf(total) && reachable >= quorumOf(total - 1);

function replaceManager(context: MemberContext, dead: readonly ObservedNode[], isOver: IsOver): Action | undefined {
  const { enabled, graceSeconds, managers: wanted } = context.settings.promote;
  if (!enabled) return undefined;
  const members = membershipOf(context.nodes);
  const engines = new Map(context.nodes.filter(isVoter).map((node) => [node.Description.Engine?.EngineVersion, node]));
  const candidates = context.nodes.filter(
    (node) =>
      node.Spec.Role === 'worker' &&
      isReady(node) &&
      node.Spec.Availability === 'active' &&
      node.Spec.Labels?.[promotableLabel] === 'true',
  );
  const candidate = candidates.find((node) => engines.has(node.Description.Engine?.EngineVersion)) ?? candidates[0];
  if (candidate === undefined) return undefined;
  // Promotion is only ever the second half of a replacement: a swarm that was made with fewer managers stays so.
  const isShort = members.total < wanted && members.total % 2 === 0 && members.reachable === members.total;
  if (isShort) return changeRole(candidate, 'manager', promoted(candidate, members.total + 1));
  // One that was demoted counts for some seconds more.
  const lost = dead
    .filter((node) => node.Spec.Role === 'manager' && isVoter(node) && !isReached(node))
    .find((node) => isOver(node, graceSeconds * 1000));
  if (lost === undefined || members.total > wanted + 1 || !survivesDemotion(members)) return undefined;
  const seconds = String(graceSeconds);
  return changeRole(
    lost,
    'worker',
    demoted(lost, `has been down for ${seconds} s, and ${nodeName(candidate)} takes its place`),
  );
}

function removeDuplicate(context: MemberContext, dead: readonly ObservedNode[], isOver: IsOver): Action | undefined {
  for (const node of dead) {
    const successor = context.nodes.find((other) => isRejoined(node, other));
    if (successor === undefined || !isOver(node, context.limits.duplicateGraceMs)) continue;
    const name = nodeName(node);
    if (node.Spec.Role === 'manager' || isVoter(node)) {
      if (node.Spec.Role === 'worker' || !survivesDemotion(membershipOf(context.nodes))) continue;
      return changeRole(node, 'worker', demoted(node, 'has joined again as another node'));
    }
    const message = `removed the Down entry ${node.ID} of ${name}, which has joined again as ${successor.ID}`;
    const done: EventDraft = { level: 'info', kind: 'duplicate-removed', message, node: name, data: { id: node.ID } };
    return { kind: 'remove-node', name, id: node.ID, done: [done] };
  }
  return undefined;
}

/** An entry goes Down some seconds after its host has left. */
const leaveToDownMs = 60_000;

/**
 * Whether `other` is the same host, joined again: hostnames alone are not enough, as two hosts may share one. Either
 * it has the same address, or it was made after the old entry had gone Down.
 */
function isRejoined(node: ObservedNode, other: ObservedNode): boolean {
  const hostname = node.Description.Hostname ?? '';
  if (other.ID === node.ID || hostname === '' || other.Description.Hostname !== hostname || !isReady(other))
    return false;
  const createdMs = Date.parse(other.CreatedAt ?? '');
  const downMs = Date.parse(node.UpdatedAt ?? '');
  return addressOf(node) === addressOf(other) || createdMs >= downMs - leaveToDownMs;
}

const addressOf = (node: ObservedNode): string => {
  const own = node.ManagerStatus?.Addr.replace(/:\d+$/, '') ?? node.Status.Addr;
  return own === '' || own === '0.0.0.0' ? node.ID : own;
};

const changeRole = (node: ObservedNode, role: 'manager' | 'worker', done: EventDraft): Action => ({
  kind: 'update-node',
  name: nodeName(node),
  id: node.ID,
  version: node.Version.Index,
  spec: { ...node.Spec, Role: role },
  done: [done],
});

const demoted = (node: ObservedNode, why: string): EventDraft => ({
  level: 'warning',
  kind: 'manager-demoted',
  message: `demoted ${nodeName(node)}: it ${why}`,
  node: nodeName(node),
});

const promoted = (node: ObservedNode, count: number): EventDraft => ({
  level: 'warning',
  kind: 'manager-promoted',
  message: `promoted ${nodeName(node)}: the swarm has ${count} managers again; ${swarmup`agent install ${nodeName(node)}`}`,
  node: nodeName(node),
});
