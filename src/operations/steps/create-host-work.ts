import type { CreateContext, HostDescription } from '../../drivers/driver.js';
import { SwarmupError } from '../../lib/errors.js';
import type { StepChange, StepContext } from '../../plan/step.js';
import type { CreateWork } from '../../plan/build-create-plan.js';
import type { OperationContext } from '../access/context.js';
import { type CreateJob, driverOf, jobOf, required, updateRecord } from './create-job.js';
import { configureHostEngine, engineAddress, loadCertificateCode } from './host-engine-work.js';
import { movedEndpoint } from '../access/endpoint.js';
import { forgetHostKey, hostIdentity } from '../access/host-keys.js';
import { quotingConsole } from './quote-console.js';
import type { Driver, HostStatus } from '../../drivers/driver.js';
import type { Endpoint, MachineRecord } from '../../machine/machine-record.js';
import { driverContext } from '../access/driver-context.js';

type HostWork = Pick<CreateWork, 'create' | 'reach' | 'readFacts' | 'install' | 'configure'>;

const bootWaitMs = 4 * 60_000;

/** The work that turns a name into a host with a configured engine. */
export function createHostWork(job: CreateJob): HostWork {
  return {
    create: (name, step) => createHost(job, name, step),
    reach: async (name, step) => {
      const { record } = jobOf(job, name);
      if (record.engineSettings.tls) loadCertificateCode();
      const driver = driverOf(job, record);
      await quotingConsole({ driver, state: record.driverState }, async () => {
        if (driver.capabilities.exposesHostKey === true) {
          const { reachAndRotate } = await import('./rotate-host-key.js');
          await reachAndRotate(job, name, step, bootWaitMs);
        } else await job.context.connect(record, { signal: step.signal, waitMs: bootWaitMs });
      });
      return 'unchanged';
    },
    readFacts: async (name, step) => {
      const { readFacts } = await import('../../bootstrap/facts.js');
      const host = jobOf(job, name);
      host.facts = host.survey?.facts ?? (await readFacts(await runnerOf(job, name, step), { signal: step.signal }));
      return 'unchanged';
    },
    install: (name, step) => install(job, name, step),
    configure: (name, step) => configure(job, name, step),
  };
}

async function createHost(job: CreateJob, name: string, step: StepContext): Promise<StepChange> {
  const host = jobOf(job, name);
  const driver = driverOf(job, host.record);
  const base = driverContext(job.context, driver, host.options, {
    signal: step.signal,
    log: step.detail,
  });
  const [status] = host.isNew ? [] : await driver.inspect(base, [host.record.driverState ?? undefined]);
  if (status?.state === 'running' && status.description !== undefined) {
    host.description = status.description;
    await saveEndpoint(job, name, status.description, step);
    return 'unchanged';
  }
  host.hadNoPower = status?.state === 'stopped';
  const context = { ...base, save: saveState(job.context, name) };
  host.description = await bringUp(job, host.record, driver, context, status);
  await saveEndpoint(job, name, host.description, step);
  return 'changed';
}

async function bringUp(
  job: CreateJob,
  record: MachineRecord,
  driver: Driver,
  context: CreateContext<unknown>,
  status: HostStatus | undefined,
): Promise<HostDescription> {
  const stopped = status?.state === 'stopped' || status?.state === 'paused';
  if (stopped && record.endpoint !== null) return driver.start(context, record.driverState);
  // Not to be seen is not gone: to make it again could double it.
  if (status?.state === 'error' && record.phase === 'ready') throw notSeen(record.name, status.detail);
  if (record.phase === 'ready') await forgetHost(job, record.name, status?.detail);
  if (status?.state === 'absent') await unpin(job, record, driver);
  const identity = await hostIdentity(job.context, record);
  return driver.create(context, identity, record.driverState ?? undefined);
}

async function forgetHost(job: CreateJob, name: string, detail = 'absent'): Promise<void> {
  job.warn(`${name} was gone (${detail}) and is made again`, name);
  await updateRecord(job, name, (record) => ({
    ...record,
    phase: 'creating',
    endpoint: null,
    engine: null,
    nodeId: null,
  }));
}

