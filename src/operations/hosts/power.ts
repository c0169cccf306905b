import type { Driver, DriverContext, HostDescription } from '../../drivers/driver.js';
import { SwarmupError } from '../../lib/errors.js';
import { waitFor } from '../../lib/abort.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { OperationContext } from '../access/context.js';
import { createCommand } from '../access/create-command.js';
import { saveState } from '../steps/create-host-work.js';
import { eachHost } from '../access/each-host.js';
import { movedEndpoint } from '../access/endpoint.js';
import type { HostOutcome, HostsResult } from '../access/results.js';
import { awaitVote, guardPower } from '../steps/guard-power.js';
import { engineAddress } from '../steps/host-engine-work.js';
import { provisionHost } from './provision-hosts.js';
import { renewIfDue } from './renew-if-due.js';
import { rebootHost } from '../steps/reboot-host.js';
import { hostEngine } from '../access/swarm-access.js';
import { unlockIfLocked } from '../steps/unlock-hosts.js';
import { driverContext } from '../access/driver-context.js';
import { refreshHostFiles } from '../steps/refresh-host-files.js';

const bootWaitMs = 4 * 60_000;

export interface PowerOptions {
  /** Also managers whose loss costs the swarm its quorum. */
  readonly force?: boolean;
  /** Only looks, and asks the guardian, what would be done. */
  readonly dryRun?: boolean;
}

/**
 * Starts hosts and waits until their engines answer; a manager that asks for its unlock key gets it. A running host is
 * left alone. Errors: HOST_UNKNOWN (exit 2); of a host MANAGER_LOCKED when its key is not in custody.
 */
export async function startHosts(
  context: OperationContext,
  names: readonly string[],
  { dryRun = false }: Pick<PowerOptions, 'dryRun'> = {},
): Promise<HostsResult> {
  const result = await power(context, names, 'start', (host) => start(host, dryRun));
  if (!dryRun) await refreshHostFiles(context);
  return result;
}

/** Shuts hosts down cleanly. A stopped host is left alone. Errors: HOST_UNKNOWN; QUORUM_AT_RISK (exit 3) unless forced. */
export async function stopHosts(
  context: OperationContext,
  names: readonly string[],
  { force = false, dryRun = false }: PowerOptions = {},
): Promise<HostsResult> {
  await guardPower(context, names, 'stop', force);
  return power(context, names, 'stop', (host) => stop(host, { force: false, dryRun }));
}

/** Cuts the power of hosts: what was not written is lost. Errors: as `stopHosts`. */
export async function killHosts(
  context: OperationContext,
  names: readonly string[],
  { force = false, dryRun = false }: PowerOptions = {},
): Promise<HostsResult> {
  await guardPower(context, names, 'stop', force);
  return power(context, names, 'kill', (host) => stop(host, { force: true, dryRun }));
}

/**
 * Stops and starts hosts, or reboots those whose driver has no power over them; managers of one swarm one after another, each once the one before votes again, the leader
 * last. Errors: as `stopHosts`.
 */
export async function restartHosts(
  context: OperationContext,
  names: readonly string[],
  { force = false, dryRun = false }: PowerOptions = {},
): Promise<HostsResult> {
  const { order, managers } = await guardPower(context, names, 'restart', force);
  let turn: Promise<unknown> = Promise.resolve();
  const result = await power(
    context,
    inOrder(names, order),
    'restart',
    (host) => restart(host, dryRun),
    (name, act) => {
      if (dryRun || !managers.has(name)) return act();
      const mine = turn.then(act, act).then(async (status) => {
        await awaitVote(context, await context.store.require(name));
        return status;
      });
      turn = mine;
      return mine;
    },
  );
  if (!dryRun) await refreshHostFiles(context);
  return { hosts: result.hosts.toSorted((a, b) => names.indexOf(a.name) - names.indexOf(b.name)) };
}

type Work = () => Promise<HostOutcome['status']>;

function inOrder(names: readonly string[], order: readonly string[]): readonly string[] {
  return [...names].sort((a, b) => order.indexOf(a) - order.indexOf(b));
}

interface PoweredHost {
  readonly context: OperationContext;
  readonly record: MachineRecord;
  readonly driver: Driver;
  readonly driverContext: DriverContext;
  readonly detail: (message: string) => void;
}

