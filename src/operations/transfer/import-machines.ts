import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ErrorJson } from '../../lib/errors.js';
import { errorJson } from '../../lib/error-json.js';
import { usageError } from '../../lib/errors.js';
import type { SshAddress, SshLogin } from '../../lib/ssh-login.js';
import { type OldMachine, readDockerMachineStore } from '../../machine/docker-machine-store.js';
import type { Endpoint, MachineRecord } from '../../machine/machine-record.js';
import { isName, proposeName } from '../../machine/names.js';
import type { HostKeyTrust } from '../../ssh/log-in.js';
import type { OperationContext } from '../context.js';
import { eachHost } from '../each-host.js';
import { keyFiles } from '../create/host-keys.js';

export interface ImportMachinesRequest {
  /** Folder of the docker-machine store. */
  readonly from: string;
  readonly dryRun: boolean;
  readonly trust: HostKeyTrust;
}

/** One machine of the old store, and what became of it. */
export interface ImportedMachine {
  /** As swarmup calls it. */
  readonly name: string;
  /** As docker-machine called it, where swarmup allows no such name. */
  readonly formerName?: string;
  /** Its driver there; null where the record cannot be read. */
  readonly formerDriver: string | null;
  /** Its driver from now on; null where it was not imported. */
  readonly driver: string | null;
  /** `user@address:port` of ssh. */
  readonly ssh: string | null;
  readonly status: 'would-import' | 'imported' | 'failed';
  readonly error?: ErrorJson;
}

export interface ImportMachinesResult {
  readonly from: string;
  readonly dryRun: boolean;
  readonly machines: readonly ImportedMachine[];
}

/** Driver of machines whose own driver is not here: they are reached by ssh, and keep running as they are. */
const byAddress = 'generic';

/**
 * Adopts the machines of a docker-machine store: their keys and certificates are copied, the store is only read. On
 * the machines nothing changes: swarmup logs in once to pin the host key. Their certificates go on to work until
 * `create`, `provision` or `regenerate-certs` gives them one of swarmup's own authority. One that cannot be adopted
 * is told, and the others are. Errors: STORE_NOT_FOUND (exit 2).
 */
export async function importMachines(
  context: OperationContext,
  request: ImportMachinesRequest,
): Promise<ImportMachinesResult> {
  const { machines, unusable } = await readDockerMachineStore(request.from);
  const drivers = await context.drivers.found();
  const planned = machines.map((machine) => plan(machine, drivers));
  const failed = unusable.map(({ name, driver, error }) => failure(name, driver, error));
  const done = request.dryRun ? await look(context, planned) : await adopt(context, request, planned);
  const all = [...done, ...failed].sort((a, b) => (a.name < b.name ? -1 : 1));
  return { from: request.from, dryRun: request.dryRun, machines: all };
}

const failure = (name: string, driver: string | undefined, error: unknown): ImportedMachine => ({
  name,
  formerDriver: driver ?? null,
  driver: null,
  ssh: null,
  status: 'failed',
  error: errorJson(error),
});

interface Planned {
  readonly machine: OldMachine;
  readonly row: Omit<ImportedMachine, 'status'>;
}

function plan(machine: OldMachine, drivers: readonly string[]): Planned {
  const { name: old, driver: formerDriver, ssh } = machine;
  const name = isName(old) ? old : (proposeName(old) ?? old);
  const row = {
    name,
    ...(name !== old && { formerName: old }),
    formerDriver,
    driver: drivers.includes(formerDriver) ? formerDriver : byAddress,
    ssh: `${ssh.user}@${ssh.host}:${String(ssh.port)}`,
  };
  return { machine, row };
}

async function look(context: OperationContext, planned: readonly Planned[]): Promise<readonly ImportedMachine[]> {
  const names = new Set<string>();
  return Promise.all(
    planned.map(async ({ row }): Promise<ImportedMachine> => {
      const isTaken = names.has(row.name) || (await context.store.read(row.name)) !== undefined;
      names.add(row.name);
      if (!isTaken) return { ...row, status: 'would-import' };
      return { ...row, status: 'failed', error: errorJson(taken(row.name)) };
    }),
  );
}

async function adopt(
  context: OperationContext,
  request: ImportMachinesRequest,
  planned: readonly Planned[],
): Promise<readonly ImportedMachine[]> {
  // Of two names that would be the same here the first one wins.
  const byName = new Map([...planned].reverse().map((one) => [one.row.name, one]));
  const doubles = planned.filter((one) => byName.get(one.row.name) !== one);
  const outcomes = await eachHost(context, [...byName.keys()], 'import', async (name, detail) => {
    const one = byName.get(name);
    if (one !== undefined) await adoptOne(context, request, one, detail);
    return 'imported';
  });
  const rows = outcomes.map(({ name, error }): ImportedMachine => {
    const row = byName.get(name)?.row ?? { name, formerDriver: null, driver: null, ssh: null };
    return error === undefined ? { ...row, status: 'imported' } : { ...row, status: 'failed', error };
  });
  return [
    ...rows,
    ...doubles.map(({ row }): ImportedMachine => ({ ...row, status: 'failed', error: errorJson(taken(row.name)) })),
  ];
}

