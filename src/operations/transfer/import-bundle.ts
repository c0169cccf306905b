import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { codeOf, messageOf, SwarmupError, usageError } from '../../lib/errors.js';
import { readSealHeader, type SealedSource, type SealKey, unseal } from '../../lib/sealed-file.js';
import { writeFileAtomic } from '../../machine/atomic-file.js';
import type { Plan } from '../../plan/plan.js';
import { carryOut } from '../access/carry-out.js';
import type { OperationContext } from '../access/context.js';
import { hostsPlan, type HostStepOptions } from '../access/host-steps.js';
import type { HostsResult } from '../access/results.js';
import { trustHost } from '../steps/trust-host.js';
import { type BundleContents, contentsOf } from './bundle-contents.js';
import { type CheckedBundle, type CheckedHost, checkBundle } from './check-bundle.js';
import { certificates as ownCertificates, requireFree } from './imported-record.js';
import { bundleKind, parseBundle } from './machine-bundle.js';

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
 * Reads a file of `export` and looks at all of it; writes nothing. Errors: those of `unseal`, BUNDLE_NEWER,
 * BUNDLE_BROKEN, DRIVER_UNKNOWN.
 */
export async function openBundle(
  context: OperationContext,
  { file, key }: { readonly file: string; readonly key: SealKey },
): Promise<CheckedBundle> {
  const sealed = await readBundleFile(file);
  const text = (await unseal(sealed, bundleSource(file), key)).toString('utf8');
  return checkBundle(context, parseBundle(text, file), file);
}

interface ImportBundleRequest {
  readonly dryRun: boolean;
  /** The sender's authority becomes that of this store, which must have none. */
  readonly withAuthority: boolean;
}

export interface ImportBundleResult extends HostsResult {
  /** What the file brings. */
  readonly brings: BundleContents;
}

/**
 * Adopts the hosts of a bundle. The sender's authority is not taken: the hosts keep their certificates, if these came
 * along, in their own folders, and the hosts that are made here later are of another authority. A host whose name is
 * taken is reported, and the others are adopted. Errors, with nothing written: AUTHORITY_REFUSED.
 */
export async function importBundle(
  context: OperationContext,
  bundle: CheckedBundle,
  request: ImportBundleRequest,
): Promise<ImportBundleResult> {
  const hosts = new Map(bundle.hosts.map((host) => [host.name, host]));
  const authority = await sameAuthority(context, bundle);
  if (request.withAuthority) refuseAuthority(context, bundle, authority);
  const isAuthorityHere = request.withAuthority || authority === 'same';
  const importing: HostStepOptions = {
    title: 'import',
    done: 'imported',
    planned: 'would-import',
    look: async (name) => {
      const host = hosts.get(name);
      if (host !== undefined) await requireNew(context, host);
      return 'changed';
    },
    act: async (name) => {
      const host = hosts.get(name);
      if (host !== undefined) await takeOver(context, bundle, host, isAuthorityHere);
      return 'changed';
    },
  };
  const plan = (): Plan<HostsResult> => ({
    ...hostsPlan([...hosts.keys()], importing, request),
    begin: async () => {
      if (request.withAuthority && authority === 'none') await takeAuthority(context, bundle);
    },
  });
  const brings = await contentsOf(context, bundle);
  return { brings, ...(await carryOut(context, { plan }, request)) };
}

/** Whether the store has an authority, and whether it is that of the bundle. */
async function sameAuthority(
  { store }: OperationContext,
  { certificates }: CheckedBundle,
): Promise<'none' | 'same' | 'other'> {
  const own = await readFile(join(store.home, 'certs', 'ca.pem')).catch(() => undefined);
  if (own === undefined) return 'none';
  const theirs = certificates?.client.get('ca.pem');
  return theirs !== undefined && own.equals(theirs) ? 'same' : 'other';
}

function refuseAuthority(
  { store }: OperationContext,
  { certificates }: CheckedBundle,
  authority: 'none' | 'same' | 'other',
): void {
  const why =
    certificates?.authorityKey === undefined
      ? 'the file has none'
      : authority === 'other'
        ? `this store has its own, in ${join(store.home, 'certs')}`
        : undefined;
  if (why === undefined) return;
  throw usageError(
    'AUTHORITY_REFUSED',
    `the authority cannot be imported: ${why}`,
    'leave out --with-authority; the hosts are imported without it',
  );
}

