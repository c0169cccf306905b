import { join } from 'node:path';
import { codeOf, messageOf, SwarmupError } from '../../lib/errors.js';
import { swarmup } from '../../lib/typed-command.js';
import type { HostState, HostStatus } from '../../drivers/driver.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { OperationContext } from '../access/context.js';
import { createCommand } from '../access/create-command.js';
import { hostStatuses } from './host-statuses.js';
import { engineInUse } from '../access/engine-of.js';

/**
 * One value per host, in the order in which the names were given.
 * @public The declarations that tsc writes for light commands name it.
 */
export interface HostValues<Value> {
  readonly hosts: readonly ({ readonly name: string } & Value)[];
}

/** The addresses that reach hosts. Errors: HOST_UNKNOWN, HOST_NOT_READY. */
export async function hostAddresses(
  context: Pick<OperationContext, 'store'>,
  names: readonly string[],
): Promise<HostValues<{ readonly ip: string }>> {
  return { hosts: (await recordsOf(context, names)).map((record) => ({ name: record.name, ip: addressOf(record) })) };
}

/** The URLs of the hosts' engines. Errors: HOST_UNKNOWN, HOST_NOT_READY, HOST_REMOVING, NO_TLS. */
export async function hostUrls(
  context: Pick<OperationContext, 'store'>,
  names: readonly string[],
): Promise<HostValues<{ readonly url: string }>> {
  return {
    hosts: (await recordsOf(context, names)).map((record) => ({ name: record.name, url: engineInUse(record).url })),
  };
}

/**
 * The states that the drivers report for hosts; `error` where the engine of another host answers at the address of a
 * running one. Errors: HOST_UNKNOWN; the error of a driver that cannot report.
 */
export async function hostStates(
  context: OperationContext,
  names: readonly string[],
  options: { readonly timeoutMs: number },
): Promise<HostValues<{ readonly state: HostState; readonly detail?: string }>> {
  const records = await recordsOf(context, names);
  const statuses = await hostStatuses(context, records, options);
  const running = records.filter(({ name }) => orThrow(statuses.get(name)).state === 'running');
  const mistaken = await mistakenEngines(context, running, options);
  const hosts = records.map(({ name }) => {
    const { state, detail } = orThrow(statuses.get(name));
    const mistake = mistaken.get(name);
    if (mistake !== undefined) return { name, state: 'error' as const, detail: mistake };
    return { name, state, ...(detail !== undefined && { detail }) };
  });
  return { hosts };
}

/** An engine that answers late says nothing about the state of its host. */
const engineAnswersMs = 1000;

/** What is wrong with hosts at whose address another host answers, by name. */
async function mistakenEngines(
  context: OperationContext,
  records: readonly MachineRecord[],
  options: { readonly timeoutMs: number },
): Promise<ReadonlyMap<string, string>> {
  const served = records.filter(({ engine }) => engine !== null);
  if (served.length === 0) return new Map();
  const { confirmEngine } = await import('../access/engine-over-tls.js');
  const timeoutMs = Math.min(options.timeoutMs, engineAnswersMs);
  const found = served.map(async (record) => {
    try {
      await confirmEngine(context, record, { timeoutMs });
    } catch (error) {
      context.signal.throwIfAborted();
      if (codeOf(error) === 'ENGINE_OTHER_HOST') return [[record.name, messageOf(error)] as const];
    }
    return [];
  });
  return new Map((await Promise.all(found)).flat());
}

export interface InspectResult {
  readonly record: MachineRecord;
  /** Of its keys and certificates; absolute path. */
  readonly folder: string;
  readonly status: HostStatus;
}

/** Everything that swarmup knows about a host. Errors: HOST_UNKNOWN; the error of a driver that cannot look. */
export async function inspectHost(
  context: OperationContext,
  name: string,
  options: { readonly timeoutMs: number },
): Promise<InspectResult> {
  const record = await context.store.require(name);
  const statuses = await hostStatuses(context, [record], options);
  const folder = join(context.store.home, context.store.hostFolder(record.name));
  return { record, folder, status: orThrow(statuses.get(record.name)) };
}

/** The host that DOCKER_HOST points to. Errors: NO_ACTIVE_HOST. */
export async function activeHost(context: Pick<OperationContext, 'store' | 'env'>): Promise<{ readonly name: string }> {
  const { machines } = await context.store.list();
  const active = machines.find((record) => isActive(record, context.env));
  if (active !== undefined) return { name: active.name };
  const url = context.env['DOCKER_HOST'];
  const why =
    url === undefined || url === ''
      ? 'DOCKER_HOST is not set'
      : `DOCKER_HOST is ${url}, which does not belong to a host on record`;
  throw new SwarmupError('NO_ACTIVE_HOST', `no host is active: ${why}`, {
    hints: [`eval "$(${swarmup`env NAME`})" makes a host the active one`, `${swarmup`ls`} shows the hosts`],
  });
}

/** Whether the caller's docker client would talk to this host. */
export function isActive(record: MachineRecord, env: OperationContext['env']): boolean {
  return record.engine !== null && record.engine.url === env['DOCKER_HOST'];
}

async function recordsOf(context: Pick<OperationContext, 'store'>, names: readonly string[]): Promise<MachineRecord[]> {
  return Promise.all(names.map((name) => context.store.require(name)));
}

/** Where ssh goes by a port of this computer, the host's own address is elsewhere. */
function addressOf({ endpoint, engine, advertiseAddr, ...record }: MachineRecord): string {
  if (endpoint !== null) {
    if (endpoint.host !== '127.0.0.1') return endpoint.host;
    const served = engine === null ? undefined : new URL(engine.url.replace(/^tcp:/, 'http:')).hostname;
    const own = served ?? advertiseAddr;
    if (own !== null) return own;
    // A host without TLS that is reached by a port of this computer has no other address that is known.
    if (record.phase === 'ready') return endpoint.host;
  }
  throw new SwarmupError(
    'HOST_NOT_READY',
    `${record.name} has no address yet: the creation of the host was not finished`,
    {
      host: record.name,
      hints: [`${createCommand(record.swarm, [record.name])} resumes it`],
    },
  );
}

function orThrow(status: HostStatus | Error | undefined): HostStatus {
  if (status instanceof Error || status === undefined) throw status ?? new Error('a host without a status');
  return status;
}
