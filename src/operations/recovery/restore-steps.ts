import { waitFor } from '../../lib/abort.js';
import { codeOf } from '../../lib/errors.js';
import type { Role } from '../../machine/machine-record.js';
import type { Step, StepChange, StepContext } from '../../plan/step.js';
import type { Backup } from '../../swarm/backup-file.js';
import { isReady } from '../../swarm/membership.js';
import { swarmNodes } from '../../swarm/swarm-api.js';
import type { OperationContext } from '../access/context.js';
import type { HostStep } from '../access/host-steps.js';
import { hostEngine, swarmMachines } from '../access/swarm-access.js';
import { agentForManager } from '../steps/agent-for-manager.js';
import { asNode, withoutNode } from '../steps/become-node.js';
import { contactMs, forgetNodes, type ManagerAccess, rejoinHost } from '../steps/rejoin-host.js';
import { type AwaitedServices, awaitServices } from '../steps/service-counts.js';
import { type RestoredState, restoreState } from './restore-state.js';

/** The findings of the steps of a restore, for its result. */
export interface RestoreNotes {
  state?: RestoredState;
  services: AwaitedServices;
  readonly warnings: string[];
}

/** What all steps of a restore work with. */
interface Restore {
  readonly context: OperationContext;
  readonly backup: Backup;
  readonly swarm: string;
  /** Gets the state. */
  readonly manager: string;
  /** Join it. */
  readonly others: readonly string[];
  /** The address of the manager; undefined: its present address, or the one that its networks offer. */
  readonly advertiseAddr: string | undefined;
  readonly notes: RestoreNotes;
}

interface RestoreSteps {
  /** The restore fails if this step fails. */
  readonly core: Step;
  /** Of the other hosts. */
  readonly joins: readonly HostStep[];
  readonly rest: readonly Step[];
}

const minute = 60_000;
const servicesMs = 3 * minute;

export function restoreSteps(restore: Restore): RestoreSteps {
  const { manager, others } = restore;
  const core: Step = {
    id: `${manager}/restore`,
    host: manager,
    title: 'restore the swarm',
    needs: [],
    timeoutMs: 15 * minute,
    run: (step) => restoreManager(restore, step),
  };
  const joins = others.map((name) => joinStep(restore, name, core.id));
  const managerJoins = joins.filter(({ host }) => roleOf(restore, host) === 'manager');
  const last: Step = {
    id: 'swarm/services',
    title: 'remove lost nodes and wait for all services',
    needs: [core.id],
    // A host that is just joining is not to be taken for one that is gone.
    after: joins.map(({ id }) => id),
    timeoutMs: 6 * minute,
    run: (step) => settle(restore, step),
  };
  const agents = [agentStep(restore, manager, core.id), ...managerJoins.map((j) => agentStep(restore, j.host, j.id))];
  return { core, joins, rest: [...agents, last] };
}

function joinStep(restore: Restore, name: string, needed: string): HostStep {
  const { context, swarm } = restore;
  const role = roleOf(restore, name);
  return {
    id: `${name}/rejoin`,
    host: name,
    title: 'join the swarm',
    needs: [needed],
    timeoutMs: 4 * minute,
    words: { done: 'rejoined', planned: 'would-join' },
    ...(role === 'manager' && { exclusive: 'managers' }),
    run: async (step) => {
      await context.store.update(name, (record) => ({ ...record, swarm, role }));
      return rejoinHost(context, await accessOf(restore), name, step);
    },
  };
}

/** The host may be a new one. */
function agentStep({ context, notes }: Restore, name: string, needed: string): Step {
  return {
    id: `${name}/agent`,
    host: name,
    title: 'install the agent',
    needs: [needed],
    timeoutMs: 5 * minute,
    run: async (step) => {
      const { change, warning } = await agentForManager(context, await context.store.require(name), step);
      if (warning !== undefined) notes.warnings.push(warning);
      return change;
    },
  };
}

const roleOf = ({ backup: { manifest } }: Restore, name: string): Role =>
  manifest.hosts.some((host) => host.name === name && host.role === 'manager') ? 'manager' : 'worker';

async function accessOf({ context, manager }: Restore): Promise<ManagerAccess> {
  const record = await context.store.require(manager);
  return { manager: record, engine: hostEngine(context, record) };
}

async function restoreManager(restore: Restore, step: StepContext): Promise<StepChange> {
  const { context, backup, swarm, manager: name, advertiseAddr, notes } = restore;
  const { store } = context;
  const state = await restoreState(context, await store.require(name), backup, { ...step, advertiseAddr });
  notes.state = state;
  // Managers that are not part of it must not be taken for its managers when they come back.
  for (const machine of await swarmMachines(context, swarm))
    if (machine.role === 'manager' && machine.name !== name) await store.update(machine.name, withoutNode);
  const { nodeId, clusterId, address } = state;
  await store.update(name, (r) => ({ ...asNode(r, nodeId), swarm, role: 'manager', advertiseAddr: address }));
  const createdAt = context.now().toISOString();
  const known = await store.readSwarm(swarm);
  await store.writeSwarm({ schemaVersion: 1, name: swarm, createdAt, ...known, clusterId });
  return 'changed';
}

/** Lost nodes are removed, and the services come back. */
async function settle(restore: Restore, step: StepContext): Promise<StepChange> {
  const { context, manager, others, notes } = restore;
  const access = await accessOf(restore);
  await awaitWorkers(restore, access, step.signal);
  const gone = (await swarmNodes(access.engine, step.signal)).filter((node) => !isReady(node));
  const joined = await Promise.all([manager, ...others].map((name) => context.store.require(name)));
  const ids = gone.map(({ ID }) => ID).filter((id) => !joined.some(({ nodeId }) => nodeId === id));
  await forgetNodes(context, access, ids, step);
  notes.services = await awaitServices(access.engine, { timeoutMs: servicesMs, ...step });
  return 'changed';
}

/** Workers that live find their manager by themselves when it is where it was. */
async function awaitWorkers(
  { context, swarm, others }: Restore,
  { engine }: ManagerAccess,
  signal: AbortSignal,
): Promise<void> {
  const workers = (await swarmMachines(context, swarm)).filter(
    ({ name, role, nodeId }) => role === 'worker' && nodeId !== null && !others.includes(name),
  );
  if (workers.length === 0) return;
  const wait = { timeoutMs: contactMs, what: 'the workers to come back', signal };
  await waitFor(wait, async (waiting) => {
    const nodes = await swarmNodes(engine, waiting);
    const isBack = (id: string | null): boolean => isReady(nodes.find(({ ID }) => ID === id));
    return workers.every(({ nodeId }) => isBack(nodeId)) ? true : undefined;
  }).catch((error: unknown) => {
    if (codeOf(error) !== 'TIMEOUT') throw error;
  });
}