/** Keys before their certificates. */
async function takeAuthority({ store }: OperationContext, { certificates }: CheckedBundle): Promise<void> {
  if (certificates?.authorityKey === undefined) return;
  const folder = await store.folder('certs');
  await writeFileAtomic(join(folder, 'ca-key.pem'), certificates.authorityKey);
  for (const [file, data] of certificates.client) await writeFileAtomic(join(folder, file), data);
}

/** Errors: HOST_EXISTS (exit 2), also for a host that is on record by another name. */
async function requireNew(context: OperationContext, { name, record }: CheckedHost): Promise<void> {
  await requireFree(context, name);
  const { machines } = await context.store.list();
  const same = machines.find(({ id }) => id === record.id);
  if (same !== undefined) throw usageError('HOST_EXISTS', `${name} is on record already, as ${same.name}`);
}

/** The record is written last: what fails before leaves nothing that counts as a host. */
async function takeOver(
  context: OperationContext,
  bundle: CheckedBundle,
  host: CheckedHost,
  isAuthorityHere: boolean,
): Promise<void> {
  const { store } = context;
  const { name, engineUrl, certificates } = host;
  const isShared = isAuthorityHere && certificates === bundle.certificates;
  await requireNew(context, host);
  await takeSwarm(context, host);
  try {
    const own = certificates === undefined || isShared ? [] : [...certificates.client];
    for (const [file, data] of [
      ...host.files,
      ...own.map(([file, data]) => [join(ownCertificates, file), data] as const),
    ])
      await write(context, name, file, data);
    const certPath = isShared ? 'certs' : join(store.hostFolder(name), ownCertificates);
    const engine = engineUrl === null || certificates === undefined ? null : { url: engineUrl, certPath };
    const record = { ...host.record, engine };
    if (engine?.certPath === 'certs') await trustOnly(context, record);
    await store.add(record);
  } catch (error) {
    await store.remove(name);
    throw error;
  }
}

/** Without the key of the authority, docker still trusts the whole of it. */
async function trustOnly(context: OperationContext, record: CheckedHost['record']): Promise<void> {
  try {
    await trustHost(context, record, { keepFormer: false });
  } catch (error) {
    if (codeOf(error) !== 'CA_BROKEN') throw error;
    const message = `docker trusts every host of the authority for ${record.name}: ${messageOf(error)}`;
    context.report({ type: 'warning', host: record.name, message });
  }
}

async function write({ store }: OperationContext, name: string, file: string, data: Buffer): Promise<void> {
  const folder = await store.folder(join(store.hostFolder(name), dirname(file)));
  await writeFileAtomic(join(folder, file.slice(file.lastIndexOf('/') + 1)), data);
}

/** Errors: SWARM_CONFLICT. */
async function takeSwarm({ store }: OperationContext, { record, swarm, swarmId }: CheckedHost): Promise<void> {
  if (record.swarm === null) return;
  const scope = store.within(record.swarm);
  const known = await store.readSwarm(record.swarm);
  const isHere = (await store.swarms()).includes(record.swarm);
  const isOther =
    known === undefined
      ? isHere && swarmId !== undefined && scope.swarmId() !== swarmId && (await hasMembers(scope, record.swarm))
      : swarm !== undefined && known.clusterId !== swarm.clusterId;
  if (isOther)
    throw new SwarmupError(
      'SWARM_CONFLICT',
      `${record.name} belongs to a swarm named ${record.swarm} that differs from the one on this computer`,
      { host: record.name },
    );
  if (swarmId !== undefined && !isHere) await scope.keepSwarmId(swarmId);
  if (swarm !== undefined && known === undefined) await store.writeSwarm(swarm);
}

async function hasMembers(scope: OperationContext['store'], swarm: string): Promise<boolean> {
  return (await scope.list()).machines.some((record) => record.swarm === swarm);
}
