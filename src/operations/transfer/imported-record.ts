import { join } from 'node:path';
import type { Driver } from '../../drivers/driver.js';
import { type ErrorJson, type SwarmupError, usageError } from '../../lib/errors.js';
import type { SshLogin } from '../../lib/ssh-login.js';
import { swarmup } from '../../lib/typed-command.js';
import type { OldMachine } from '../../machine/docker-machine-store.js';
import type { Endpoint, MachineRecord } from '../../machine/machine-record.js';
import { keyFiles } from '../access/host-keys.js';
import type { OperationContext } from '../access/context.js';

/** Driver of machines whose own driver is not here: they are reached by ssh, and keep running as they are. */
export function driverByAddress({ drivers }: OperationContext): string {
  const driver = drivers.declarations.find(({ addressOptions }) => addressOptions !== undefined);
  if (driver === undefined) throw new Error('no driver accepts hosts by their address');
  return driver.name;
}

/** Folder of the certificates of an imported host, in its own. */
export const certificates = 'certs';

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

/** A machine that is to be imported. */
export interface Planned {
  readonly machine: OldMachine;
  /** Of its record. */
  readonly id: string;
  readonly row: Omit<ImportedMachine, 'status'>;
  /** The machine as a driver of swarmup that takes it over. */
  readonly taken: TakenOver | undefined;
}

export type TakenOver = NonNullable<Awaited<ReturnType<NonNullable<Driver['takeOver']>>>>;

interface Adopted {
  readonly key: string | undefined;
  readonly enrolled: Endpoint;
}

/** The record of a machine that was logged in to. */
export async function importedRecord(
  context: OperationContext,
  planned: Planned,
  { key, enrolled }: Adopted,
): Promise<MachineRecord> {
  const { machine, id, row } = planned;
  const { name } = row;
  const { login = noLogin, ...pinned } = enrolled;
  const { engine } = machine;
  const ownKey = join(context.store.home, context.store.hostFolder(name), keyFiles.user);
  const asLogin = { ...login, ...(key !== undefined && { identityFiles: [ownKey] }) };
  // With its key in the store it is as if swarmup had made it; a passphrase is asked for as the login says.
  const endpoint = key !== undefined && !isEncrypted(key) ? pinned : { ...pinned, login: asLogin };
  const { options, state } = await known(context, planned, asLogin);
  return {
    schemaVersion: 1,
    id,
    name,
    driver: row.driver ?? driverByAddress(context),
    swarm: null,
    role: null,
    phase: 'ready',
    options,
    engineSettings: { tls: true, tlsSans: machine.tlsSans },
    driverState: state,
    endpoint,
    engine:
      machine.certificates === undefined
        ? null
        : { url: `tcp://${engine.host}:${engine.port}`, certPath: join(context.store.hostFolder(name), certificates) },
    advertiseAddr: null,
    nodeId: null,
    createdAt: context.now().toISOString(),
  };
}

/** The driver's data about the machine. */
async function known(
  { drivers }: OperationContext,
  { machine: { ssh, engine }, row: { name, driver }, taken }: Planned,
  login: SshLogin,
): Promise<Pick<TakenOver, 'options' | 'state'>> {
  if (taken !== undefined) return taken;
  const own = await drivers.get(driver ?? '');
  return own.adopt?.({ ...ssh, login }, engine.port) ?? { options: {}, state: { name, made: true } };
}

const noLogin: SshLogin = { identityFiles: [], jumps: [], policy: { knownHosts: [], unknown: 'ask' } };

/** PEM says it in words; OpenSSH's own format names the cipher in its first bytes (PROTOCOL.key). */
function isEncrypted(key: string): boolean {
  if (!key.includes('OPENSSH PRIVATE KEY')) return key.includes('ENCRYPTED');
  const body = Buffer.from(key.replace(/-----[^-]+-----/g, ''), 'base64');
  return !body.subarray(0, 32).includes('none');
}

/** Errors: HOST_EXISTS (exit 2). */
export async function requireFree({ store }: OperationContext, name: string): Promise<void> {
  if ((await store.read(name)) !== undefined) throw nameTaken(name);
}

export const nameTaken = (name: string): SwarmupError =>
  usageError(
    'HOST_EXISTS',
    `a host named ${name} exists already`,
    `${swarmup`rm ${name}`} first, or leave it as it is`,
  );
