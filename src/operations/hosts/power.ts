import type { HostDescription } from '../../drivers/driver.js';
import { SwarmupError } from '../../lib/errors.js';
import { waitFor } from '../../lib/abort.js';
import { swarmup } from '../../lib/typed-command.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { Plan } from '../../plan/plan.js';
import type { StepChange, StepContext } from '../../plan/step.js';
import { carryOut, type Change } from '../access/carry-out.js';
import type { OperationContext } from '../access/context.js';
import { createCommand } from '../access/create-command.js';
import { HostSession } from '../access/host-session.js';
import { hostOutcomes, hostSteps } from '../access/host-steps.js';
import { movedEndpoint } from '../access/endpoint.js';
import type { HostOutcome, HostsResult } from '../access/results.js';
import { underSignal } from '../access/under-signal.js';
import { awaitVote, guardPower } from '../steps/guard-power.js';
import { engineAddress } from '../steps/host-engine-work.js';
import { provisionHost } from './provision-hosts.js';
import { renewIfDue } from './renew-if-due.js';
import { rebootHost } from '../steps/reboot-host.js';
import { hostEngine } from '../access/swarm-access.js';
import { startWarnings } from '../steps/check-start.js';
import { watchingHost } from '../steps/watch-host.js';
import { unlockIfLocked } from '../steps/unlock-hosts.js';
import { refreshHostFiles } from '../steps/refresh-host-files.js';

const bootWaitMs = 4 * 60_000;

export interface PowerOptions {
  /** Also managers whose loss costs the swarm its quorum. */
  readonly force?: boolean;
  /** Only looks, and asks the guardian, what would be done. */
  readonly dryRun?: boolean;
  /** The caller holds the locks of the hosts already. */
  readonly locked?: boolean;
}

/** What power does to a host: a look for a dry run, and the act. */
interface PowerVerb {
  readonly title: string;
  readonly done: HostOutcome['status'];
  readonly planned: HostOutcome['status'];
  readonly look: (host: PoweredHost) => Promise<StepChange>;
  readonly act: (host: PoweredHost) => Promise<StepChange>;
  /** What the guardian is asked. */
  readonly guard?: 'stop' | 'restart';
  /** Addresses may be others afterwards. */
  readonly moves?: boolean;
  /** How long to wait for another command that changes these hosts. Default: that of `carryOut`. */
  readonly lockTimeoutMs?: number;
}

const starting: PowerVerb = {
  title: 'start',
  done: 'started',
  planned: 'would-start',
  look: async (host) => ((await needsStart(host)) ? 'changed' : 'unchanged'),
  act: start,
  moves: true,
};

const ending = (title: 'stop' | 'kill'): PowerVerb => ({
  title,
  done: title === 'kill' ? 'killed' : 'stopped',
  planned: title === 'kill' ? 'would-kill' : 'would-stop',
  look: async (host) => ((await needsStop(host, title)) ? 'changed' : 'unchanged'),
  act: (host) => stop(host, title),
  guard: 'stop',
  // Who cuts the power wants it now: it is better to say soon who changes the hosts than to wait for them.
  lockTimeoutMs: title === 'kill' ? 10_000 : 60_000,
});

const restarting: PowerVerb = {
  title: 'restart',
  done: 'restarted',
  planned: 'would-restart',
  look: async (host) => {
    await stateOf(host);
    return 'changed';
  },
  act: restart,
  guard: 'restart',
  moves: true,
};

/**
 * Starts hosts and waits until their engines answer; a manager that asks for its unlock key gets it. A running host is
 * left alone. Errors: HOST_UNKNOWN (exit 2); LOCKED (exit 5) if another command changes the hosts for longer than
 * 10 min; of a host MANAGER_LOCKED when its key is not in custody.
 */
export const startHosts = (
  context: OperationContext,
  names: readonly string[],
  options: Pick<PowerOptions, 'dryRun' | 'locked'> = {},
): Promise<HostsResult> => power(context, names, starting, options);

