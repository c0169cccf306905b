import type { HostDescription } from '../../drivers/driver.js';
import { codeOf, messageOf, SwarmupError } from '../../lib/errors.js';
import { swarmup } from '../../lib/typed-command.js';
import type { StepChange, StepContext } from '../../plan/step.js';
import type { CreateWork } from '../../plan/build-create-plan.js';
import { isMadeAgain } from './become-node.js';
import { type CreateRun, type CreateSession, required } from './create-run.js';
import { configureHostEngine, engineAddress, loadCertificateCode } from './host-engine-work.js';
import { movedEndpoint } from '../access/endpoint.js';
import { forgetHostKey, hostIdentity } from '../access/host-keys.js';
import { watchingHost } from './watch-host.js';
import type { HostStatus } from '../../drivers/driver.js';
import type { Endpoint } from '../../machine/machine-record.js';

type HostWork = Pick<CreateWork<CreateSession>, 'create' | 'reach' | 'readFacts' | 'install' | 'configure'>;

const bootWaitMs = 4 * 60_000;

/** The work that turns a name into a host with a configured engine. */
export function createHostWork(run: CreateRun): HostWork {
  return {
    create: (host, step) => createHost(run, host, step),
    reach: async (host, step) => {
      const { record, driver } = host;
      if (record.engineSettings.tls) loadCertificateCode();
      await watchingHost(host, step, async ({ signal, failed }) => {
        if (driver.capabilities.exposesHostKey === true) {
          const { reachAndRotate } = await import('./rotate-host-key.js');
          await reachAndRotate(host, { ...step, signal }, { waitMs: bootWaitMs, failed });
        } else await host.connect({ signal, failed, waitMs: bootWaitMs });
      });
      return 'unchanged';
    },
    readFacts: async (host, step) => {
      const { readFacts } = await import('../../bootstrap/facts.js');
      host.facts =
        host.survey?.facts ??
        (await watchingHost(host, step, async ({ signal }) => readFacts(await host.connect({ signal }), { signal })));
      return 'unchanged';
    },
    install: (host, step) => watchingHost(host, step, ({ signal }) => install(host, { ...step, signal })),
    configure: (host, step) => watchingHost(host, step, ({ signal }) => configure(run, host, { ...step, signal })),
  };
}

async function createHost(run: CreateRun, host: CreateSession, step: StepContext): Promise<StepChange> {
  const { driver } = host;
  const [status] = host.isNew
    ? []
    : await driver.inspect(host.driverContext(step), [host.record.driverState ?? undefined]);
  // Without an endpoint the driver never finished: it may have more to do than to let the host run.
  if (status?.state === 'running' && status.description !== undefined && host.record.endpoint !== null) {
    host.description = status.description;
    await saveEndpoint(run, host, status.description, step);
    return 'unchanged';
  }
  host.hadNoPower = status?.state === 'stopped';
  host.description = await bringUp(run, host, status, step);
  await saveEndpoint(run, host, host.description, step);
  return 'changed';
}

async function bringUp(
  run: CreateRun,
  host: CreateSession,
  status: HostStatus | undefined,
  step: StepContext,
): Promise<HostDescription> {
  const { record, driver } = host;
  const stopped = status?.state === 'stopped' || status?.state === 'paused';
  if (stopped && record.endpoint !== null) return driver.start(host.driverContext(step), record.driverState);
  // Not to be seen is not gone: to make it again could double it.
  if (status?.state === 'error' && record.phase === 'ready') throw notSeen(record.name, status.detail);
  if (record.phase === 'ready') await forgetHost(run, host, status?.detail);
  if (status?.state === 'absent') await unpin(host);
  const identity = await hostIdentity(run.context, record);
  const own = { ...host.driverContext(step), overlayPort: await overlayPort(run) };
  return driver.create(own, identity, record.driverState ?? undefined);
}

