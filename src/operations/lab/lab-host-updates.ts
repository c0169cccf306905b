import { stableJson } from '../../lib/stable-json.js';
import type { Lab } from '../../lab/lab.js';
import { labelDifference, todo, type WantedHost } from '../../lab/plan-hosts.js';
import { updateNode } from '../../swarm/swarm-api.js';
import type { OperationContext } from '../access/context.js';
import { eachHost } from '../access/each-host.js';
import { provisionLabHost } from './lab-provision.js';
import type { LabView } from './observe-lab.js';
import { provisionHost } from '../hosts/provision-hosts.js';
import type { HostOutcome } from '../access/results.js';
import { runHook } from './run-hook.js';

export interface HostWork {
  readonly lab: Lab;
  /** As the hosts are now. */
  readonly view: LabView;
  /** Hosts that were just made: the hook after-host runs for them. */
  readonly fresh: ReadonlySet<string>;
}

/**
 * Brings hosts that are there to what their pools say: engine settings one host after another (engines are restarted),
 * then labels, files and scripts, all at once. What went wrong on a host is in its outcome.
 */
export async function updateLabHosts(
  context: OperationContext,
  work: HostWork,
  hosts: readonly WantedHost[],
): Promise<readonly HostOutcome[]> {
  const due = hosts.filter((host) => needsWork(work, host));
  if (due.length === 0) return [];
  let turn: Promise<unknown> = Promise.resolve();
  return eachHost(
    context,
    due.map(({ name }) => name),
    'set up',
    async (name, detail) => {
      const host = due.find((candidate) => candidate.name === name);
      if (host === undefined) throw new Error(`no host ${name}`);
      if (isOtherEngine(host)) {
        const mine = turn.then(
          () => changeEngine(context, host, detail),
          () => changeEngine(context, host, detail),
        );
        turn = mine;
        await mine;
      }
      await changeLabels(context, work, host);
      await provision(context, work, host, detail);
      return 'provisioned';
    },
  );
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
  detail('engine');
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
  await context.store.update(host.name, (r) => ({
    ...r,
    lab: { name: lab.name, pool: host.pool.name, labels: host.pool.labels },
  }));
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
