import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { EngineClient } from '../../lib/engine-client.js';
import { usageError } from '../../lib/errors.js';
import { type ComposeFile, unsupportedKeys } from '../../swarm/compose-schema.js';
import { composeService, pairsOf, stackLabel, type StackNames, usedNetworks } from '../../swarm/compose-service.js';
import { isAsDescribed } from '../../swarm/engine-defaults.js';
import { type ServiceDraft, withKept } from '../../swarm/service-draft.js';
import type { References } from '../../swarm/service-options.js';
import { createService, listServices, removeService, updateService } from '../../swarm/workload-api.js';
import type { OperationContext } from '../access/context.js';
import { type Expected, expecting, readReferences } from './service-references.js';
import type { ServicesResult } from './service-results.js';
import { openWritable } from '../access/guard-swarm.js';
import { hostNamer } from '../access/swarm-access.js';
import { type ChangedService, noBaseline, serviceBaseline, waitServices } from './wait-services.js';

export interface DeployRequest {
  readonly swarm: string;
  readonly stack: string;
  readonly compose: ComposeFile;
  /** Where files of configs and secrets are looked for. */
  readonly folder: string;
  /** Put on every service of the stack, besides those that the file gives it. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Remove services of the stack that the file does not have. */
  readonly prune: boolean;
  readonly dryRun: boolean;
  /** Of a dry run: what will have been made by then. */
  readonly expected?: Expected;
  readonly detach: boolean;
  readonly timeoutMs: number;
}

export interface DeployResult extends ServicesResult {
  readonly stack: string;
  /** Networks, secrets and configs that were (or would be) made. */
  readonly made: readonly string[];
  readonly pruned: readonly string[];
}

interface FileObject {
  readonly kind: 'secret' | 'config';
  readonly key: string;
  readonly name: string;
  readonly exists: boolean;
  readonly body: Readonly<Record<string, unknown>>;
}

const nothingExpected: Expected = { networks: [], secrets: [] };

const contentLabel = 'swarmup.content';

/**
 * Makes the swarm's stack what the file says: networks, secrets and configs first, then all services at once, and waits
 * for all of them. Everything is checked before anything is changed. Errors: VALUE_INVALID, *_UNKNOWN, FILE_MISSING
 * (exit 2), those of `openWritable`.
 */
export async function deployStack(context: OperationContext, request: DeployRequest): Promise<DeployResult> {
  warnUnsupported(context, request.compose);
  const { engine } = await openWritable(context, request.swarm);
  return deployThrough(engine, context, request);
}

/** Through the engine of a manager that takes changes. */
export async function deployThrough(
  engine: EngineClient,
  context: OperationContext,
  request: DeployRequest,
): Promise<DeployResult> {
  const { swarm, stack, compose, dryRun } = request;
  const { signal } = context;
  const references = await readReferences(engine, signal);
  const existing = dryRun ? expecting(references, request.expected ?? nothingExpected) : references;
  const files = await fileObjects(engine, request, context);
  const networks = usedNetworks(compose).map((key) => networkOf(stack, key, compose));
  const newNetworks = networks.filter(({ name, external }) => {
    if (external) existing.network(name);
    return !external && !has(existing.network, name);
  });
  const names = stackNames(stack, compose, networks, files);
  const planned: References = {
    network: (name) => (newNetworks.some((network) => network.name === name) ? name : existing.network(name)),
    secret: (name) =>
      files.some((file) => file.kind === 'secret' && file.name === name && !file.exists) ? name : existing.secret(name),
    config: (name) =>
      files.some((file) => file.kind === 'config' && file.name === name && !file.exists) ? name : existing.config(name),
  };
  const draft = (references: References): readonly ServiceDraft[] =>
    Object.entries(compose.services).map(([key, service]) => {
      const made = composeService(key, service, names, references, context.env);
      return { ...made, Labels: { ...made.Labels, ...request.labels } };
    });
  const checked = draft(planned);
  const running = await listServices(engine, { label: [`${stackLabel}=${stack}`] }, signal);
  const pruned = request.prune ? running.filter(({ Spec }) => !checked.some(({ Name }) => Name === Spec.Name)) : [];
  const newFiles = files.filter(({ exists }) => !exists);
  const made = madeBy(newNetworks, newFiles);
  const about = { swarm, stack, dryRun, made, pruned: pruned.map(({ Spec }) => Spec.Name) };
  const kindOf = (wanted: ServiceDraft): ChangedService['change'] => {
    const found = running.find(({ Spec }) => Spec.Name === wanted.Name);
    if (found === undefined) return 'created';
    return isAsDescribed(found.Spec, wanted) ? 'unchanged' : 'updated';
  };
  if (dryRun) return { ...about, services: checked.map((wanted) => row(wanted.Name, kindOf(wanted), 'planned')) };

  for (const { body } of newNetworks) await engine.request('POST', '/networks/create', { body, signal });
  for (const { kind, body } of newFiles) await engine.request('POST', `/${kind}s/create`, { body, signal });
  const drafts = draft(newNetworks.length + newFiles.length > 0 ? await readReferences(engine, signal) : existing);
  for (const { ID } of pruned) await removeService(engine, ID, signal);
  const changed = await Promise.all(
    drafts.map(async (wanted): Promise<ChangedService> => {
      const found = running.find(({ Spec }) => Spec.Name === wanted.Name);
      const about = { name: wanted.Name, change: kindOf(wanted) };
      if (found === undefined)
        return { ...about, id: await createService(engine, wanted, { signal }), before: noBaseline };
      const isChanged = about.change === 'updated';
      const before = await serviceBaseline(engine, found.ID, { signal, wantsRollback: !isChanged });
      if (isChanged) await updateService(engine, found, withKept(found.Spec, wanted), { signal });
      return { ...about, id: found.ID, before };
    }),
  );
  if (request.detach) return { ...about, services: changed.map(({ name, change }) => row(name, change, 'detached')) };
  const hostOf = await hostNamer(context, engine, swarm);
  return { ...about, services: await waitServices(context, engine, changed, { timeoutMs: request.timeoutMs, hostOf }) };
}