/** As it is wished for a new swarm, or as it was made. */
async function overlayPort({ context, swarm }: CreateRun): Promise<number | undefined> {
  if (swarm === null) return undefined;
  return swarm.dataPathPort ?? (await context.store.readSwarm(swarm.name))?.dataPathPort;
}

/** It stays the node that it was until it joins as a new one: its disk may have come back with the swarm's only state. */
async function forgetHost({ warn }: CreateRun, host: CreateSession, detail = 'absent'): Promise<void> {
  warn(`${host.name} no longer existed (${detail}), so it is made again`, host.name);
  await host.update((record) => ({ ...record, phase: 'creating', endpoint: null, engine: null, advertiseAddr: null }));
}

/** A host that is made again shows its first key again, not a later one. */
async function unpin(host: CreateSession): Promise<void> {
  if (host.driver.capabilities.injectsHostKey) await host.update((record) => ({ ...record, endpoint: null }));
}

function notSeen(name: string, why = 'its driver cannot report its state'): SwarmupError {
  return new SwarmupError('HOST_NOT_RUNNING', `swarmup cannot work on ${name}: ${why}`, {
    host: name,
    hints: [`run the same command again when ${name} answers`, `${swarmup`rm --force --yes ${name}`} gives it up`],
  });
}

/** A pinned key stays pinned. Also reads the state again that the driver saved meanwhile. */
async function saveEndpoint(
  run: CreateRun,
  host: CreateSession,
  { ssh, privateAddresses: addresses }: HostDescription,
  step: StepContext,
): Promise<void> {
  const endpoint = await endpointOf(run, host, ssh, step.signal);
  await host.update((current) => ({ ...current, endpoint, addresses }));
}

async function endpointOf(
  { context, trust }: CreateRun,
  { record, survey, driver }: CreateSession,
  ssh: HostDescription['ssh'],
  signal: AbortSignal,
): Promise<Endpoint> {
  if (record.endpoint !== null) return movedEndpoint(record.endpoint, ssh);
  if (survey !== undefined) return survey.endpoint;
  if (ssh.login !== undefined) {
    const waitMs = driver.capabilities.power ? bootWaitMs : 0;
    return (await context.enroll(record.name, ssh, { signal, waitMs, trust })).endpoint;
  }
  const { hostKey } = await hostIdentity(context, record);
  return { ...ssh, hostKey: hostKey.publicKey.trim() };
}

async function install(host: CreateSession, { signal, detail }: StepContext): Promise<StepChange> {
  const { installDocker } = await import('../../bootstrap/install-docker.js');
  const { version, installUrl } = host.record.engineSettings;
  const { changed, facts } = await installDocker(await host.connect({ signal }), required(host.facts, 'facts'), {
    signal,
    detail,
    version,
    installUrl,
  });
  host.facts = facts;
  return changed ? 'changed' : 'unchanged';
}

async function configure({ context, warn }: CreateRun, host: CreateSession, step: StepContext): Promise<StepChange> {
  const description = required(host.description, 'the description of the host');
  const seen = { record: host.record, facts: required(host.facts, 'facts'), description };
  const { changed, warnings } = await configureHostEngine(context, seen, step);
  for (const warning of warnings) warn(warning, host.name);
  await host.update((current) => ({ ...current, phase: 'ready', engine: engineAddress(current, description) }));
  await forgetHostKey(context.store, host.name);
  await unlock(host, step).catch((error: unknown) => {
    // To leave its old swarm, it needs no key.
    if (codeOf(error) !== 'MANAGER_LOCKED' || !isMadeAgain(host.record)) throw error;
    warn(messageOf(error), host.name);
  });
  return changed ? 'changed' : 'unchanged';
}

/** A manager whose engine was started again asks for the unlock key. Errors: MANAGER_LOCKED. */
async function unlock({ context, record, isNew }: CreateSession, { signal, detail }: StepContext): Promise<void> {
  if (isNew || record.role !== 'manager' || record.nodeId === null) return;
  const { unlockIfLocked } = await import('./unlock-hosts.js');
  await unlockIfLocked({ ...context, signal }, record, detail);
}
