import { inSwarm, swarmup } from '../lib/typed-command.js';
import { faultTolerance, managerCountWarning, quorumOf } from './quorum.js';

/** A node as the guardian sees it. */
export interface GuardedNode {
  readonly id: string;
  /** For messages and hints: the host's name where there is one. */
  readonly name: string;
  readonly isManager: boolean;
  /** Of a manager: the others reach it. Of a worker: it is Ready. */
  readonly isUp: boolean;
  readonly isLeader: boolean;
  readonly availability: 'active' | 'pause' | 'drain';
}

/** The facts that the guardian uses to judge a change. */
export interface SwarmView {
  readonly name: string;
  readonly nodes: readonly GuardedNode[];
  /** Tasks that should run on a node; 0 if nothing asked for them. */
  readonly wantedTasks: number;
}

/** The intended change. Nodes are given by ID; several nodes are changed one after another. */
export type SwarmChange =
  /** Only writes to the raft store (a token, a label, a service): needs the quorum and costs nothing. */
  | { readonly type: 'write' }
  | { readonly type: 'join'; readonly role: 'manager' | 'worker'; readonly names: readonly string[] }
  | {
      readonly type: 'promote' | 'demote' | 'drain' | 'leave' | 'remove' | 'restart' | 'stop';
      readonly nodes: readonly string[];
    }
  | { readonly type: 'force-new-cluster'; readonly nodes: readonly [string] };

/** How much a swarm's managers can bear. */
export interface Strength {
  readonly managers: number;
  readonly reachable: number;
  /** How many must be reachable. */
  readonly quorum: number;
  /** How many more may fail now; negative when the quorum is lost. */
  readonly spare: number;
}

export interface Refusal {
  readonly code: 'LAST_MANAGER' | 'QUORUM_AT_RISK' | 'QUORUM_LOST' | 'QUORUM_HELD' | 'NO_PLACE_FOR_TASKS' | 'NODE_DOWN';
  readonly reason: string;
  /** The safe order of steps, as commands. */
  readonly hints: readonly string[];
  /** The cost can be undone, so a user may insist. */
  readonly survivable: boolean;
}

export interface Verdict {
  readonly before: Strength;
  readonly after: Strength;
  readonly refusal: Refusal | undefined;
  readonly warnings: readonly string[];
  /** The nodes of the change in the order in which it is safe: dead managers first, the leader last. */
  readonly order: readonly string[];
}

/** How much the managers of a swarm can bear. */
export function strengthOf(nodes: readonly Pick<GuardedNode, 'isManager' | 'isUp'>[]): Strength {
  const managers = nodes.filter(({ isManager }) => isManager);
  const reachable = managers.filter(({ isUp }) => isUp).length;
  const quorum = quorumOf(managers.length);
  return { managers: managers.length, reachable, quorum, spare: reachable - quorum };
}

/** For example `2 managers: loses quorum with 1 failure`. */
export function strengthText({ managers, reachable, spare }: Strength): string {
  const count = `${plural(managers, 'manager')}${reachable < managers ? `, ${reachable} reachable` : ''}`;
  if (spare < 0) return `${count}: the quorum is lost`;
  return spare === 0 ? `${count}: loses quorum with 1 failure` : `${count}: survives ${plural(spare, 'failure')}`;
}

/**
 * Whether a swarm survives a change, with the cost and, if it does not, the safe way. Pure. Every state on the way is
 * judged, in the order that is returned, because Raft counts after each step.
 */
export function judge(view: SwarmView, change: SwarmChange): Verdict {
  const before = strengthOf(view.nodes);
  const targets = targetsOf(view, change);
  const order = targets.map(({ id }) => id);
  const states = statesOf(view.nodes, change, targets);
  const after = states.at(-1) ?? before;
  const refusal = refusalOf({ view, change, targets, before, states });
  const warnings = refusal === undefined ? warningsOf(before, after, change) : [];
  return { before, after, refusal, warnings, order };
}

interface Case {
  readonly view: SwarmView;
  readonly change: SwarmChange;
  readonly targets: readonly GuardedNode[];
  readonly before: Strength;
  readonly states: readonly Strength[];
}

function targetsOf({ nodes }: SwarmView, change: SwarmChange): readonly GuardedNode[] {
  return 'nodes' in change ? inSafeOrder(nodes.filter(({ id }) => change.nodes.includes(id))) : [];
}

/** The order in which nodes may change one after another: dead managers first, the leader last. */
export function inSafeOrder(nodes: readonly GuardedNode[]): readonly GuardedNode[] {
  const rank = (node: GuardedNode): number => (node.isLeader ? 2 : node.isUp ? 1 : 0);
  return nodes.toSorted((a, b) => rank(a) - rank(b));
}