function notSeen(name: string, why = 'its driver cannot tell how it is'): SwarmupError {
  return new SwarmupError('HOST_NOT_RUNNING', `${name} cannot be worked on: ${why}`, {
    host: name,
    hints: [`run the same command again when ${name} answers`, `swarmup rm --force --yes ${name} gives it up`],
  });
}

/** What is made anew shows the first key again, whatever came after it. */
async function unpin(job: CreateJob, { name }: MachineRecord, { capabilities }: Driver): Promise<void> {
  if (capabilities.injectsHostKey) await updateRecord(job, name, (record) => ({ ...record, endpoint: null }));
}

/** Every save of a driver is on disk before its next step. */
export function saveState(context: OperationContext, name: string): CreateContext<unknown>['save'] {
  return async (driverState) => {
    await context.store.update(name, (record) => ({ ...record, driverState }));
  };
}

async function saveEndpoint(
  job: CreateJob,
  name: string,
  { ssh }: HostDescription,
  { signal }: StepContext,
): Promise<void> {
  const { record } = jobOf(job, name);
  const endpoint = await endpointOf(job, record, ssh, signal);
  // Also re-reads what the driver saved meanwhile.
  await updateRecord(job, name, (current) => ({ ...current, endpoint }));
}

/** What was pinned once stays pinned. */
async function endpointOf(
  job: CreateJob,
  record: MachineRecord,
  ssh: HostDescription['ssh'],
  signal: AbortSignal,
): Promise<Endpoint> {
  if (record.endpoint !== null) return movedEndpoint(record.endpoint, ssh);
  const { survey } = jobOf(job, record.name);
  if (survey !== undefined) return survey.endpoint;
  if (ssh.login !== undefined) {
    const waitMs = driverOf(job, record).capabilities.power ? bootWaitMs : 0;
    return (await job.context.enroll(record.name, ssh, { signal, waitMs, trust: job.request.trust })).endpoint;
  }
  const { hostKey } = await hostIdentity(job.context, record);
  return { ...ssh, hostKey: hostKey.publicKey.trim() };
}

async function runnerOf(job: CreateJob, name: string, step: StepContext): ReturnType<OperationContext['connect']> {
  return job.context.connect(jobOf(job, name).record, { signal: step.signal });
}

async function install(job: CreateJob, name: string, step: StepContext): Promise<StepChange> {
  const { installDocker } = await import('../../bootstrap/install-docker.js');
  const host = jobOf(job, name);
  const { version, installUrl } = host.record.engineSettings;
  const { changed, facts } = await installDocker(await runnerOf(job, name, step), required(host.facts, 'facts'), {
    signal: step.signal,
    detail: step.detail,
    version,
    installUrl,
  });
  host.facts = facts;
  return changed ? 'changed' : 'unchanged';
}

async function configure(job: CreateJob, name: string, step: StepContext): Promise<StepChange> {
  const { record, ...seen } = jobOf(job, name);
  const description = required(seen.description, 'the description of the host');
  const host = { record, facts: required(seen.facts, 'facts'), description };
  const { changed, warnings } = await configureHostEngine(job.context, host, step);
  for (const warning of warnings) job.warn(warning, name);
  await updateRecord(job, name, (current) => ({
    ...current,
    phase: 'ready',
    engine: engineAddress(current, description),
  }));
  await forgetHostKey(job.context.store, name);
  await unlock(job, name, step);
  return changed ? 'changed' : 'unchanged';
}

/** A manager whose engine was started again asks for the unlock key. Errors: MANAGER_LOCKED. */
async function unlock(job: CreateJob, name: string, { signal, detail }: StepContext): Promise<void> {
  const { record, isNew } = jobOf(job, name);
  if (isNew || record.role !== 'manager' || record.nodeId === null) return;
  const { unlockIfLocked } = await import('./unlock-hosts.js');
  await unlockIfLocked({ ...job.context, signal }, record, detail);
}