async function power(
  context: OperationContext,
  names: readonly string[],
  title: string,
  act: (host: PoweredHost) => Promise<HostOutcome['status']>,
  schedule: (name: string, work: Work) => ReturnType<Work> = (_, work) => work(),
): Promise<HostsResult> {
  const records = new Map<string, MachineRecord>();
  for (const name of names) records.set(name, await context.store.require(name));
  const hosts = await eachHost(context, [...records.keys()], title, (name, detail) =>
    schedule(name, async () => {
      const record = await context.store.require(name);
      const driver = await context.drivers.get(record.driver);
      const options = record.options as DriverContext['options'];
      return act({
        context,
        record,
        driver,
        driverContext: driverContext(context, driver, options, { log: detail }),
        detail,
      });
    }),
  );
  return { hosts };
}

async function stateOf({ driver, driverContext: context, record }: PoweredHost): Promise<string> {
  const [status] = await driver.inspect(context, [record.driverState ?? undefined]);
  if (status === undefined || status.state === 'absent')
    throw new SwarmupError(
      'HOST_ABSENT',
      `${record.name} is gone${status?.detail === undefined ? '' : `: ${status.detail}`}`,
      {
        host: record.name,
        hints: [
          `${createCommand(record.swarm, [record.name])} makes it again`,
          `swarmup rm --yes ${record.name} forgets it`,
        ],
      },
    );
  return status.state;
}

function requirePower({ driver, record: { name } }: PoweredHost, verb: string): void {
  if (driver.capabilities.power) return;
  throw new SwarmupError('NO_POWER', `the driver ${driver.name} cannot ${verb} ${name}`, {
    host: name,
    hints: [
      verb === 'start' ? `switch it on; then: swarmup start ${name}` : `swarmup restart ${name} reboots it`,
      ...(verb === 'start' ? [] : [`swarmup ssh ${name} -- sudo poweroff switches it off`]),
    ],
  });
}

async function stop(host: PoweredHost, { force, dryRun }: Required<PowerOptions>): Promise<HostOutcome['status']> {
  requirePower(host, force ? 'kill' : 'stop');
  if ((await stateOf(host)) === 'stopped') return 'unchanged';
  if (dryRun) return force ? 'would-kill' : 'would-stop';
  await host.context.disconnect(host.record.name);
  await host.driver.stop(host.driverContext, host.record.driverState, { force });
  return force ? 'killed' : 'stopped';
}

async function restart(host: PoweredHost, dryRun: boolean): Promise<HostOutcome['status']> {
  const { context, record, driver, detail } = host;
  if (dryRun) {
    await stateOf(host);
    return 'would-restart';
  }
  if (driver.capabilities.power) {
    await stop(host, { force: false, dryRun });
    await start(host, dryRun);
  } else {
    await rebootHost(context, record, detail);
    await attend(host);
  }
  return 'restarted';
}

async function start(host: PoweredHost, dryRun: boolean): Promise<HostOutcome['status']> {
  const { context, record } = host;
  const wasRunning = (await stateOf(host)) === 'running';
  if (!wasRunning) requirePower(host, 'start');
  if (dryRun) return wasRunning ? 'unchanged' : 'would-start';
  if (!wasRunning) {
    const save = saveState(context, record.name);
    const description = await host.driver.start({ ...host.driverContext, save }, record.driverState);
    await context.store.update(record.name, (r) => ({
      ...r,
      endpoint: r.endpoint === null ? null : movedEndpoint(r.endpoint, description.ssh),
    }));
    await attend(host, description);
  } else await attend(host);
  return wasRunning ? 'unchanged' : 'started';
}

/** What a host needs once it has power; `description`: where it is now, as its driver told when it started it. */
async function attend(host: PoweredHost, description?: HostDescription): Promise<void> {
  const { context, record } = host;
  await engineAnswers(host);
  await followAddress(host, description);
  await unlockIfLocked(context, await context.store.require(record.name), host.detail);
}

/** An engine at another address than before needs a certificate for it; else it gets a new one when that is due. */
async function followAddress(
  { context, record: { name }, detail }: PoweredHost,
  description: HostDescription | undefined,
): Promise<void> {
  const record = await context.store.require(name);
  const { engine } = record;
  if (engine === null || description === undefined || engineAddress(record, description)?.url === engine.url)
    return renewIfDue(context, record, detail);
  detail('its address has changed: a certificate for the new one');
  await provisionHost(context, record, detail);
}

async function engineAnswers({ context, record, detail }: PoweredHost): Promise<void> {
  const current = await context.store.require(record.name);
  if (current.engine === null && current.phase !== 'ready') return;
  detail('wait for ssh');
  await context.connect(current, { waitMs: bootWaitMs });
  detail('wait for Docker Engine');
  await waitFor(
    {
      timeoutMs: 60_000,
      what: `the engine of ${record.name} to answer`,
      host: record.name,
      signal: context.signal,
      hints: [`swarmup ssh ${record.name} -- journalctl -u docker -n 50`],
    },
    (signal) => hostEngine(context, current).apiVersion(signal),
  );
}
