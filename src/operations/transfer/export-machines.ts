import { lstat, readdir, readFile } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { SwarmupError, usageError } from '../../lib/errors.js';
import { type SealKey, seal } from '../../lib/sealed-file.js';
import { writeFileAtomic } from '../../machine/atomic-file.js';
import type { MachineRecord, SwarmRecord } from '../../machine/machine-record.js';
import { ownName } from '../../machine/names.js';
import type { Store } from '../../machine/store.js';
import type { OperationContext } from '../access/context.js';
import { keyFiles } from '../access/host-keys.js';
import { bundleKind, type BundledMachine, type MachineBundle } from './machine-bundle.js';

interface ExportRequest {
  readonly names: readonly string[];
  /** Path of the new file. */
  readonly output: string;
  readonly key: SealKey;
  /** Also the store's client certificate and its authority, which are for all hosts of the store. */
  readonly withAuthority: boolean;
}

export interface ExportResult {
  readonly file: string;
  readonly machines: readonly string[];
  /** The store's authority and client certificate are in it: who can open it is root on all hosts of this store. */
  readonly authority: boolean;
  /** Private keys of the user from elsewhere on this computer, which the hosts need: they may open other hosts, too. */
  readonly ownKeys: readonly string[];
}

/** Errors: FILE_EXISTS (exit 2). */
export async function refuseExisting(path: string): Promise<void> {
  if ((await lstat(path).catch(() => undefined)) === undefined) return;
  throw usageError('FILE_EXISTS', `${path} exists already`, 'choose another name, or overwrite it with --force');
}

/**
 * Writes machines and their ssh keys into one encrypted file. A client certificate would be accepted by all hosts of the
 * store, and its authority signs for all of them, so neither is in it unless it is asked for. The machines stay on
 * record here. Errors: HOST_UNKNOWN (exit 2), HOST_NOT_READY.
 */
export async function exportMachines(context: OperationContext, request: ExportRequest): Promise<ExportResult> {
  const { store } = context;
  const records = await Promise.all(request.names.map((name) => store.require(name)));
  const unfinished = records.find(({ phase }) => phase !== 'ready');
  if (unfinished !== undefined)
    throw new SwarmupError(
      'HOST_NOT_READY',
      `the creation of ${unfinished.name} is not finished, so the host cannot be exported`,
      {
        host: unfinished.name,
      },
    );
  const swarms = new Set(records.flatMap(({ swarm }) => (swarm === null ? [] : [swarm])));
  const kept = await Promise.all([...swarms].map((swarm) => store.readSwarm(swarm)));
  const bundle: MachineBundle = {
    version: 1,
    machines: await Promise.all(records.map((record) => bundled(store, record, request))),
    certs: request.withAuthority ? await certificatesOf(store) : {},
    swarms: kept.filter((swarm): swarm is SwarmRecord => swarm !== undefined).map(withoutCustody),
    swarmIds: Object.fromEntries([...swarms].map((swarm) => [swarm, store.within(swarm).swarmId()])),
  };
  const sealed = await seal(Buffer.from(JSON.stringify(bundle)), { kind: bundleKind, key: request.key });
  await writeFileAtomic(request.output, sealed);
  const authority = Object.hasOwn(bundle.certs, 'ca-key.pem');
  const ownKeys = [...new Set(bundle.machines.flatMap(({ keys }) => Object.keys(keys)))];
  return { file: request.output, machines: records.map(({ name }) => name), authority, ownKeys };
}

/** Not what a rotation leaves there for a while. */
async function certificatesOf(store: Store): Promise<Readonly<Record<string, string>>> {
  const files = await filesBelow(join(store.home, 'certs'));
  return Object.fromEntries(
    ['ca-key.pem', 'ca.pem', 'key.pem', 'cert.pem'].flatMap((name) => {
      const data = files[name];
      return data === undefined ? [] : [[name, data]];
    }),
  );
}

/** The unlock key stays here, and so does the command that reads it. */
function withoutCustody(swarm: SwarmRecord): SwarmRecord {
  return Object.fromEntries(Object.entries(swarm).filter(([key]) => key !== 'keyCustody')) as unknown as SwarmRecord;
}

async function bundled(
  store: Store,
  record: MachineRecord,
  { withAuthority }: Pick<ExportRequest, 'withAuthority'>,
): Promise<BundledMachine> {
  const folder = join(store.home, store.hostFolder(record.name));
  const isNeeded = (path: string): boolean =>
    [keyFiles.user, `${keyFiles.user}.pub`].includes(path) ||
    /^(?:keys|driver)\//.test(path) ||
    (withAuthority && path.startsWith('certs/'));
  const files = Object.fromEntries(Object.entries(await filesBelow(folder)).filter(([path]) => isNeeded(path)));
  const elsewhere = identityFilesIn(record).filter((path) => !isBelow(store.home, path));
  const keys = await Promise.all(
    [...new Set(elsewhere)].map(async (path) => [path, (await readFile(path)).toString('base64')] as const),
  );
  const own = { ...record, name: ownName(record.name) };
  return { name: store.fullName(record.name), record: JSON.stringify(own), files, keys: Object.fromEntries(keys) };
}

/** Wherever a login is in the record: of the endpoint, of its jump hosts, in the driver's state. */
function identityFilesIn(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) =>
    key === 'identityFiles' && Array.isArray(inner)
      ? inner.filter((path): path is string => typeof path === 'string')
      : identityFilesIn(inner),
  );
}

function isBelow(folder: string, path: string): boolean {
  const below = relative(folder, path);
  return below !== '' && !below.startsWith('..') && !isAbsolute(below);
}

/** The files by path below the folder, with slashes; empty if the folder does not exist. */
async function filesBelow(folder: string): Promise<Readonly<Record<string, string>>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const contents = files.map(async (path) => {
    const name = relative(folder, path).split(sep).join('/');
    return [name, (await readFile(path)).toString('base64')] as const;
  });
  return Object.fromEntries(await Promise.all(contents));
}
