import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { codeOf, messageOf, SwarmupError, usageError } from '../../lib/errors.js';
import { readSealHeader, type SealedSource, type SealKey, unseal } from '../../lib/sealed-file.js';
import { writeFileAtomic } from '../../machine/atomic-file.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import { checkHostName } from '../../machine/check-names.js';
import { nameWithin, noSwarm, ownName, placeOfHost } from '../../machine/names.js';
import { machineFormat, parseRecord } from '../../machine/record-schema.js';
import type { Plan } from '../../plan/plan.js';
import { carryOut } from '../access/carry-out.js';
import type { OperationContext } from '../access/context.js';
import { hostsPlan, type HostStepOptions } from '../access/host-steps.js';
import { trustHost } from '../steps/trust-host.js';
import { isBelow } from './export-machines.js';
import { requireFree } from './imported-record.js';
import { bundleKind, type BundledMachine, type MachineBundle, parseBundle } from './machine-bundle.js';
import type { HostsResult } from '../access/results.js';

interface ImportBundleRequest {
  readonly file: string;
  readonly key: SealKey;
  readonly dryRun: boolean;
}

/** Errors: BUNDLE_UNREADABLE (exit 2); SEAL_FOREIGN, SEAL_NEWER when `export` of this swarmup did not write it. */
export async function checkBundleFile(path: string): Promise<void> {
  readSealHeader(await readBundleFile(path), bundleSource(path));
}

async function readBundleFile(path: string): Promise<Buffer> {
  return readFile(path).catch((error: unknown) => {
    throw usageError('BUNDLE_UNREADABLE', `cannot read ${path}: ${messageOf(error)}`);
  });
}

const bundleSource = (path: string): SealedSource => ({ path, kind: bundleKind });

/**
 * Adopts the machines of a file that `export` wrote. An empty store also gets its authority; any other store keeps its
 * own, and the machines keep their certificates. A machine whose name is taken is reported, and the others are adopted.
 * Errors, with nothing written: those of `unseal`, BUNDLE_NEWER, BUNDLE_BROKEN, RECORD_NEWER.
 */
export async function importBundle(context: OperationContext, request: ImportBundleRequest): Promise<HostsResult> {
  const sealed = await readBundleFile(request.file);
  const text = (await unseal(sealed, bundleSource(request.file), request.key)).toString('utf8');
  const bundle = parseBundle(text, request.file);
  const machines = new Map(
    bundle.machines.map((machine) => {
      const record = recordOf(context, machine, request.file);
      return [record.name, { machine, record }];
    }),
  );
  let certPath: CertPath | undefined;
  const importing: HostStepOptions = {
    title: 'import',
    done: 'imported',
    planned: 'would-import',
    look: async (name) => {
      await requireFree(context, name);
      return 'changed';
    },
    act: async (name) => {
      const one = machines.get(name);
      if (one !== undefined) await takeOver(context, bundle, one.machine, one.record, certPath?.(name) ?? 'certs');
      return 'changed';
    },
  };
  const plan = (): Plan<HostsResult> => ({
    ...hostsPlan([...machines.keys()], importing, request),
    begin: async () => {
      certPath = await takeCertificates(context, bundle);
    },
  });
  return carryOut(context, { plan }, request);
}

/** The record with the name that the host has for this command. */
function recordOf({ store }: OperationContext, { name, record }: BundledMachine, path: string): MachineRecord {
  const host = ownName(name);
  checkHostName(host);
  const source = { path: `${path} (${name}/machine.json)`, what: `host ${host}`, name: host };
  const found = parseRecord(machineFormat, record, source);
  const place = placeOfHost(name, found.lab?.name ?? found.swarm ?? noSwarm) ?? { host, swarm: noSwarm };
  checkHostName(place.swarm, ...(place.swarm === noSwarm ? [] : ['swarm' as const]));
  return { ...found, name: nameWithin(place, store.scope) };
}

/** Where the certificates of a machine are from now on, below the store. */
type CertPath = (name: string) => string;

async function takeCertificates({ store }: OperationContext, { certs }: MachineBundle): Promise<CertPath> {
  const folder = await store.folder('certs');
  const own = await readFile(join(folder, 'ca.pem')).catch(() => undefined);
  if (own === undefined)
    for (const file of certificateFiles.filter((name) => certs[name] !== undefined))
      await writeFileAtomic(join(folder, file), bytes(certs[file]));
  const isSame = own === undefined || own.equals(bytes(certs['ca.pem']));
  return (name) => (isSame ? 'certs' : join(store.hostFolder(name), 'certs'));
}