/** The strength after each step. */
function statesOf(
  nodes: readonly GuardedNode[],
  change: SwarmChange,
  targets: readonly GuardedNode[],
): readonly Strength[] {
  if (change.type === 'join' && change.role === 'manager')
    return change.names.map((_, i) =>
      strengthOf([...nodes, ...Array.from({ length: i + 1 }, () => ({ isManager: true, isUp: true }))]),
    );
  if (change.type === 'force-new-cluster') return [strengthOf([{ isManager: true, isUp: true }])];
  const step = effectOf(change.type);
  if (step === undefined) return [];
  // A restarted node is back before the next one goes.
  const gone = (i: number): readonly GuardedNode[] =>
    change.type === 'restart' ? targets.slice(i, i + 1) : targets.slice(0, i + 1);
  const states = targets.map((_, i) =>
    strengthOf(nodes.flatMap((node) => (gone(i).includes(node) ? step(node) : [node]))),
  );
  return change.type === 'restart' ? [...states, strengthOf(nodes)] : states;
}

function effectOf(type: SwarmChange['type']): ((node: GuardedNode) => readonly GuardedNode[]) | undefined {
  switch (type) {
    case 'demote':
      return (node) => [{ ...node, isManager: false }];
    case 'promote':
      return (node) => [{ ...node, isManager: true }];
    case 'leave':
    case 'remove':
      return () => [];
    case 'stop':
    case 'restart':
      return (node) => [{ ...node, isUp: false }];
    case 'write':
    case 'join':
    case 'drain':
    case 'force-new-cluster':
      return undefined;
  }
}

function refusalOf(given: Case): Refusal | undefined {
  const { change, before, view } = given;
  if (change.type === 'force-new-cluster') return before.spare < 0 ? undefined : quorumHeld(view);
  const isPower = change.type === 'stop' || change.type === 'restart';
  if (before.spare < 0) return isPower ? undefined : quorumLost(view, before);
  return (
    downRefusal(given) ??
    (isPower ? powerRefusal(given) : membershipRefusal(given)) ??
    (change.type === 'drain' || change.type === 'leave' || change.type === 'remove' ? placeRefusal(given) : undefined)
  );
}

/** A node that is down cannot become a manager; it would count for the quorum as soon as it comes back. */
function downRefusal({ change, targets, view }: Case): Refusal | undefined {
  const down = change.type === 'promote' ? targets.find(({ isUp }) => !isUp) : undefined;
  if (down === undefined) return undefined;
  return {
    code: 'NODE_DOWN',
    reason: `${down.name} is not Ready, so it cannot become a manager of swarm ${view.name}`,
    hints: [`${swarmup`start ${down.name}`}, then again`],
    survivable: false,
  };
}

function membershipRefusal({ view, change, targets, states }: Case): Refusal | undefined {
  const worst = states.find((state) => state.managers === 0 || state.spare < 0);
  if (worst === undefined || !targets.some(({ isManager }) => isManager)) return undefined;
  const what = `${namesOf(targets.filter(({ isManager }) => isManager))} cannot ${verbs[change.type] ?? 'go'}`;
  // Hosts that are removed were named to be destroyed; what stays keeps its containers.
  const survivable = change.type === 'remove';
  if (worst.managers === 0)
    return {
      code: 'LAST_MANAGER',
      reason: `${what}: swarm ${view.name} would be left without a manager`,
      hints: replacementHints(view, targets, change),
      survivable,
    };
  const dead = view.nodes.filter((node) => node.isManager && !node.isUp);
  return {
    code: 'QUORUM_AT_RISK',
    reason: `${what}: ${plural(worst.managers, 'manager')} would be left, of which ${are(worst.reachable)} reachable and ${worst.quorum} must be reachable`,
    hints: [...revivalHints(view, dead), ...(targets.length > 1 ? ['or name fewer managers at a time'] : [])],
    survivable,
  };
}

