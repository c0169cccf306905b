import { setTimeout as sleepFor } from 'node:timers/promises';
import { type DrillFacts, type DrillSample, hasMoved, whyUnwell } from '../../lab/drill-report.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import { inOrder } from '../../plan/in-order.js';
import type { Step, StepContext } from '../../plan/step.js';
import type { OperationContext } from '../access/context.js';
import { insideStep } from '../access/inside-step.js';
import { type ChosenFault, type DrillRequest, lookEveryMs } from './choose-fault.js';
import { lookOnce, probeWith, type Watched } from './drill-watch.js';

/** A fault of the network that nothing moves for is watched so long. */
const leastHoldMs = 10_000;
const injectTimeoutMs = 10 * 60_000;
export const healTimeoutMs = 5 * 60_000;
/** The last look of a step may come when its time is over. */
const lastLookMs = 60_000;

interface DrillWork {
  readonly steps: readonly Step[];
  /** Ends the fault where the steps did not get there. */
  readonly heal: (context: OperationContext) => Promise<void>;
  /** Ends the probe; returns the observations. */
  readonly end: () => Promise<
    Pick<DrillFacts, 'injectedAtMs' | 'healedAtMs' | 'requests'> & { readonly samples: readonly DrillSample[] }
  >;
}

/** The work of a drill and its observations. `now`: milliseconds since the start. */
export function drillWork(
  context: OperationContext,
  all: Watched,
  { first, fault }: ChosenFault,
  request: DrillRequest,
  now: () => number,
): DrillWork {
  const { drill, holdMs, recoverMs } = request;
  const watched = { ...all, lost: new Set(fault.lost) };
  const samples: DrillSample[] = [first];
  let isHurt = false;
  let [injectedAtMs, healedAtMs, told] = [0, 0, ''];
  let prober: ReturnType<typeof probeWith> | undefined;
  const looking = (own: OperationContext, watch: Watched) => async (): Promise<DrillSample> => {
    const sample = await lookOnce(own, watch, now());
    samples.push(sample);
    const message = inWords(sample);
    if (message !== told) context.report({ type: 'info', message });
    told = message;
    return sample;
  };
  const inject = async (own: OperationContext): Promise<void> => {
    prober = startProbe(context, all.members, fault.victims, request.probe);
    injectedAtMs = now();
    isHurt = true;
    await fault.inject(own);
  };
  const heal = async (own: OperationContext): Promise<void> => {
    if (!isHurt) return;
    await fault.heal(own);
    isHurt = false;
    healedAtMs = now();
  };
  const hold = (own: OperationContext): Promise<void> =>
    untilMoved(own.signal, looking(own, watched), { holdMs, injectedAtMs, lost: fault.lost }, now);
  const recover = (own: OperationContext): Promise<void> =>
    untilWhole(own.signal, looking(own, all), now() + recoverMs, now);
  const step = (title: string, timeoutMs: number, act: (own: OperationContext) => Promise<void>) => ({
    ...{ id: title, title, timeoutMs },
    run: (own: StepContext) => act(insideStep(context, own)).then(() => 'changed' as const),
  });
  const moved = fault.lost.length > 0 ? 'leader and tasks have moved' : 'every task runs despite the fault';
  const steps = [
    step(fault.does, injectTimeoutMs, inject),
    ...(drill === 'reboot-all'
      ? []
      : [step(`wait until ${moved}, at most ${inSeconds(holdMs)}`, holdMs + lastLookMs, hold)]),
    step(fault.undoes, healTimeoutMs, heal),
    step(`wait until the lab has recovered, at most ${inSeconds(recoverMs)}`, recoverMs + lastLookMs, recover),
  ];
  const end = async (): ReturnType<DrillWork['end']> => {
    const requests = (await prober?.stop()) ?? null;
    return { injectedAtMs, healedAtMs, requests, samples };
  };
  return { steps: inOrder(steps), heal, end };
}

const inSeconds = (ms: number): string => `${Math.round(ms / 1000)} s`;

/** From a host that is not hit. */
function startProbe(
  context: OperationContext,
  members: readonly MachineRecord[],
  victims: readonly MachineRecord[],
  command: string | undefined,
): ReturnType<typeof probeWith> | undefined {
  const host = members.find(({ name }) => !victims.some((victim) => victim.name === name));
  return command === undefined || host === undefined ? undefined : probeWith(context, host, command);
}

const inWords = ({ answered, leader, running, wanted }: DrillSample): string =>
  answered ? `${leader ?? 'no manager'} leads, ${running} of ${wanted} tasks run` : 'no manager answers';

interface Hold {
  readonly holdMs: number;
  readonly injectedAtMs: number;
  readonly lost: readonly string[];
}

/**
 * Until the managers have noticed the fault, and leader and tasks have moved; for a lasting network fault, for a while.
 */
async function untilMoved(
  signal: AbortSignal,
  look: () => Promise<DrillSample>,
  { holdMs, injectedAtMs, lost }: Hold,
  now: () => number,
): Promise<void> {
  const least = injectedAtMs + (lost.length > 0 ? 0 : Math.min(leastHoldMs, holdMs));
  for (;;) {
    const isOver = hasMoved(await look(), lost) && now() >= least;
    if (isOver || now() >= injectedAtMs + holdMs) return;
    await sleepFor(lookEveryMs, undefined, { signal });
  }
}

/** Whole three times in a row: managers need a moment to see that a node was lost, or has come back. */
async function untilWhole(
  signal: AbortSignal,
  look: () => Promise<DrillSample>,
  endMs: number,
  now: () => number,
): Promise<void> {
  for (let whole = 0; whole < 3 && now() < endMs;) {
    whole = whyUnwell(await look()) === undefined ? whole + 1 : 0;
    if (whole < 3) await sleepFor(lookEveryMs, undefined, { signal });
  }
}
