import { errorJson } from '../../lib/error-json.js';
import { type ErrorJson, SwarmupError } from '../../lib/errors.js';
import type { Lab } from '../../lab/lab.js';
import { isChange, type LabChange, type LabPlan } from '../../lab/lab-plan.js';
import { type WantedHost, wantedHosts } from '../../lab/plan-hosts.js';
import type { OperationContext } from '../access/context.js';
import { createHosts } from '../create/create-hosts.js';
import { createRequest } from './lab-groups.js';
import { type HostWork, updateLabHosts } from './lab-host-updates.js';
import { changeLabRoles } from './lab-roles.js';
import { type LabRequest, loadLab } from './load-lab.js';
import { lockHosts } from '../access/lock-hosts.js';
import { observeLab } from './observe-lab.js';
import { type PreparedLab, prepareLab, withoutAct } from './plan-lab.js';
import { removeHosts } from '../hosts/remove-hosts.js';
import type { HostOutcome, NodeRow } from '../access/results.js';
import { runHook } from './run-hook.js';
import { listNodes } from '../access/node-rows.js';

export interface UpRequest extends LabRequest {
  /** How long services may take to run. */
  readonly timeoutMs: number;
  /** Asked before anything is changed, and again when more has to go than was known; throws to stop. */
  readonly approve: (plan: LabPlan) => Promise<void>;
}

type LabOutcome = LabChange & { readonly status: 'done' | 'failed'; readonly error?: ErrorJson };

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
 * Makes a lab what its manifest says. Hosts first, all at once; new ones before others go, those that go are drained;
 * then what is in the swarm. A host that fails does not stop the others, but nothing is put on a swarm that is not whole.
 * What was begun by an earlier `up` is finished. Touches only hosts that carry the mark of the lab.
 * Errors: those of `planLab`, `approve`, `createHosts`, `removeHosts`; HOOK_FAILED; LOCKED (exit 5) with who holds it.
 */
export async function upLab(context: OperationContext, request: UpRequest): Promise<UpResult> {
  const began = performance.now();
  const lab = await loadLab(context, request);
  return lockHosts(context, [{ name: '', swarm: lab.name }], lockTimeoutMs, async () => {
    const outcomes = await converge(context, lab, request);
    await warnOfEdits(context, lab, request);
    const isDone = outcomes.every(({ status }) => status === 'done');
    const { nodes } = isDone ? await listNodes(context, lab.name) : { nodes: [] };
    return {
      lab: lab.name,
      outcomes,
      nodes,
      message: isDone ? (lab.message ?? null) : null,
      next: isDone
        ? ['swarmup status --graph', `swarmup ssh ${firstManager(lab)}`]
        : [...remedies(outcomes), 'swarmup up    # goes on from here'],
      elapsedMs: Math.round(performance.now() - began),
    };
  });
}

const remedies = (outcomes: readonly LabOutcome[]): readonly string[] => [
  ...new Set(outcomes.flatMap(({ error }) => error?.hints ?? [])),
];

const firstManager = (lab: Lab): string => wantedHosts(lab, []).find(({ pool }) => pool.role === 'manager')?.name ?? '';

async function converge(context: OperationContext, lab: Lab, request: UpRequest): Promise<readonly LabOutcome[]> {
  const prepared = await prepareLab(context, lab, request);
  await request.approve(prepared.plan);
  if (prepared.plan.changes.some(isChange)) await runHook(context, lab, 'before-up');
  const hosts = await convergeHosts(context, prepared, request);
  if (hosts.some(({ status }) => status === 'failed')) return hosts;
  const isSame = hosts.length === 0 && prepared.view.silent === undefined;
  const next = isSame ? prepared : await prepareLab(context, lab, request);
  const seen = new Set(prepared.workload.filter(({ action }) => action === 'remove').map(({ name }) => name));
  if (next.workload.some(({ action, name }) => (action === 'remove' || action === 'replace') && !seen.has(name)))
    await request.approve({ ...next.plan, changes: next.workload.map(withoutAct) });
  const workload = await convergeWorkload(context, next);
  const outcomes = [...hosts, ...workload];
  if (outcomes.some(isChange) && workload.every(({ status }) => status === 'done'))
    await runHook(context, lab, 'after-up');
  return outcomes;
}

async function convergeHosts(
  context: OperationContext,
  { lab, view, hosts: changes }: PreparedLab,
  request: UpRequest,
): Promise<readonly LabOutcome[]> {
  if (changes.length === 0) return [];
  const wanted = wantedHosts(lab, view.hosts);
  const named = (...actions: readonly LabChange['action'][]): readonly string[] =>
    changes.filter(({ action }) => actions.includes(action)).map(({ name }) => name);
  const of = (names: readonly string[]): readonly WantedHost[] => wanted.filter(({ name }) => names.includes(name));
  const failures = new Map<string, ErrorJson>();
  const note = (hosts: readonly HostOutcome[]): void => {
    for (const { name, error } of hosts) if (error !== undefined) failures.set(name, error);
  };
  const make = async (names: readonly string[]): Promise<void> => {
    if (names.length === 0) return;
    const asked = await createRequest(context, lab, of(names), view.hosts, request);
    note((await createHosts(context, asked, { locked: true, again: 'swarmup up' })).hosts);
  };
  const remove = async (names: readonly string[]): Promise<void> => {
    if (names.length > 0) note((await removeHosts(context, { names, force: false, locked: true })).hosts);
  };
  await make(named('create', 'resume'));
  // One that is replaced has its name while it is there.
  await remove(named('replace'));
  await make(named('replace').filter((name) => !failures.has(name)));
  const settled = await observeLab(context, lab);
  const present = wantedHosts(lab, settled.hosts).filter(
    ({ name, found }) => found !== undefined && !failures.has(name),
  );
  note(await changeLabRoles(context, lab.name, present));
  const work: HostWork = { lab, view: settled, fresh: new Set(named('create', 'replace')) };
  note(await updateLabHosts(context, work, present));
  if (failures.size === 0) await remove(named('remove'));
  return changes.map((change) => {
    const error = failures.get(change.name);
    return error === undefined ? { ...change, status: 'done' } : { ...change, status: 'failed', error };
  });
}

/** One after another: services need networks and secrets. The first failure ends it, for what comes after may need it. */
async function convergeWorkload(context: OperationContext, { workload }: PreparedLab): Promise<readonly LabOutcome[]> {
  const outcomes: LabOutcome[] = [];
  for (const change of workload) {
    context.signal.throwIfAborted();
    context.report({
      type: 'info',
      message: `${change.what} ${change.name}: ${change.details.join(', ') || change.action}`,
    });
    try {
      await change.act();
      outcomes.push({ ...withoutAct(change), status: 'done' });
    } catch (error) {
      context.signal.throwIfAborted();
      if (!(error instanceof SwarmupError)) throw error;
      outcomes.push({ ...withoutAct(change), status: 'failed', error: errorJson(error) });
      break;
    }
  }
  return outcomes;
}

/** `up` does what the manifest said when it began. */
async function warnOfEdits(context: OperationContext, lab: Lab, request: UpRequest): Promise<void> {
  const now = await loadLab({ ...context, report: () => undefined }, request).catch(() => undefined);
  if (now?.fingerprint === lab.fingerprint) return;
  const message = `${request.file} was changed meanwhile: run swarmup up again`;
  context.report({ type: 'warning', message });
}
