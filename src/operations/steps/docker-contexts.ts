import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import { writeFailure, writeFileAtomic } from '../../machine/atomic-file.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import { clientFolder } from '../access/client-folder.js';
import type { OperationContext } from '../access/context.js';
import { openSshHost } from '../access/openssh-entry.js';
import { userHome } from '../access/user-home.js';

/** What one context is about; `home` and `id` say that it is ours, of this store and this very host. */
interface Meta {
  readonly Name: string;
  readonly Metadata: {
    readonly Description?: string;
    readonly swarmup?: { readonly home: string; readonly id: string };
  };
  readonly Endpoints: { readonly docker?: { readonly Host?: string; readonly SkipTLSVerify?: boolean } };
}

export interface DockerContext {
  readonly name: string;
  readonly url: string;
  /** ID of the host's record. */
  readonly id: string;
}

const tlsFiles = ['ca.pem', 'cert.pem', 'key.pem'] as const;

type Context = Pick<OperationContext, 'store' | 'env'>;

/** Where the docker CLI keeps its contexts. Source: docker/cli, cli/context/store. */
function contextsFolder(context: Context): string {
  const named = context.env['DOCKER_CONFIG'];
  return join(named === undefined || named === '' ? join(userHome(context), '.docker') : named, 'contexts');
}

const idOf = (name: string): string => createHash('sha256').update(name).digest('hex');

/** The context of a host is called like it; docker keeps `default` for itself. */
export function contextName({ store }: Pick<Context, 'store'>, host: string): string {
  const name = store.outsideName(host);
  return name === 'default' ? 'swarmup-default' : name;
}

/** The contexts that this store made, by name. */
export async function ourContexts(context: Context): Promise<readonly DockerContext[]> {
  const folder = join(contextsFolder(context), 'meta');
  const ids = await readdir(folder).catch(() => []);
  const metas = await Promise.all(ids.map((id) => readMeta(join(folder, id, 'meta.json'))));
  return metas
    .flatMap((meta) => {
      const ours = meta?.Metadata.swarmup;
      if (meta === undefined || ours?.home !== context.store.home) return [];
      return [{ name: meta.Name, url: meta.Endpoints.docker?.Host ?? '', id: ours.id }];
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Writes the context of a host, over TLS or (`ssh`, or when it serves no TLS) over ssh by the name that `ssh-config`
 * gives it. Errors: CONTEXT_FOREIGN (exit 3) when there is one of that name that swarmup did not make;
 * HOST_NOT_READY; STORE_WRITE_FAILED.
 */
export async function writeContext(context: Context, record: MachineRecord, ssh: boolean): Promise<DockerContext> {
  const name = contextName(context, record.name);
  const url = await contextUrl(context, record, ssh);
  const folder = contextsFolder(context);
  await refuseForeign(context, record, join(folder, 'meta', idOf(name), 'meta.json'));
  const meta: Meta = {
    Name: name,
    Metadata: { Description: `swarmup host ${record.name}`, swarmup: { home: context.store.home, id: record.id } },
    Endpoints: { docker: { Host: url, SkipTLSVerify: false } },
  };
  const tls = join(folder, 'tls', idOf(name));
  await rm(tls, { recursive: true, force: true });
  if (url.startsWith('tcp:') && record.engine !== null)
    for (const file of tlsFiles) {
      const text = await readFile(join(clientFolder(context.store, record), file), 'utf8');
      await write(join(tls, 'docker'), file, text);
    }
  // Last: a context is never there without its certificates.
  await write(join(folder, 'meta', idOf(name)), 'meta.json', JSON.stringify(meta));
  return { name, url, id: record.id };
}

/** Whether a context over TLS has another address or other certificates than its host has now. */
export async function isStale(context: Context, { name, url }: DockerContext, record: MachineRecord): Promise<boolean> {
  if (!url.startsWith('tcp:') || record.engine === null) return false;
  if (url !== record.engine.url) return true;
  const [from, to] = [clientFolder(context.store, record), join(contextsFolder(context), 'tls', idOf(name), 'docker')];
  const differ = tlsFiles.map(async (file) => {
    const [now, then] = await Promise.all([readIfThere(join(from, file)), readIfThere(join(to, file))]);
    return now !== undefined && now !== then;
  });
  return (await Promise.all(differ)).includes(true);
}

/** It is not an error if the context does not exist; a context that swarmup did not make stays. */
export async function removeContext(context: Context, name: string): Promise<boolean> {
  const ours = await ourContexts(context);
  if (!ours.some((other) => other.name === name)) return false;
  const folder = contextsFolder(context);
  await rm(join(folder, 'meta', idOf(name)), { recursive: true, force: true });
  await rm(join(folder, 'tls', idOf(name)), { recursive: true, force: true });
  return true;
}

async function contextUrl(context: Context, record: MachineRecord, ssh: boolean): Promise<string> {
  if (!ssh && record.engine !== null) return record.engine.url;
  return `ssh://${(await openSshHost(context.store, record)).alias}`;
}

async function refuseForeign(context: Context, record: MachineRecord, file: string): Promise<void> {
  const meta = await readMeta(file);
  if (meta === undefined || meta.Metadata.swarmup?.home === context.store.home) return;
  throw new SwarmupError(
    'CONTEXT_FOREIGN',
    `a docker context named ${meta.Name} exists, and this swarmup did not make it`,
    {
      host: record.name,
      exitCode: exitCodes.preflight,
      hints: [`if you do not need the context: docker context rm ${meta.Name}`],
    },
  );
}

const readIfThere = (path: string): Promise<string | undefined> => readFile(path, 'utf8').catch(() => undefined);

async function readMeta(file: string): Promise<Meta | undefined> {
  try {
    const meta = JSON.parse(await readFile(file, 'utf8')) as Partial<Meta>;
    return { Name: meta.Name ?? '', Metadata: meta.Metadata ?? {}, Endpoints: meta.Endpoints ?? {} };
  } catch {
    // It is not ours.
    return undefined;
  }
}

async function write(folder: string, file: string, text: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw writeFailure(folder, error);
  });
  await writeFileAtomic(join(folder, file), text);
}
