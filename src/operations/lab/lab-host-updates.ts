import { stableJson } from '../../lib/stable-json.js';
import type { Lab } from '../../lab/lab.js';
import { labelDifference, todo, type WantedHost } from '../../lab/plan-hosts.js';
import { updateNode } from '../../swarm/swarm-api.js';
import type { Plan } from '../../plan/plan.js';
import type { StepChange, StepContext } from '../../plan/step.js';
import type { OperationContext } from '../access/context.js';
import { hostOutcomes, hostSteps } from '../access/host-steps.js';
import type { HostOutcome } from '../access/results.js';
import { underSignal } from '../access/under-signal.js';
import { provisionHost } from '../hosts/provision-hosts.js';
import { labMark } from './lab-groups.js';
import { provisionLabHost } from './lab-provision.js';
import type { LabView } from './observe-lab.js';
import { runHook } from './run-hook.js';
import { withFailures } from './with-failures.js';

interface HostWork {
  readonly lab: Lab;
  /** As the hosts are now. */
  readonly view: LabView;
  /** Hosts that are there. */
  readonly hosts: readonly WantedHost[];
  /** Hosts that were just made: the hook after-host runs for them. */
  readonly fresh: ReadonlySet<string>;
}

/** Of an engine with its installation, of a file, of a script, of a hook. */
const taskTimeoutMs = 30 * 60_000;

/**
 * Updates existing hosts to the settings of their pools: engine settings one host after another (engines restart), then
 * labels, files and scripts at the same time. The error of a host is in its outcome.
 */
export function planHostUpdates(context: OperationContext, work: HostWork): Plan<readonly HostOutcome[]> {
  const due = new Map(work.hosts.filter((host) => needsWork(work, host)).map((host) => [host.name, host]));
  const each =
    (change: (own: OperationContext, host: WantedHost, detail: StepContext['detail']) => Promise<void>) =>
    async (name: string, step: StepContext): Promise<StepChange> => {
      const host = due.get(name);
      if (host !== undefined) await change(underSignal(context, step.signal), host, step.detail);
      return 'changed';
    };
  const words = { done: 'provisioned', planned: 'would-check' } as const;
  const engines = hostSteps(
    [...due.values()].filter(isOtherEngine).map(({ name }) => name),
    { ...words, title: 'engine', timeoutMs: taskTimeoutMs, exclusive: () => 'engines', act: each(changeEngine) },
  );
  const most = Math.max(0, ...[...due.values()].map((host) => tasksOf(work, host).length));
  const rest = hostSteps([...due.keys()], {
    ...words,
    title: 'set up',
    timeoutMs: (most + 2) * taskTimeoutMs,
    act: each(async (own, host, detail) => {
      await changeLabels(own, work, host);
      await provision(own, work, host, detail);
    }),
  }).map((step) => ({ ...step, needs: engines.filter(({ host }) => host === step.host).map(({ id }) => id) }));
  return {
    steps: [...engines, ...rest],
    result: (outcome) => withFailures(hostOutcomes(rest, outcome), hostOutcomes(engines, outcome)),
  };
}

const isOtherEngine = ({ pool, found }: WantedHost): boolean =>
  stableJson(found?.record.engineSettings ?? {}) !== stableJson(pool.engine);

const tasksOf = ({ view }: HostWork, { pool, found }: WantedHost) =>
  todo(pool, found?.marks ?? { files: {}, scripts: {} }, view.wishes.get(pool.name));

const needsWork = (work: HostWork, host: WantedHost): boolean =>
  work.fresh.has(host.name) ||
  isOtherEngine(host) ||
  Object.keys(labelDifference(work.lab.name, host)).length > 0 ||
  tasksOf(work, host).length > 0;

async function changeEngine(
  context: OperationContext,
  { name, pool }: WantedHost,
  detail: (message: string) => void,
): Promise<void> {
  await provisionHost(context, await context.store.require(name), detail, { engine: pool.engine });
}

async function changeLabels(context: OperationContext, { lab, view }: HostWork, host: WantedHost): Promise<void> {
  const change = labelDifference(lab.name, host);
  const nodeId = host.found?.record.nodeId;
  if (Object.keys(change).length === 0 || view.access === undefined || nodeId === null || nodeId === undefined) return;
  const next = (labels: Readonly<Record<string, string>> | null): Readonly<Record<string, string>> =>
    Object.fromEntries(
      Object.entries<string | undefined>({ ...labels, ...change }).flatMap(([key, value]) =>
        value === undefined ? [] : [[key, value]],
      ),
    );
  await updateNode(view.access.engine, nodeId, (spec) => ({ ...spec, Labels: next(spec.Labels) }), context.signal);
  await context.store.update(host.name, (r) => ({ ...r, lab: labMark(lab, host.pool) }));
}

async function provision(
  context: OperationContext,
  work: HostWork,
  host: WantedHost,
  detail: (message: string) => void,
): Promise<void> {
  const { lab, view, fresh } = work;
  const record = await context.store.require(host.name);
  const content = view.contents.get(host.pool.name);
  const tasks = tasksOf(work, host);
  if (content !== undefined && tasks.length > 0)
    await provisionLabHost(context, lab, record, { pool: host.pool, content, tasks }, detail);
  if (fresh.has(host.name))
    await runHook(context, lab, 'after-host', {
      SWARMUP_HOST: host.name,
      SWARMUP_HOST_ADDRESS: record.endpoint?.host ?? '',
    });
}