const madeBy = (networks: readonly StackNetwork[], files: readonly FileObject[]): readonly string[] => [
  ...networks.map(({ name }) => `network ${name}`),
  ...files.map(({ kind, name }) => `${kind} ${name}`),
];

/** Of a service that nobody waits for. */
const row = (service: string, change: ChangedService['change'], state: 'planned' | 'detached') =>
  ({ service, change, state, reason: null, message: '', running: 0, wanted: 0, failures: [], elapsedMs: 0 }) as const;

function has(find: (name: string) => string, name: string): boolean {
  try {
    find(name);
    return true;
  } catch {
    return false;
  }
}

function warnUnsupported(context: OperationContext, { services, volumes = {} }: ComposeFile): void {
  for (const [key, volume] of Object.entries(volumes))
    if (volume?.driver !== undefined || volume?.driver_opts !== undefined)
      context.report({ type: 'warning', message: `volume ${key}: its driver is ignored, each host makes a local one` });
  for (const [key, service] of Object.entries(services))
    for (const option of unsupportedKeys)
      if (option in service)
        context.report({ type: 'warning', message: `${key}: swarms know no '${option}': it is ignored` });
}

interface StackNetwork {
  readonly key: string;
  readonly name: string;
  readonly external: boolean;
  readonly body: Readonly<Record<string, unknown>>;
}

function networkOf(stack: string, key: string, { networks = {} }: ComposeFile): StackNetwork {
  const declared = networks[key] ?? {};
  const { external } = declared;
  const isExternal = external !== undefined && external !== false;
  const own = isExternal ? key : `${stack}_${key}`;
  const name = String((typeof external === 'object' ? external.name : undefined) ?? declared.name ?? own);
  return { key, name, external: isExternal, body: networkBody(stack, name, declared) };
}

function networkBody(
  stack: string,
  name: string,
  declared: NonNullable<NonNullable<ComposeFile['networks']>[string]>,
): StackNetwork['body'] {
  const { driver = 'overlay', attachable = false, internal = false, driver_opts: given = {}, ipam } = declared;
  const config = (ipam?.config ?? []).map((range) => ({
    Subnet: range.subnet,
    Gateway: range.gateway,
    IPRange: range.ip_range,
  }));
  return {
    Name: name,
    CheckDuplicate: true,
    Driver: driver,
    Attachable: attachable,
    Internal: internal,
    Options: Object.fromEntries(Object.entries(given).map(([option, value]) => [option, String(value)])),
    Labels: { ...pairsOf(declared.labels), [stackLabel]: stack },
    ...(config.length > 0 && { IPAM: { Driver: ipam?.driver ?? 'default', Config: config } }),
  };
}

