import { join } from 'node:path';
import { setTimeout as sleepFor } from 'node:timers/promises';
import {
  type DrillFacts,
  type DrillName,
  type DrillReport,
  drillReport,
  type DrillSample,
  whyUnwell,
} from '../../lab/drill-report.js';
import { writeFileAtomic } from '../../machine/atomic-file.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import { underSignal } from '../access/under-signal.js';
import type { OperationContext } from '../access/context.js';
import type { Fault } from './drill-faults.js';
import { lookOnce, probeWith, type Watched } from './drill-watch.js';
import { lockHosts } from '../access/lock-hosts.js';
import { chooseFault, type DrillRequest, hurtableLab, lookEveryMs } from './plan-drill.js';

export interface DrillResult extends DrillReport {
  /** Where the report is kept. */
  readonly path: string;
}

/** A fault of the network that nothing moves for is watched so long. */
const leastHoldMs = 10_000;

/**
 * Hurts a lab on purpose, watches what it does, heals it, and keeps the report. Ctrl-C ends the fault first; should
 * swarmup be killed, hosts end faults of their network and disk themselves, and `up` starts those without power.
 * Errors: NOT_A_LAB, LAB_PROTECTED, DRILL_IMPOSSIBLE (exit 3), LAB_UNWELL (exit 6), those of `loadLab`; LOCKED (exit 5).
 */
export async function drillLab(context: OperationContext, request: DrillRequest): Promise<DrillResult> {
  const { lab, members } = await hurtableLab(context, request);
  return lockHosts(context, [{ name: '', swarm: lab }], 60_000, async () => {
    const report = await perform(context, lab, members, request);
    const folder = await context.store.folder(join('drills', lab));
    const path = join(folder, `${report.startedAt.replaceAll(/[:.]/g, '-')}-${report.drill}.json`);
    await writeFileAtomic(path, `${JSON.stringify(report, undefined, 2)}\n`);
    return { ...report, path };
  });
}

async function perform(
  context: OperationContext,
  lab: string,
  members: readonly MachineRecord[],
  request: DrillRequest,
): Promise<DrillReport> {
  const began = performance.now();
  const now = (): number => Math.round(performance.now() - began);
  const startedAt = context.now().toISOString();
  const all: Watched = { lab, members, lost: new Set() };
  const { drill } = request;
  const { first, fault } = await chooseFault(context, all, request, now);
  const victims = fault.victims.map(({ name }) => name);
  const watched = { ...all, lost: new Set(fault.lost) };
  const prober = startProbe(context, members, victims, request.probe);
  const samples: DrillSample[] = [first];
  let told = '';
  const look = async (watch: Watched): Promise<DrillSample> => {
    const sample = await lookOnce(context, watch, now());
    samples.push(sample);
    const message = inWords(sample);
    if (message !== told) context.report({ type: 'info', message });
    told = message;
    return sample;
  };
  context.report({ type: 'info', message: `${drill}: ${victims.join(', ')}` });
  const injectedAtMs = now();
  let healedAtMs = injectedAtMs;
  try {
    await fault.inject(context);
    await hold(context, () => look(watched), { ...request, injectedAtMs, lost: fault.lost }, now);
  } finally {
    await heal(context, fault);
    healedAtMs = now();
  }
  await untilWhole(context, () => look(all), now() + request.recoverMs, now);
  const requests = (await prober?.stop()) ?? null;
  const facts: DrillFacts = { lab, drill, victims, startedAt, injectedAtMs, healedAtMs, requests };
  return drillReport(facts, samples);
}

function startProbe(
  context: OperationContext,
  members: readonly MachineRecord[],
  victims: readonly string[],
  command: string | undefined,
): ReturnType<typeof probeWith> | undefined {
  if (command === undefined) return undefined;
  const host = members.find(({ name }) => !victims.includes(name));
  return host === undefined ? undefined : probeWith(context, host, command);
}

const inWords = ({ answered, leader, running, wanted }: DrillSample): string =>
  answered ? `${leader ?? 'nobody'} leads, ${running} of ${wanted} tasks run` : 'no manager answers';

interface Hold {
  readonly drill: DrillName;
  readonly holdMs: number;
  readonly injectedAtMs: number;
  readonly lost: readonly string[];
}

/** Until the managers have seen it, and leader and tasks have moved; a fault of a network that goes on, for a while. */
async function hold(
  context: OperationContext,
  look: () => Promise<DrillSample>,
  about: Hold,
  now: () => number,
): Promise<void> {
  const { drill, holdMs, injectedAtMs, lost } = about;
  if (drill === 'reboot-all') return;
  const least = injectedAtMs + (lost.length > 0 ? 0 : Math.min(leastHoldMs, holdMs));
  for (;;) {
    const { answered, leader, nodes, running, wanted } = await look();
    // Not merely unknown, as all nodes are to a new leader.
    const isSeen = lost.every((name) => nodes[name] === 'down');
    const hasMoved = answered && isSeen && running >= wanted && leader !== null;
    if (now() >= injectedAtMs + holdMs || (hasMoved && now() >= least)) return;
    await sleepFor(lookEveryMs, undefined, { signal: context.signal });
  }
}

/** Also after Ctrl-C, and whatever else went wrong. */
async function heal(context: OperationContext, fault: Fault): Promise<void> {
  context.report({ type: 'info', message: 'the fault ends' });
  await fault.heal(underSignal(context, AbortSignal.timeout(5 * 60_000)));
}

/** Whole three times in a row: managers need a moment to see that a node was lost, or has come back. */
async function untilWhole(
  context: OperationContext,
  look: () => Promise<DrillSample>,
  endMs: number,
  now: () => number,
): Promise<void> {
  for (let whole = 0; whole < 3 && now() < endMs;) {
    whole = whyUnwell(await look()) === undefined ? whole + 1 : 0;
    if (whole < 3) await sleepFor(lookEveryMs, undefined, { signal: context.signal });
  }
}
