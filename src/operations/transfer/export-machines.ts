import { readdir, readFile } from 'node:fs/promises';
import { basename, isAbsolute, join, relative, sep } from 'node:path';
import { SwarmupError } from '../../lib/errors.js';
import { type SealKey, seal } from '../../lib/sealed-file.js';
import { writeFileAtomic } from '../../machine/atomic-file.js';
import type { MachineRecord, SwarmRecord } from '../../machine/machine-record.js';
import { ownName } from '../../machine/names.js';
import type { Store } from '../../machine/store.js';
import { ownClientFolder } from '../access/client-folder.js';
import type { OperationContext } from '../access/context.js';
import { bundleKind, type BundledMachine, type MachineBundle } from './machine-bundle.js';

interface ExportRequest {
  readonly names: readonly string[];
  /** Path of the new file. */
  readonly output: string;
  readonly key: SealKey;
}

export interface ExportResult {
  readonly file: string;
  readonly machines: readonly string[];
}

/**
 * Writes machines with their keys and certificates, and the store's authority, into one encrypted file. The machines
 * stay on record here. Errors: HOST_UNKNOWN (exit 2), HOST_NOT_READY, EXPORT_FAILED.
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
    machines: await Promise.all(records.map((record) => bundled(store, record))),
    certs: await filesBelow(join(store.home, 'certs')),
    swarms: kept.filter((swarm): swarm is SwarmRecord => swarm !== undefined),
    swarmIds: Object.fromEntries([...swarms].map((swarm) => [swarm, store.within(swarm).swarmId()])),
  };
  const sealed = await seal(Buffer.from(JSON.stringify(bundle)), { kind: bundleKind, key: request.key });
  await writeFileAtomic(request.output, sealed);
  return { file: request.output, machines: records.map(({ name }) => name) };
}

async function bundled(store: Store, record: MachineRecord): Promise<BundledMachine> {
  const folder = join(store.home, store.hostFolder(record.name));
  const files = Object.fromEntries(
    Object.entries(await filesBelow(folder)).filter(
      ([path]) => path !== 'machine.json' && !path.startsWith(`${basename(ownClientFolder(store, record))}/`),
    ),
  );
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

export function isBelow(folder: string, path: string): boolean {
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
