import { runScript } from '../../bootstrap/remote-script.js';
import { startEngineScript } from '../../bootstrap/swarm-state-scripts.js';
import { waitFor } from '../../lib/abort.js';
import type { Step, StepChange, StepContext } from '../../plan/step.js';
import { isLocked } from '../../swarm/membership.js';
import { engineInfo } from '../../swarm/swarm-api.js';
import type { OperationContext } from '../access/context.js';
import type { HostStep } from '../access/host-steps.js';
import { hostEngine } from '../access/swarm-access.js';
import { lockAgain, type LockAgainRequest } from '../members/lock-again.js';
import { withoutNode } from '../steps/become-node.js';
import {
  copyName,
  copyState,
  makeOnlyManager,
  type StateCopy,
  unlockManager,
  type UnlockKeySource,
} from '../steps/recover-survivor.js';
import { awaitContact, forgetNodes, type ManagerAccess, rejoinHost } from '../steps/rejoin-host.js';
import { type AwaitedServices, awaitServices } from '../steps/service-counts.js';
import type { RecoveryPlan } from './plan-recovery.js';

export interface RecoveryRequest extends LockAgainRequest {
  /** Called when the survivor turns out to be locked. */
  readonly unlockKey: UnlockKeySource;
}

/** The findings of the steps of a recovery, for its result. */
export interface RecoveryNotes {
  copy: StateCopy | null;
  /** performance.now() when the copy was there. */
  copiedAtMs?: number;
  leaderAtMs?: number;
  services: AwaitedServices;
  readonly warnings: string[];
}

/** What all steps of a recovery work with. */
interface Recovery {
  readonly context: OperationContext;
  readonly request: RecoveryRequest;
  readonly plan: RecoveryPlan;
  readonly notes: RecoveryNotes;
}

interface RecoverySteps {
  /** The recovery fails if one of these steps fails. */
  readonly core: readonly Step[];
  /** Of hosts that come back, in the order of the plan. */
  readonly hosts: readonly HostStep[];
  readonly last: Step;
}

const minute = 60_000;
const servicesMs = 5 * minute;
const rejoinId = (name: string): string => `${name}/rejoin`;

export function recoverySteps(recovery: Recovery): RecoverySteps {
  const { manager, lost, rejoin } = recovery.plan;
  const access = { manager: manager.record, engine: hostEngine(recovery.context, manager.record) };
  const lead = recovery.plan.kind === 'recover' ? survivorSteps(recovery) : [];
  const forget: Step = {
    id: 'swarm/forget',
    title: 'remove managers that are lost',
    needs: lead.slice(-1).map(({ id }) => id),
    timeoutMs: 2 * minute,
    run: (step) => forgetLost(recovery, access, step),
  };
  const hosts = hostSteps(recovery, access, forget);
  const last: Step = {
    id: 'swarm/services',
    title: `wait for all services${lost.length > 0 ? ' to move' : ''}`,
    needs: [forget.id],
    // Workers come by themselves, and their tasks run meanwhile.
    after: rejoin.map(({ name }) => rejoinId(name)),
    timeoutMs: 10 * minute,
    run: async (step) => {
      recovery.notes.services = await awaitServices(access.engine, { timeoutMs: servicesMs, ...step });
      return 'unchanged';
    },
  };
  return { core: [...lead, forget], hosts, last };
}

/** The manager with the newest state becomes the only one. */
function survivorSteps(recovery: Recovery): readonly Step[] {
  const { name: host } = recovery.plan.manager;
  return [
    {
      id: `${host}/copy`,
      host,
      title: 'copy the swarm state',
      needs: [],
      timeoutMs: 3 * minute,
      run: (step) => copy(recovery, step),
    },
    {
      id: `${host}/start`,
      host,
      title: 'start the engine',
      needs: [`${host}/copy`],
      timeoutMs: 2 * minute,
      run: (step) => start(recovery, step),
    },
    {
      id: `${host}/lead`,
      host,
      title: 'become the only manager',
      needs: [`${host}/start`],
      timeoutMs: 3 * minute,
      run: (step) => lead(recovery, step),
    },
  ];
}

function hostSteps({ context, plan }: Recovery, access: ManagerAccess, forget: Step): readonly HostStep[] {
  const step = (name: string): Pick<HostStep, 'id' | 'host' | 'words' | 'timeoutMs'> => ({
    id: rejoinId(name),
    host: name,
    words: { done: 'rejoined', planned: 'would-join' },
    timeoutMs: 4 * minute,
  });
  return [
    ...plan.rejoin.map(({ name, role }) => ({
      ...step(name),
      title: `join again as ${role}`,
      needs: [forget.id],
      ...(role === 'manager' && { exclusive: 'managers' }),
      run: (running: StepContext) => rejoinHost(context, access, name, running),
    })),
    ...plan.workers.map(({ name }) => ({
      ...step(name),
      title: 'wait for contact with the managers',
      needs: forget.needs,
      run: (running: StepContext) => awaitContact(context, access, name, running),
    })),
  ];
}

async function copy({ context, plan, notes }: Recovery, { signal, detail }: StepContext): Promise<StepChange> {
  notes.copy = await copyState(context, plan.manager.record, copyName('before-recover', context.now()), signal);
  notes.copiedAtMs = performance.now();
  detail(notes.copy.path);
  return 'changed';
}

async function start({ context, plan, request }: Recovery, step: StepContext): Promise<StepChange> {
  const { record, standing, name } = plan.manager;
  if (standing === 'locked') {
    await unlockManager(context, record, request.unlockKey, step);
    return 'changed';
  }
  if (standing !== 'no-engine') return 'unchanged';
  const runner = await context.connect(record, { signal: step.signal });
  await runScript(runner, startEngineScript, { signal: step.signal });
  const wait = { timeoutMs: minute, what: `the engine of ${name} to answer`, host: name, signal: step.signal };
  const { Swarm } = await waitFor(wait, (signal) => engineInfo(hostEngine(context, record), signal));
  if (isLocked(Swarm)) await unlockManager(context, record, request.unlockKey, step);
  return 'changed';
}

async function lead({ context, plan, request, notes }: Recovery, step: StepContext): Promise<StepChange> {
  const { store } = context;
  // Before: from now on, nothing treats them as managers of this swarm, even after a failure.
  for (const { name, role } of [...plan.lost, ...plan.rejoin])
    if (role === 'manager') await store.update(name, withoutNode);
  const { clusterId, lockWasTakenOff } = await makeOnlyManager(context, plan.manager.record, request.unlockKey, step);
  notes.leaderAtMs = performance.now();
  const known = await store.readSwarm(request.swarm);
  if (known !== undefined && known.clusterId !== clusterId) await store.writeSwarm({ ...known, clusterId });
  const warning = lockWasTakenOff ? await lockAgain(context, request, step) : undefined;
  if (warning !== undefined) notes.warnings.push(warning);
  return 'changed';
}

async function forgetLost(
  { context, plan: { lost } }: Recovery,
  access: ManagerAccess,
  step: StepContext,
): Promise<StepChange> {
  for (const { name } of lost) await context.store.update(name, withoutNode);
  const ids = lost.map(({ record }) => record.nodeId ?? record.formerNodeId ?? null);
  return (await forgetNodes(context, access, ids, step)) > 0 ? 'changed' : 'unchanged';
}