/** Keys before their certificates. */
const certificateFiles = ['ca-key.pem', 'ca.pem', 'key.pem', 'cert.pem'];

/** The record is written last: what fails before leaves nothing that counts as a host. */
async function takeOver(
  context: OperationContext,
  bundle: MachineBundle,
  machine: BundledMachine,
  record: MachineRecord,
  certPath: string,
): Promise<void> {
  const { store } = context;
  const { name } = record;
  await requireFree(context, name);
  await takeSwarm(context, bundle, record);
  try {
    const ownCerts =
      certPath === 'certs'
        ? []
        : certificateFiles.slice(1).map((file) => [`certs/${file}`, bundle.certs[file]] as const);
    const keys = Object.entries(machine.keys).map(([path, data], i) => [keyName(path, i), data] as const);
    for (const [file, data] of [...Object.entries(machine.files), ...ownCerts, ...keys])
      if (data !== undefined) await write(context, name, file, data);
    const moved = relocated(record, machine, join(store.home, store.hostFolder(name))) as MachineRecord;
    const engine = moved.engine?.certPath === 'certs' ? { ...moved.engine, certPath } : moved.engine;
    if (engine?.certPath === 'certs') await trustOnly(context, record);
    await store.add({ ...moved, engine });
  } catch (error) {
    await store.remove(name);
    throw error;
  }
}

/** Without the key of the authority, docker still trusts the whole of it. */
async function trustOnly(context: OperationContext, record: MachineRecord): Promise<void> {
  try {
    await trustHost(context, record, { keepFormer: false });
  } catch (error) {
    if (codeOf(error) !== 'CA_BROKEN') throw error;
    const message = `docker trusts every host of the authority for ${record.name}: ${messageOf(error)}`;
    context.report({ type: 'warning', host: record.name, message });
  }
}

async function write({ store }: OperationContext, name: string, file: string, data: string): Promise<void> {
  const folder = join(store.home, store.hostFolder(name));
  if (!isBelow(folder, join(folder, file)))
    throw new SwarmupError(
      'BUNDLE_BROKEN',
      `the file contains a path that leads out of its folder: ${JSON.stringify(file)}`,
    );
  await store.folder(join(store.hostFolder(name), dirname(file)));
  await writeFileAtomic(join(folder, file), bytes(data));
}

async function takeSwarm({ store }: OperationContext, bundle: MachineBundle, record: MachineRecord): Promise<void> {
  const id = record.swarm === null ? undefined : bundle.swarmIds?.[record.swarm];
  if (record.swarm !== null && id !== undefined && !(await store.swarms()).includes(record.swarm))
    await store.within(record.swarm).keepSwarmId(id);
  const swarm = bundle.swarms.find(({ name }) => name === record.swarm);
  if (swarm === undefined) return;
  const known = await store.readSwarm(swarm.name);
  if (known === undefined) await store.writeSwarm(swarm);
  else if (known.clusterId !== swarm.clusterId)
    throw new SwarmupError(
      'SWARM_CONFLICT',
      `${record.name} belongs to a swarm named ${swarm.name} that differs from the one on this computer`,
      {
        host: record.name,
      },
    );
}

const keyName = (path: string, index: number): string => `keys/${index}-${basename(path)}`;

/** The record with the private keys of its logins where they are now. */
function relocated(value: unknown, machine: BundledMachine, folder: string): unknown {
  const paths = Object.keys(machine.keys);
  const move = (path: unknown): unknown => {
    const at = paths.indexOf(String(path));
    if (at >= 0) return join(folder, keyName(String(path), at));
    // A key in the store that it came from.
    const below = String(path).split(new RegExp(`/(?:machines|hosts)/${ownName(machine.name)}/`))[1];
    return below !== undefined && machine.files[below] !== undefined ? join(folder, below) : path;
  };
  const walk = (inner: unknown): unknown => {
    if (Array.isArray(inner)) return inner.map(walk);
    if (typeof inner !== 'object' || inner === null) return inner;
    return Object.fromEntries(
      Object.entries(inner).map(([key, item]: [string, unknown]) => [
        key,
        key === 'identityFiles' && Array.isArray(item) ? item.map(move) : walk(item),
      ]),
    );
  };
  return walk(value);
}

const bytes = (data: string | undefined): Buffer => Buffer.from(data ?? '', 'base64');