/** The record is written last: what fails before leaves nothing that counts as a host. */
async function adoptOne(
  context: OperationContext,
  request: ImportMachinesRequest,
  { machine, row: { name, driver } }: Planned,
  detail: (message: string) => void,
): Promise<void> {
  if ((await context.store.read(name)) !== undefined) throw taken(name);
  detail(`log in to ${machine.ssh.host} to pin its host key`);
  const { endpoint } = await context.enroll(name, loginOf(machine), { signal: context.signal, trust: request.trust });
  await context.disconnect(name);
  const key = machine.keyPath === undefined ? undefined : await readFile(machine.keyPath, 'utf8');
  const record = newRecord(context, { machine, key, name, driver: driver ?? byAddress, enrolled: endpoint });
  detail('copy its key and certificates');
  try {
    await copyFiles(context, machine, key, record);
    await context.store.add(record);
  } catch (error) {
    await context.store.remove(name);
    throw error;
  }
}

const certificates = 'certs';

async function copyFiles(
  { store }: OperationContext,
  machine: OldMachine,
  key: string | undefined,
  record: MachineRecord,
): Promise<void> {
  if (key !== undefined) await store.writeSecret(record.name, keyFiles.user, key);
  for (const [file, content] of machine.certificates ?? [])
    await store.writeSecret(record.name, join(certificates, file), content);
  if (record.driver === byAddress) return;
  // The plugin goes on with its own record, and looks for its key below it.
  await store.writeSecret(record.name, 'driver/config.json', JSON.stringify(machine.driverConfig));
  const keyFile = join('driver', 'machines', machine.name, basename(machine.keyPath ?? 'id_rsa'));
  if (key !== undefined) await store.writeSecret(record.name, keyFile, key);
}

function loginOf({ ssh, keyPath }: OldMachine): SshAddress {
  const login: SshLogin = {
    identityFiles: keyPath === undefined ? [] : [keyPath],
    ...(keyPath === undefined && { agent: 'SSH_AUTH_SOCK' }),
    jumps: [],
    policy: { knownHosts: [], unknown: 'ask' },
  };
  return { ...ssh, login };
}

interface Adopted {
  readonly machine: OldMachine;
  readonly key: string | undefined;
  readonly name: string;
  readonly driver: string;
  readonly enrolled: Endpoint;
}

function newRecord(context: OperationContext, { machine, key, name, driver, enrolled }: Adopted): MachineRecord {
  const { login = noLogin, ...pinned } = enrolled;
  const { ssh, engine } = machine;
  const ownKey = join(context.store.home, 'machines', name, keyFiles.user);
  const asLogin = { ...login, ...(key !== undefined && { identityFiles: [ownKey] }) };
  // With its key in the store it is as if swarmup had made it; a passphrase is asked for as the login says.
  const endpoint = key !== undefined && !isEncrypted(key) ? pinned : { ...pinned, login: asLogin };
  const isGeneric = driver === byAddress;
  return {
    schemaVersion: 1,
    id: randomUUID(),
    name,
    driver,
    swarm: null,
    role: null,
    phase: 'ready',
    options: isGeneric
      ? { 'ip-address': ssh.host, 'ssh-user': ssh.user, 'ssh-port': ssh.port, 'engine-port': engine.port }
      : {},
    engineSettings: { tls: true, tlsSans: machine.tlsSans },
    driverState: isGeneric ? { ssh: { ...ssh, login: asLogin }, enginePort: engine.port } : { name, made: true },
    endpoint,
    engine:
      machine.certificates === undefined
        ? null
        : { url: `tcp://${engine.host}:${String(engine.port)}`, certPath: join('machines', name, certificates) },
    advertiseAddr: null,
    nodeId: null,
    createdAt: context.now().toISOString(),
  };
}

const noLogin: SshLogin = { identityFiles: [], jumps: [], policy: { knownHosts: [], unknown: 'ask' } };

/** PEM says it in words; OpenSSH's own format names the cipher in its first bytes (PROTOCOL.key). */
function isEncrypted(key: string): boolean {
  if (!key.includes('OPENSSH PRIVATE KEY')) return key.includes('ENCRYPTED');
  const body = Buffer.from(key.replace(/-----[^-]+-----/g, ''), 'base64');
  return !body.subarray(0, 32).includes('none');
}

function taken(name: string): Error {
  return usageError('HOST_EXISTS', `there is a host ${name} already`, `swarmup rm ${name} first, or leave it as it is`);
}
