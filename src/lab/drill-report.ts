import { isDown, isReady } from '../swarm/membership.js';

export const drills = ['kill-leader', 'kill-node', 'partition', 'slow-net', 'full-disk', 'reboot-all'] as const;

export type DrillName = (typeof drills)[number];

/** The state of a lab at one moment of a drill. */
export interface DrillSample {
  /** Since the drill began. */
  readonly atMs: number;
  /** The managers answered. */
  readonly answered: boolean;
  readonly leader: string | null;
  /** States of nodes by host. */
  readonly nodes: Readonly<Record<string, string>>;
  /** Tasks that run on hosts that the fault does not hit, and how many there should be. */
  readonly running: number;
  readonly wanted: number;
}

export interface DrillRequests {
  readonly sent: number;
  readonly failed: number;
  /** The longest time without an answer. */
  readonly longestGapMs: number;
}

/** Times in milliseconds; null: it did not come to that. */
export interface DrillReport {
  readonly lab: string;
  readonly drill: DrillName;
  readonly victims: readonly string[];
  /** RFC 3339. */
  readonly startedAt: string;
  readonly injectedAtMs: number;
  readonly healedAtMs: number;
  /** From the fault on, until managers had a leader again; a victim only once it was healed. null where none was lost. */
  readonly newLeaderMs: number | null;
  readonly leaderBefore: string | null;
  readonly leaderAfter: string | null;
  /** From the fault on, until every task ran on hosts that it did not hit. */
  readonly allTasksMs: number | null;
  /** From the end of the fault on, until every node was Ready and every task ran. */
  readonly recoveredMs: number | null;
  readonly requests: DrillRequests | null;
  readonly timeline: readonly { readonly atMs: number; readonly what: string }[];
}

export type DrillFacts = Pick<
  DrillReport,
  'lab' | 'drill' | 'victims' | 'startedAt' | 'injectedAtMs' | 'healedAtMs' | 'requests'
>;

/** Why a lab is not as it should be, in one line; undefined: it is. */
export function whyUnwell({ answered, nodes, running, wanted }: DrillSample): string | undefined {
  const bad = Object.entries(nodes).filter(([, state]) => !isReady({ state }));
  if (!answered) return 'no manager answers';
  if (bad.length > 0) return bad.map(([name, state]) => `${name} is ${state}`).join(', ');
  return running >= wanted ? undefined : `${running} of ${wanted} tasks run`;
}

/** Whether leader and tasks have moved away from lost hosts, and the managers have noticed the loss. */
export function hasMoved({ answered, leader, nodes, running, wanted }: DrillSample, lost: readonly string[]): boolean {
  // Not merely unknown, as all nodes are to a new leader.
  const isSeen = lost.every((name) => isDown({ state: nodes[name] ?? '' }));
  return answered && isSeen && leader !== null && running >= wanted;
}

/** Makes the report of a drill from its samples, in their order. Pure. */
export function drillReport(facts: DrillFacts, samples: readonly DrillSample[]): DrillReport {
  const { injectedAtMs, healedAtMs, victims } = facts;
  const before = samples.filter(({ atMs }) => atMs <= injectedAtMs).at(-1);
  const during = samples.filter(({ atMs }) => atMs > injectedAtMs);
  const lostLeader = before?.leader !== null && before?.leader !== undefined && victims.includes(before.leader);
  const elected = during.find(
    ({ leader, answered, atMs }) => answered && leader !== null && (!victims.includes(leader) || atMs > healedAtMs),
  );
  const spread = during.find(({ answered, running, wanted }) => answered && running >= wanted);
  // Whole to the end: managers need some time to see that a node is gone.
  const healed = during.filter(({ atMs }) => atMs > healedAtMs);
  const brokenAt = healed.findLastIndex((sample) => whyUnwell(sample) !== undefined);
  const recovered = healed[brokenAt + 1];
  return {
    ...facts,
    leaderBefore: before?.leader ?? null,
    leaderAfter: during.filter(({ leader }) => leader !== null).at(-1)?.leader ?? null,
    newLeaderMs: lostLeader && elected !== undefined ? elected.atMs - injectedAtMs : null,
    allTasksMs: spread === undefined ? null : spread.atMs - injectedAtMs,
    recoveredMs: recovered === undefined ? null : recovered.atMs - healedAtMs,
    timeline: timelineOf(facts, samples),
  };
}

function timelineOf(
  { drill, victims, injectedAtMs, healedAtMs }: DrillFacts,
  samples: readonly DrillSample[],
): DrillReport['timeline'] {
  const events = [
    { atMs: injectedAtMs, what: `${drill} hits ${victims.join(', ')}` },
    { atMs: healedAtMs, what: 'the fault ends' },
    ...samples.flatMap((sample, i) => {
      const last = samples[i - 1];
      const known = samples.slice(0, i).findLast(({ answered }) => answered) ?? last;
      if (last === undefined || known === undefined) return [];
      return differences(last, known, sample).map((what) => ({ atMs: sample.atMs, what }));
    }),
  ];
  return events.sort((a, b) => a.atMs - b.atMs);
}

/** `last`: the sample before; `known`: the last sample that contains the state of the lab. */
function differences(last: DrillSample, known: DrillSample, now: DrillSample): readonly string[] {
  if (!now.answered) return last.answered ? ['no manager answers'] : [];
  const again = last.answered ? [] : ['managers answer again'];
  const leader = now.leader !== known.leader && now.leader !== null ? [`${now.leader} leads`] : [];
  const nodes = Object.entries(now.nodes)
    .filter(([name, state]) => known.nodes[name] !== state)
    .map(([name, state]) => `${name} is ${state}`);
  const tasks = now.running === known.running ? [] : [`${now.running} of ${now.wanted} tasks run`];
  return [...again, ...leader, ...nodes, ...tasks];
}
