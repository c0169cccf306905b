import { type ErrorJson } from '../../lib/errors.js';
import { swarmup } from '../../lib/typed-command.js';
import type { Lab } from '../../lab/lab.js';
import { isChange, isLoss, type LabOutcome, type LabPlan } from '../../lab/lab-plan.js';
import { wantedHosts } from '../../lab/plan-hosts.js';
import type { Plan } from '../../plan/plan.js';
import { carryOut, swarmLock } from '../access/carry-out.js';
import { composed } from '../access/composed.js';
import type { OperationContext } from '../access/context.js';
import { listNodes } from '../access/node-rows.js';
import type { NodeRow } from '../access/results.js';
import { followManifest } from './lab-folder.js';
import { type LabRequest, loadLab } from './load-lab.js';
import { type PreparedLab, prepareLab } from './plan-lab.js';
import { runHook } from './run-hook.js';
import { trustLab } from './trust-lab.js';
import { hostParts } from './up-hosts.js';
import { withoutAct, workloadPlan } from './workload-change.js';

export interface UpRequest extends LabRequest {
  /** How long services may take to run. */
  readonly timeoutMs: number;
  /** Asked before anything is changed, and again when more has to go than was known; throws to stop. */
  readonly approve: (plan: LabPlan) => Promise<void>;
}

export interface UpResult {
  readonly lab: string;
  readonly outcomes: readonly LabOutcome[];
  readonly nodes: readonly NodeRow[];
  readonly message: string | null;
  readonly next: readonly string[];
  readonly elapsedMs: number;
}

const lockTimeoutMs = 30 * 60_000;

/**
 * Makes a lab match its manifest. Hosts come first, all at the same time; new hosts are made before others are drained
 * and removed. Then the objects in the swarm follow. A host that fails does not stop the others, but nothing is
 * deployed to an incomplete swarm. Work that an earlier `up` started is finished. Touches only hosts with the mark of
 * the lab. Errors: those of `planLab`, `approve`, `createHosts`, `removeHosts`; HOOK_FAILED; LOCKED (exit 5) with the
 * holder of the lock.
 */
export async function upLab(context: OperationContext, request: UpRequest): Promise<UpResult> {
  const began = performance.now();
  const lab = await loadLab(context, request);
  await trustLab(context, lab, request.askTrust);
  const plan = (): Promise<Plan<readonly LabOutcome[]>> => planUp(context, lab, request);
  const outcomes = await carryOut(context, { locks: swarmLock(lab.name), lockTimeoutMs, plan });
  await warnOfEdits(context, lab, request);
  const isDone = outcomes.every(({ status }) => status === 'done');
  const { nodes } = isDone ? await listNodes(context, lab.name) : { nodes: [] };
  return {
    lab: lab.name,
    outcomes,
    nodes,
    message: isDone ? (lab.message ?? null) : null,
    next: isDone
      ? [swarmup`status --graph`, swarmup`ssh ${firstManager(lab)}`]
      : [...remedies(outcomes), `${swarmup`up`}    # continues where this run stopped`],
    elapsedMs: Math.round(performance.now() - began),
  };
}

const remedies = (outcomes: readonly LabOutcome[]): readonly string[] => [
  ...new Set(outcomes.flatMap(({ error }) => error?.hints ?? [])),
];

const firstManager = (lab: Lab): string => wantedHosts(lab, []).find(({ pool }) => pool.role === 'manager')?.name ?? '';

async function planUp(context: OperationContext, lab: Lab, request: UpRequest): Promise<Plan<readonly LabOutcome[]>> {
  const prepared = await prepareLab(context, lab, request);
  const failures = new Map<string, ErrorJson>();
  let workload: readonly LabOutcome[] = [];
  const outcomes = (): readonly LabOutcome[] => [
    ...prepared.hosts.map((change): LabOutcome => {
      const error = failures.get(change.name);
      return error === undefined ? { ...change, status: 'done' } : { ...change, status: 'failed', error };
    }),
    ...workload,
  ];
  const parts = {
    ...(prepared.hosts.length > 0 && hostParts(context, prepared, request, failures)),
    'change the services, networks and settings of the swarm': async () => {
      if (failures.size === 0) workload = await changeWorkload(context, prepared, request);
    },
    'hook after-up': async () => {
      const all = outcomes();
      if (all.some(isChange) && all.every(({ status }) => status === 'done')) await runHook(context, lab, 'after-up');
    },
  };
  const approve = async (): Promise<void> => {
    await request.approve(prepared.plan);
    await followManifest(context, lab);
    if (prepared.plan.changes.some(isChange)) await runHook(context, lab, 'before-up');
  };
  return { ...composed(parts, outcomes), approve };
}

/** Looked at again where hosts were changed: more may have to go than could be known before. */
function changeWorkload(
  context: OperationContext,
  before: PreparedLab,
  request: UpRequest,
): Promise<readonly LabOutcome[]> {
  const plan = async (): Promise<Plan<readonly LabOutcome[]>> => {
    const isSame = before.hosts.length === 0 && before.view.silent === undefined;
    const now = isSame ? before : await prepareLab(context, before.lab, request);
    const seen = new Set(before.workload.filter(({ action }) => action === 'remove').map(({ name }) => name));
    const approve = (): Promise<void> => request.approve({ ...now.plan, changes: now.workload.map(withoutAct) });
    const isNews = now.workload.some((change) => isLoss(change) && !seen.has(change.name));
    return { ...workloadPlan(context, now.workload, request.timeoutMs), ...(isNews && { approve }) };
  };
  return carryOut(context, { plan });
}

/** `up` does what the manifest said when it began. */
async function warnOfEdits(context: OperationContext, lab: Lab, request: UpRequest): Promise<void> {
  const now = await loadLab({ ...context, report: () => undefined }, request).catch(() => undefined);
  if (now?.fingerprint === lab.fingerprint) return;
  const message = `${request.file} was changed in the meantime: run ${swarmup`up`} again`;
  context.report({ type: 'warning', message });
}
