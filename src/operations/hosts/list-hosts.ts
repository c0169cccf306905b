import { withDeadline } from '../../lib/abort.js';
import type { EngineClient } from '../../lib/engine-client.js';
import { codeOf, messageOf } from '../../lib/errors.js';
import { naturalOrder } from '../../lib/natural-order.js';
import { swarmup } from '../../lib/typed-command.js';
import type { HostStatus } from '../../drivers/driver.js';
import type { BrokenRecord, MachineRecord } from '../../machine/machine-record.js';
import { placeOfHost } from '../../machine/names.js';
import type { OperationContext } from '../access/context.js';
import { createCommand } from '../access/create-command.js';
import type { SeenCertificates } from '../access/engine-over-tls.js';
import { isActive } from './host-queries.js';
import { hostStatuses } from './host-statuses.js';
import type { HostRow } from '../access/results.js';

export interface ListRequest {
  /** The longest time that a host or a driver may take to answer; an answer that is late is left out. */
  readonly timeoutMs: number;
  /** False: only the data in the store; no host is contacted. */
  readonly probe: boolean;
  /** Which rows are wanted. Asked before the hosts are, with what the store knows, and again with the whole row. */
  readonly filter: (row: HostRow, known: 'store' | 'all') => boolean;
}

export interface ListResult {
  readonly hosts: readonly HostRow[];
}

/**
 * All hosts, by swarm and name. Drivers and engines are asked at the same time, so the slowest answer, at most `timeoutMs`,
 * is all it takes. A record that cannot be read is a row with its reason.
 */
export async function listHosts(context: OperationContext, request: ListRequest): Promise<ListResult> {
  const { machines, broken } = await context.store.list();
  const wanted = machines.filter((record) => request.filter(storedRow(context, record), 'store'));
  const ends = new Map<string, SeenCertificates>();
  const [statuses, versions] = await probe(context, request.probe ? wanted : [], request.timeoutMs, ends);
  const rows = [
    ...wanted.map((record) =>
      withExpiry(
        hostRow(
          storedRow(context, record),
          statuses.get(record.name),
          versions.get(record.name),
          othersAt(record, machines),
        ),
        ends.get(record.name),
        context.now(),
      ),
    ),
    ...broken.map((record) => brokenRow(context, record)),
  ];
  const hosts = rows
    .filter((row) => request.filter(row, request.probe ? 'all' : 'store'))
    .sort(bySwarm(context.store.scope));
  return { hosts };
}

/** The hosts of the scope first, then those of each other swarm, by name. */
const bySwarm =
  (scope: string) =>
  (a: HostRow, b: HostRow): number => {
    const [one, other] = [a, b].map(({ fullName }) => placeOfHost(fullName, scope)?.swarm ?? '') as [string, string];
    return Number(one !== scope) - Number(other !== scope) || naturalOrder(one, other) || naturalOrder(a.name, b.name);
  };

type Statuses = ReadonlyMap<string, HostStatus | Error>;
type Versions = ReadonlyMap<string, string | Error>;

/** A host that its driver knows to be off is not waited for: connecting to it could take the whole time limit. */
async function probe(
  context: OperationContext,
  records: readonly MachineRecord[],
  timeoutMs: number,
  ends: Map<string, SeenCertificates>,
): Promise<readonly [Statuses, Versions]> {
  if (records.length === 0) return [new Map(), new Map()];
  const { enginesOverTls } = await import('../access/engine-over-tls.js');
  const statuses = hostStatuses(context, records, { timeoutMs });
  const served = records.filter((record) => record.engine !== null);
  const engineOf = enginesOverTls(context.store, (host, certificates) => ends.set(host, certificates));
  const versions = served.map(async (record) => {
    const off = new AbortController();
    const known = statuses.then((all) => {
      const status = all.get(record.name);
      if (status !== undefined && 'state' in status && status.state !== 'running')
        off.abort(new Error('the host is not running'));
    });
    const signal = AbortSignal.any([context.signal, off.signal]);
    const version = engineVersion(context, record, () => engineOf(record), { timeoutMs, signal });
    return [record.name, (await Promise.all([version, known]))[0]] as const;
  });
  return Promise.all([statuses, Promise.all(versions).then((all) => new Map(all))]);
}