function stackNames(
  stack: string,
  compose: ComposeFile,
  networks: readonly StackNetwork[],
  files: readonly FileObject[],
): StackNames {
  const file =
    (kind: 'secret' | 'config') =>
    (key: string): string => {
      const found = files.find((object) => object.kind === kind && object.key === key);
      if (found === undefined)
        throw usageError(
          `${kind.toUpperCase()}_UNKNOWN`,
          `a service uses the ${kind} ${key}, which the file does not declare`,
        );
      return found.name;
    };
  return {
    stack,
    network: (key) => networks.find((network) => network.key === key)?.name ?? key,
    volume: (key) => {
      if (compose.volumes === undefined || !(key in compose.volumes))
        throw usageError('VOLUME_UNKNOWN', `a service uses the volume ${key}, which the file does not declare`);
      const declared = compose.volumes[key] ?? {};
      return externalName(key, declared) ?? String(declared.name ?? `${stack}_${key}`);
    },
    secret: file('secret'),
    config: file('config'),
  };
}

/** The name of what others made; undefined when it is the stack's own. */
function externalName(
  key: string,
  { external, name }: { readonly external?: unknown; readonly name?: string | number | undefined },
): string | undefined {
  if (external === undefined || external === false) return undefined;
  if (typeof external === 'object' && external !== null) return (external as { readonly name: string }).name;
  return String(name ?? key);
}

interface Stored {
  readonly Spec: { readonly Name: string; readonly Labels?: Readonly<Record<string, string>> | null };
}

/** Secrets and configs of the file, with their content. */
async function fileObjects(
  engine: EngineClient,
  request: DeployRequest,
  context: OperationContext,
): Promise<readonly FileObject[]> {
  const found: FileObject[] = [];
  for (const kind of ['secret', 'config'] as const) {
    const { signal } = context;
    const stored = (await engine.request<readonly Stored[] | null>('GET', `/${kind}s`, { signal })) ?? [];
    for (const [key, declared] of Object.entries(request.compose[`${kind}s`] ?? {})) {
      const name = externalName(key, declared ?? {});
      if (name !== undefined) found.push({ kind, key, name, exists: true, body: {} });
      else {
        const data = await contentOf(kind, key, declared ?? {}, request.folder, context);
        found.push(fileObject(kind, key, { stack: request.stack, declared: declared ?? {}, data, stored }));
      }
    }
  }
  return found;
}

type DeclaredFile = NonNullable<NonNullable<ComposeFile['configs']>[string]>;

/**
 * Docker cannot change a secret or config: when there is one of this name with other content, the new one gets the
 * content's hash into its name, and the services refer to that.
 */
function fileObject(
  kind: FileObject['kind'],
  key: string,
  of: { stack: string; declared: DeclaredFile; data: Buffer; stored: readonly Stored[] },
): FileObject {
  const { stack, declared, data, stored } = of;
  const hash = createHash('sha256').update(`${stack}\n${key}\n`).update(data).digest('hex').slice(0, 16);
  const plain = String(declared.name ?? `${stack}_${key}`);
  const clash = stored.find(({ Spec }) => Spec.Name === plain);
  const isSame = clash === undefined || clash.Spec.Labels?.[contentLabel] === hash;
  const name = isSame ? plain : `${plain}-${hash.slice(0, 8)}`;
  const labels = { ...pairsOf(declared.labels), [stackLabel]: stack, [contentLabel]: hash };
  const exists = stored.some(({ Spec }) => Spec.Name === name);
  return { kind, key, name, exists, body: { Name: name, Labels: labels, Data: data.toString('base64') } };
}

async function contentOf(
  kind: string,
  key: string,
  declared: DeclaredFile,
  folder: string,
  { env }: OperationContext,
): Promise<Buffer> {
  if (declared.content !== undefined) return Buffer.from(String(declared.content));
  if (declared.environment !== undefined) {
    const value = env[String(declared.environment)];
    if (value === undefined)
      throw usageError(
        'VARIABLE_MISSING',
        `the ${kind} ${key} is in the variable ${String(declared.environment)}, which is not set`,
      );
    return Buffer.from(value);
  }
  if (declared.file === undefined)
    throw usageError('COMPOSE_INVALID', `the ${kind} ${key} has no file, content or environment`);
  const path = resolve(folder, String(declared.file));
  return readFile(path).catch(() => {
    throw usageError('FILE_MISSING', `the file ${path} of the ${kind} ${key} cannot be read`);
  });
}

/** The folder that paths in compose files are relative to: that of the first. */
export const composeFolder = (paths: readonly string[]): string => dirname(resolve(paths[0] ?? '.'));
