import { join } from 'node:path';
import { type DrillReport, drillReport } from '../../lab/drill-report.js';
import { writeFileAtomic } from '../../machine/atomic-file.js';
import type { Plan } from '../../plan/plan.js';
import { carryOut, swarmLock } from '../access/carry-out.js';
import { requireWhole } from '../../plan/require-done.js';
import type { OperationContext } from '../access/context.js';
import { underSignal } from '../access/under-signal.js';
import { chooseFault, type DrillRequest, hurtableLab } from './choose-fault.js';
import { drillWork, healTimeoutMs } from './drill-work.js';
import type { Watched } from './drill-watch.js';

export interface DrillResult extends DrillReport {
  /** Where the report is kept. */
  readonly path: string;
}

/** The plan of a drill. */
export interface DrillPlan extends Pick<DrillReport, 'lab' | 'drill' | 'victims'> {
  readonly dryRun: true;
  /** In their order. */
  readonly steps: readonly string[];
}

/**
 * Causes a fault in a lab, watches how the lab recovers, repairs it, and stores the report. Ctrl-C first ends the
 * fault. If swarmup is killed, hosts end network and disk faults by themselves, and `up` starts hosts that are off.
 * Errors: NOT_A_LAB, LAB_PROTECTED, DRILL_IMPOSSIBLE (exit 3), LAB_UNWELL (exit 6), those of `loadLab`; LOCKED (exit
 * 5).
 */
export async function drillLab(context: OperationContext, request: DrillRequest): Promise<DrillResult | DrillPlan> {
  const { lab, members } = await hurtableLab(context, request);
  const plan = (): Promise<Plan<DrillResult | DrillPlan>> =>
    planDrill(context, { lab, members, lost: new Set() }, request);
  return carryOut(context, { locks: swarmLock(lab), lockTimeoutMs: 60_000, plan }, request);
}

async function planDrill(
  context: OperationContext,
  all: Watched,
  request: DrillRequest,
): Promise<Plan<DrillResult | DrillPlan>> {
  const { lab } = all;
  const { drill, dryRun } = request;
  const began = performance.now();
  const now = (): number => Math.round(performance.now() - began);
  const startedAt = context.now().toISOString();
  const chosen = await chooseFault(context, all, request, now);
  const victims = chosen.fault.victims.map(({ name }) => name);
  const { steps, heal, end } = drillWork(context, all, chosen, request, now);
  return {
    steps,
    rollBack: () => heal(underSignal(context, AbortSignal.timeout(healTimeoutMs))),
    finish: async () => {
      await end();
    },
    result: async (outcome) => {
      if (dryRun) return { lab, drill, dryRun, victims, steps: steps.map(({ title }) => title) };
      requireWhole(outcome);
      const { samples, ...facts } = await end();
      return keep(context, drillReport({ lab, drill, victims, startedAt, ...facts }, samples));
    },
  };
}

async function keep(context: OperationContext, report: DrillReport): Promise<DrillResult> {
  const folder = await context.store.folder(join('drills', report.lab));
  const path = join(folder, `${report.startedAt.replaceAll(/[:.]/g, '-')}-${report.drill}.json`);
  await writeFileAtomic(path, `${JSON.stringify(report, undefined, 2)}\n`);
  return { ...report, path };
}