/** API: Docker Engine API, `GET /version`. */
async function engineVersion(
  context: OperationContext,
  record: MachineRecord,
  open: () => EngineClient,
  options: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<string | Error> {
  try {
    const what = `the engine of ${record.name} to report its version`;
    const engine = open();
    const ask = (signal: AbortSignal): Promise<{ Version: string }> =>
      engine.request('GET', '/version', { signal, unversioned: true });
    return (await withDeadline({ ...options, what, host: record.name }, ask)).Version;
  } catch (error) {
    context.signal.throwIfAborted();
    return error instanceof Error ? error : new Error(messageOf(error));
  }
}

function storedRow(context: OperationContext, record: MachineRecord): HostRow {
  return {
    name: record.name,
    fullName: context.store.fullName(record.name),
    active: isActive(record, context.env),
    driver: record.driver,
    state: 'unknown',
    url: record.engine?.url ?? null,
    swarm: record.swarm,
    role: record.role,
    lab: record.lab?.manifest ?? null,
    labels: labelsOf(record),
    docker: null,
    certificateEnds: null,
    errors: unfinished(record),
  };
}

function labelsOf({ engineSettings: { daemon } }: MachineRecord): readonly string[] {
  const labels: unknown = daemon?.['labels'];
  return Array.isArray(labels) ? labels.filter((label) => typeof label === 'string') : [];
}

function unfinished(record: MachineRecord): readonly string[] {
  if (record.phase === 'creating') return [`not finished: ${createCommand(record.swarm, [record.name])} resumes`];
  return record.phase === 'removing' ? [`removal not finished: ${swarmup`rm ${record.name}`} finishes`] : [];
}

/** Other hosts that have the same address on record, which only one of them can have. */
const othersAt = ({ id, engine }: MachineRecord, machines: readonly MachineRecord[]): readonly string[] =>
  engine === null
    ? []
    : machines.filter((other) => other.id !== id && other.engine?.url === engine.url).map(({ name }) => name);

function hostRow(
  row: HostRow,
  status: HostStatus | Error | undefined,
  version: string | Error | undefined,
  others: readonly string[],
): HostRow {
  if (status === undefined) return row;
  const docker = typeof version === 'string' ? version : null;
  const silent = version instanceof Error ? [version] : [];
  // Another host's engine is an error in every state, and one that does not answer is one only of a host that runs.
  const mistaken = silent.filter((error) => codeOf(error) === 'ENGINE_OTHER_HOST').map(({ message }) => message);
  if (status instanceof Error) return { ...row, docker, errors: [...row.errors, status.message, ...mistaken] };
  const { state, detail } = status;
  if (state === 'running') return { ...row, state, docker, errors: [...row.errors, ...silent.map(messageOf)] };
  const shared = others.map((other) => `${other} has the same address on record: ${row.url}`);
  const details = detail === undefined ? [] : [detail];
  return { ...row, state, docker, errors: [...row.errors, ...details, ...(mistaken.length > 0 ? mistaken : shared)] };
}

/** A certificate that expires soon is reported; an expired one was already reported by the connection that failed. */
function withExpiry(row: HostRow, ends: SeenCertificates | undefined, now: Date): HostRow {
  if (ends === undefined) return row;
  const near = (end: Date): boolean => end > now && end.getTime() - now.getTime() < warnBeforeMs;
  const errors = [
    ...row.errors,
    ...(near(ends.serverEnds) ? [expiry('its', ends.serverEnds, swarmup`provision ${row.name}`)] : []),
    ...(near(ends.clientEnds)
      ? [expiry("your client's", ends.clientEnds, swarmup`regenerate-certs --client-certs`)]
      : []),
  ];
  return { ...row, errors, certificateEnds: ends.serverEnds.toISOString() };
}

const warnBeforeMs = 30 * 24 * 60 * 60_000;
const expiry = (whose: string, end: Date, remedy: string): string =>
  `${whose} certificate expires on ${end.toISOString().slice(0, 10)}: ${remedy} renews it`;

function brokenRow({ store }: OperationContext, { name, reason, isNewer }: BrokenRecord): HostRow {
  const remedy = `${swarmup`adopt ${name}`} takes the host over, ${swarmup`rm --force ${name}`} removes it`;
  return {
    name,
    fullName: store.fullName(name),
    active: false,
    driver: '',
    state: 'error',
    url: null,
    swarm: null,
    role: null,
    lab: null,
    labels: [],
    docker: null,
    certificateEnds: null,
    errors: isNewer === true ? [reason] : [reason, remedy],
  };
}