/** Stopping a manager loses no state, but the swarm cannot be changed until enough managers are back. */
function powerRefusal({ view, change, targets, before, states }: Case): Refusal | undefined {
  const worst = states.find((state) => state.spare < 0);
  const staying = view.nodes.filter((node) => node.isUp && !targets.includes(node));
  // With one manager there is no other way, and a swarm that is stopped whole is meant to be.
  if (worst === undefined || before.managers === 1 || staying.length === 0) return undefined;
  const managers = targets.filter(({ isManager, isUp }) => isManager && isUp);
  const dead = view.nodes.filter((node) => node.isManager && !node.isUp);
  return {
    code: 'QUORUM_AT_RISK',
    reason:
      `${namesOf(managers)} cannot ${change.type}: ${worst.reachable} of ${plural(worst.managers, 'manager')} ` +
      `of swarm ${view.name} would be reachable, and ${worst.quorum} must be reachable`,
    hints: [
      ...revivalHints(view, dead),
      ...managers
        .slice(before.spare)
        .map(({ name }) => `${swarmup`node demote ${inSwarm(view.name)} ${name}`} first: it needs no vote then`),
      '--force does it anyway; services keep running, but nothing can be changed in the meantime',
    ],
    survivable: true,
  };
}

/** At least one node must be left to run the tasks. */
function placeRefusal({ view, change, targets }: Case): Refusal | undefined {
  const canRun = (node: GuardedNode): boolean => node.isUp && node.availability === 'active';
  const left = view.nodes.filter((node) => canRun(node) && !targets.includes(node));
  if (view.wantedTasks === 0 || left.length > 0 || !targets.some(canRun)) return undefined;
  const drained = view.nodes.filter((node) => node.isUp && node.availability !== 'active');
  return {
    code: 'NO_PLACE_FOR_TASKS',
    reason: `${namesOf(targets)} cannot ${verbs[change.type] ?? 'go'}: no active node would be left for ${plural(view.wantedTasks, 'task')}`,
    hints: [
      ...drained.slice(0, 1).map(({ name }) => `${swarmup`node activate ${inSwarm(view.name)} ${name}`} first`),
      `${swarmup`create --swarm ${view.name} NAME`} adds a node`,
      '--force does it anyway',
    ],
    survivable: true,
  };
}

const quorumLost = (view: SwarmView, { managers, reachable }: Strength): Refusal => ({
  code: 'QUORUM_LOST',
  reason: `only ${reachable} of ${managers} managers of swarm ${view.name} are reachable, so nothing can be changed`,
  hints: [
    ...revivalHints(
      view,
      view.nodes.filter((node) => node.isManager && !node.isUp),
    ),
    `${swarmup`swarm recover --swarm ${view.name}`} when they are lost for good`,
  ],
  survivable: false,
});

const quorumHeld = (view: SwarmView): Refusal => ({
  code: 'QUORUM_HELD',
  reason: `swarm ${view.name} has its quorum, so a new cluster would discard its other managers without need`,
  hints: [
    `${swarmup`node ls ${inSwarm(view.name)}`} shows the managers`,
    `${swarmup`node rm ${inSwarm(view.name)} NAME`} takes one that is dead off the list`,
  ],
  survivable: false,
});

function replacementHints(view: SwarmView, targets: readonly GuardedNode[], change: SwarmChange): readonly string[] {
  const heir = view.nodes.find((node) => node.isUp && !node.isManager && !targets.includes(node));
  return [
    heir === undefined
      ? `${swarmup`create --managers 1 --swarm ${view.name} NAME`} adds a manager first`
      : `${swarmup`node promote ${inSwarm(view.name)} ${heir.name}`} first, then again`,
    ...(change.type === 'remove' ? ['name all hosts of the swarm to remove the whole swarm'] : []),
  ];
}

function revivalHints(view: SwarmView, dead: readonly GuardedNode[]): readonly string[] {
  const [first] = dead;
  if (first === undefined) return [];
  return [
    `${swarmup`start ${dead.map(({ name }) => name)}`} first`,
    `${swarmup`node rm ${inSwarm(view.name)} ${first.name}`} when it is lost for good`,
  ];
}

function warningsOf(before: Strength, after: Strength, change: SwarmChange): readonly string[] {
  if (change.type === 'stop' && after.spare < 0 && before.spare >= 0)
    return ['without a quorum, the swarm cannot be changed until enough managers have started again'];
  if (change.type === 'restart' || after.managers === before.managers) return [];
  const count = after.managers > before.managers ? managerCountWarning(after.managers) : undefined;
  if (count !== undefined) return [count];
  const isWeaker = faultTolerance(after.managers) < faultTolerance(before.managers);
  return isWeaker && change.type !== 'force-new-cluster' ? [strengthText(after)] : [];
}

const verbs: Readonly<Partial<Record<SwarmChange['type'], string>>> = {
  demote: 'be demoted',
  drain: 'be drained',
  leave: 'leave',
  remove: 'be removed',
};

const namesOf = (nodes: readonly GuardedNode[]): string =>
  nodes
    .map(({ name }) => name)
    .sort()
    .join(', ');
const are = (count: number): string => `${count} ${count === 1 ? 'is' : 'are'}`;
const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