/**
 * Shuts hosts down cleanly. A stopped host is left alone. Errors: HOST_UNKNOWN; QUORUM_AT_RISK (exit 3) unless forced;
 * LOCKED (exit 5) after 60 s.
 */
export const stopHosts = (
  context: OperationContext,
  names: readonly string[],
  options: PowerOptions = {},
): Promise<HostsResult> => power(context, names, ending('stop'), options);

/** Cuts the power of hosts: unsaved data is lost. Errors: as `stopHosts`, but LOCKED after 10 s. */
export const killHosts = (
  context: OperationContext,
  names: readonly string[],
  options: PowerOptions = {},
): Promise<HostsResult> => power(context, names, ending('kill'), options);

/**
 * Stops and starts hosts, or reboots those whose driver cannot switch them. Managers of a swarm restart one after
 * another, each when the previous one votes again, the leader last. Errors: as `stopHosts`, but LOCKED after 10 min.
 */
export const restartHosts = (
  context: OperationContext,
  names: readonly string[],
  options: PowerOptions = {},
): Promise<HostsResult> => power(context, names, restarting, options);

async function power(
  context: OperationContext,
  names: readonly string[],
  verb: PowerVerb,
  options: PowerOptions,
): Promise<HostsResult> {
  const asked = [...new Set(names)];
  const { lockTimeoutMs } = verb;
  const change: Change<HostsResult> = {
    locks: await known(context, asked),
    ...(lockTimeoutMs !== undefined && { lockTimeoutMs }),
    plan: () => planPower(context, asked, verb, options),
  };
  return carryOut(context, change, options);
}

/** Errors: HOST_UNKNOWN. */
async function known(context: OperationContext, names: readonly string[]): Promise<readonly MachineRecord[]> {
  const records: MachineRecord[] = [];
  for (const name of names) records.push(await context.store.require(name));
  return records;
}

async function planPower(
  context: OperationContext,
  names: readonly string[],
  verb: PowerVerb,
  { force = false, dryRun = false }: PowerOptions,
): Promise<Plan<HostsResult>> {
  // Again, because another command may have removed them while this one waited for the locks.
  const records = await known(context, names);
  if (verb === starting)
    for (const message of await startWarnings(context, records)) context.report({ type: 'warning', message });
  const guarded = verb.guard === undefined ? undefined : await guardPower(context, names, verb.guard, force);
  const { order, managers } = guarded ?? { order: [], managers: new Set<string>() };
  const takesTurns = (name: string): boolean => verb.guard === 'restart' && managers.has(name);
  const steps = hostSteps(
    names.toSorted((a, b) => order.indexOf(a) - order.indexOf(b)),
    {
      ...verb,
      exclusive: (name) => (takesTurns(name) ? 'managers' : undefined),
      look: async (name, step) => verb.look(await poweredHost(context, name, step)),
      act: async (name, step) => {
        const host = await poweredHost(context, name, step);
        const change = await verb.act(host);
        if (takesTurns(name)) await awaitVote(host.context, await host.session.reload());
        return change;
      },
    },
  );
  return {
    steps,
    ...(verb.moves === true && { finish: () => refreshHostFiles(context) }),
    result: (outcome) => {
      const hosts = hostOutcomes(steps, outcome, { dryRun });
      return { hosts: hosts.toSorted((a, b) => names.indexOf(a.name) - names.indexOf(b.name)) };
    },
  };
}

/** A host that a step gives power to, or takes it from. */
interface PoweredHost {
  readonly session: HostSession;
  readonly step: StepContext;
  /** Under the signal of the step. */
  readonly context: OperationContext;
}

async function poweredHost(context: OperationContext, name: string, step: StepContext): Promise<PoweredHost> {
  const own = underSignal(context, step.signal);
  return { session: await HostSession.open(own, name), step, context: own };
}

async function stateOf({ session, step }: PoweredHost): Promise<string> {
  const { record, driver } = session;
  const [status] = await driver.inspect(session.driverContext(step), [record.driverState ?? undefined]);
  if (status === undefined || status.state === 'absent')
    throw new SwarmupError(
      'HOST_ABSENT',
      `${record.name} is gone${status?.detail === undefined ? '' : `: ${status.detail}`}`,
      {
        host: record.name,
        hints: [
          `${createCommand(record.swarm, [record.name])} makes it again`,
          `${swarmup`rm --yes ${record.name}`} forgets it`,
        ],
      },
    );
  return status.state;
}

