import type { Lab } from '../../lab/lab.js';
import { type LabChange, type LabPlan, planFooter } from '../../lab/lab-plan.js';
import { localActions } from '../../lab/local-actions.js';
import { planHosts } from '../../lab/plan-hosts.js';
import type { OperationContext } from '../access/context.js';
import { estimateLab } from './estimate-lab.js';
import { planWorkload } from './lab-workload.js';
import { type LabRequest, loadLab } from './load-lab.js';
import { type LabView, observeLab } from './observe-lab.js';
import { withoutAct, type WorkloadChange, workloadPlanner } from './workload-change.js';

/** The work of `plan`, with everything that `up` needs to carry it out. */
export interface PreparedLab {
  readonly lab: Lab;
  readonly view: LabView;
  readonly hosts: readonly LabChange[];
  /** Of what is in the swarm; empty while its managers do not answer. */
  readonly workload: readonly WorkloadChange[];
  readonly plan: LabPlan;
}

/**
 * The changes that `up` would make, their cost and their duration. Changes nothing: it writes no file, takes no lock
 * and runs no command of the manifest. Errors: those of `loadLab`, `observeLab` and of the parts of the workload.
 */
export async function planLab(context: OperationContext, request: LabRequest): Promise<LabPlan> {
  const lab = await loadLab(context, request);
  const { plan, view, hosts } = await prepareLab(context, lab, { timeoutMs: 0 });
  const unknown: string[] = [];
  const about = { hosts: view.hosts, changes: hosts };
  const estimate = await estimateLab(context, lab, about, request, (message) => unknown.push(message));
  for (const message of unknown) context.report({ type: 'warning', message });
  return { ...plan, ...estimate, warnings: [...plan.warnings, ...unknown] };
}

/** Looks at a lab and plans. `timeoutMs`: how long services may take when the plan is done. */
export async function prepareLab(
  context: OperationContext,
  lab: Lab,
  { timeoutMs }: { readonly timeoutMs: number },
): Promise<PreparedLab> {
  const warnings: string[] = [];
  const listening: OperationContext = {
    ...context,
    report: (event) => {
      if (event.type === 'warning') warnings.push(event.message);
      context.report(event);
    },
  };
  const view = await observeLab(listening, lab);
  const hosts = planHosts(lab, view.hosts, view.wishes, view.access !== undefined);
  const isSilent = view.silent !== undefined;
  const workload = isSilent ? [] : await planWorkload(workloadPlanner(listening, lab, view.access?.engine, timeoutMs));
  const changes = [...hosts, ...workload.map(withoutAct)];
  const count = lab.pools.reduce((sum, pool) => sum + pool.count, 0);
  const pending = isSilent
    ? [`networks, stacks and services will be checked when the swarm answers: ${view.silent}`]
    : [];
  const local = localActions(lab);
  const plan = { lab: lab.name, changes, hosts: count, footer: planFooter(changes, count), local, pending, warnings };
  return { lab, view, hosts, workload, plan };
}