function requirePower({ session: { driver, name } }: PoweredHost, verb: string): void {
  if (driver.capabilities.power) return;
  throw new SwarmupError('NO_POWER', `the driver ${driver.name} cannot ${verb} ${name}`, {
    host: name,
    hints: [
      verb === 'start'
        ? `switch the host on, then run: ${swarmup`start ${name}`}`
        : `${swarmup`restart ${name}`} reboots it`,
      ...(verb === 'start' ? [] : [`${swarmup`ssh ${name} -- sudo poweroff`} switches it off`]),
    ],
  });
}

async function needsStop(host: PoweredHost, title: 'stop' | 'kill'): Promise<boolean> {
  requirePower(host, title);
  return (await stateOf(host)) !== 'stopped';
}

async function stop(host: PoweredHost, title: 'stop' | 'kill'): Promise<StepChange> {
  if (!(await needsStop(host, title))) return 'unchanged';
  const { session, context, step } = host;
  await context.disconnect(session.name);
  await session.driver.stop(session.driverContext(step), session.record.driverState, { force: title === 'kill' });
  return 'changed';
}

async function restart(host: PoweredHost): Promise<StepChange> {
  const { session, context, step } = host;
  if (session.driver.capabilities.power) {
    await stop(host, 'stop');
    await start(host);
  } else {
    await rebootHost(context, session.record, step.detail);
    await attend(host, { justStarted: true });
  }
  return 'changed';
}

async function needsStart(host: PoweredHost): Promise<boolean> {
  if ((await stateOf(host)) === 'running') return false;
  requirePower(host, 'start');
  return true;
}

async function start(host: PoweredHost): Promise<StepChange> {
  if (!(await needsStart(host))) {
    await attend(host, { justStarted: false });
    return 'unchanged';
  }
  const { session, step } = host;
  const description = await session.driver.start(session.driverContext(step), session.record.driverState);
  await session.update((record) => ({
    ...record,
    endpoint: record.endpoint === null ? null : movedEndpoint(record.endpoint, description.ssh),
  }));
  await attend(host, { justStarted: true, description });
  return 'changed';
}

interface Attendance {
  readonly justStarted: boolean;
  /** Its address, as its driver reported it at the start. */
  readonly description?: HostDescription;
}

/** The work that a host needs when it has power. */
async function attend(host: PoweredHost, attendance: Attendance): Promise<void> {
  await engineAnswers(host);
  await followAddress(host, attendance);
  await unlockIfLocked(host.context, await host.session.reload(), host.step.detail);
}

/** An engine at another address than before needs a certificate for it; else it gets a new one when that is due. */
async function followAddress(
  { session, context, step: { detail } }: PoweredHost,
  { justStarted, description }: Attendance,
): Promise<void> {
  const record = await session.reload();
  const { engine } = record;
  if (engine === null || description === undefined || engineAddress(record, description)?.url === engine.url)
    return renewIfDue(context, record, detail, { justStarted });
  detail('making a certificate for the new address of the host');
  await provisionHost(context, record, detail);
}

async function engineAnswers({ session, context, step }: PoweredHost): Promise<void> {
  const current = await session.reload();
  if (current.engine === null && current.phase !== 'ready') return;
  const { name } = session;
  await watchingHost(session, step, async ({ signal, failed }) => {
    step.detail('wait for SSH');
    await session.connect({ signal, failed, waitMs: bootWaitMs });
    step.detail('wait for Docker Engine');
    await waitFor(
      {
        timeoutMs: 60_000,
        what: `the engine of ${name} to answer`,
        host: name,
        signal,
        hints: [swarmup`ssh ${name} -- journalctl -u docker -n 50`],
      },
      (asking) => hostEngine(context, current).apiVersion(asking),
    );
  });
}
