import { dirname, resolve } from 'node:path';
import type { EngineClient } from '../../lib/engine-client.js';
import { usageError } from '../../lib/errors.js';
import type { ComposeFile } from '../../swarm/compose/compose-file.js';
import { stackFiles, stackNetworks, stackServices, withIds } from '../../swarm/compose/convert-stack.js';
import type { NetworkDraft } from '../../swarm/compose/object-keys.js';
import { stackLabel, type StackNames } from '../../swarm/compose/stack-names.js';
import { isAsDescribed } from '../../swarm/engine-defaults.js';
import { type ServiceDraft, withKept } from '../../swarm/service-draft.js';
import type { References } from '../../swarm/service-options.js';
import type { Service } from '../../swarm/workload.js';
import { createService, listServices, removeService, updateService } from '../../swarm/workload-api.js';
import type { OperationContext } from '../access/context.js';
import { type Expected, expecting, readReferences } from './service-references.js';
import type { ServicesResult } from './service-results.js';
import { makeFiles, planFiles, settleFiles, type StackFile } from './stack-files.js';
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

const nothingExpected: Expected = { networks: [], secrets: [] };

/**
 * Makes the swarm's stack what the file says: networks, secrets and configs first, then all services at once, and waits
 * for all of them. Everything is checked before anything is changed. Errors: VALUE_INVALID, *_UNKNOWN, FILE_MISSING
 * (exit 2), those of `openWritable`.
 */
export async function deployStack(context: OperationContext, request: DeployRequest): Promise<DeployResult> {
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
  const networks = stackNetworks(compose, stack);
  const read = async (): Promise<References> =>
    withPredefined(engine, networks, await readReferences(engine, signal), signal);
  const references = await read();
  const existing = dryRun ? expecting(references, request.expected ?? nothingExpected) : references;
  const newNetworks = missingNetworks(networks, existing);
  const planned = await planFiles(engine, stackFiles(compose, stack), request, context);
  await warnOldEngine(engine, context, compose);
  const checked = drafts(context, request, {
    networks,
    files: planned,
    references: withNew(existing, newNetworks, planned),
  });
  const running = await listServices(engine, { label: [`${stackLabel}=${stack}`] }, signal);
  const pruned = request.prune ? running.filter(({ Spec }) => !checked.some(({ Name }) => Name === Spec.Name)) : [];
  const about = { swarm, stack, dryRun, pruned: pruned.map(({ Spec }) => Spec.Name) };
  if (dryRun) {
    for (const { name } of planned.filter(({ change }) => change === 'ask'))
      context.report({
        type: 'warning',
        message: `secret ${name}: whether its content changed is seen when it is deployed`,
      });
    const services = checked.map((wanted) => row(wanted.Name, changeOf(running, wanted), 'planned'));
    return { ...about, made: madeBy(newNetworks, planned), services };
  }

  const files = await settleFiles(engine, planned, signal);
  const made = madeBy(newNetworks, files);
  for (const { body } of newNetworks) await engine.request('POST', '/networks/create', { body, signal });
  await makeFiles(engine, files, signal);
  const ids = made.length > 0 ? await read() : existing;
  for (const { ID } of pruned) await removeService(engine, ID, signal);
  const wanted = drafts(silently(context), request, { networks, files, references: ids });
  const changed = await Promise.all(wanted.map((each) => changeService(engine, running, each, signal)));
  if (request.detach)
    return { ...about, made, services: changed.map(({ name, change }) => row(name, change, 'detached')) };
  const hostOf = await hostNamer(context, engine, swarm);
  const { timeoutMs } = request;
  return { ...about, made, services: await waitServices(context, engine, changed, { timeoutMs, hostOf }) };
}

/** The first API version with a start interval; older engines lose it without a word. */
const startInterval = 44;

async function warnOldEngine(
  engine: EngineClient,
  context: OperationContext,
  { services }: ComposeFile,
): Promise<void> {
  const names = Object.keys(services).filter((name) => services[name]?.healthcheck?.start_interval !== undefined);
  if (names.length === 0) return;
  const version = await engine.apiVersion(context.signal);
  if (Number(version.split('.')[1]) >= startInterval) return;
  for (const name of names)
    context.report({
      type: 'warning',
      message: `services.${name}: healthcheck.start_interval is ignored: engines know it from 25.0 on`,
    });
}

const predefined = ['host', 'bridge', 'none'];

/** The same references, in which networks that each host has are those that swarm has for them. */
async function withPredefined(
  engine: EngineClient,
  networks: readonly NetworkDraft[],
  references: References,
  signal: AbortSignal,
): Promise<References> {
  const ids = new Map<string, string>();
  for (const { name } of networks.filter(({ name, external }) => external && predefined.includes(name))) {
    const query = { scope: 'swarm' };
    const { Id } = await engine.request<{ readonly Id: string }>('GET', `/networks/${name}`, { query, signal });
    ids.set(name, Id);
  }
  return { ...references, network: (name) => ids.get(name) ?? references.network(name) };
}

/** What was said once is not said again. */
const silently = (context: OperationContext): OperationContext => ({ ...context, report: () => undefined });

interface Surroundings {
  readonly networks: readonly NetworkDraft[];
  readonly files: readonly StackFile[];
  readonly references: References;
}

/** The services as they should be, with IDs. Errors: COMPOSE_INVALID, *_UNKNOWN (exit 2). */
function drafts(
  context: OperationContext,
  { stack, compose, labels }: DeployRequest,
  { networks, files, references }: Surroundings,
): readonly ServiceDraft[] {
  const names = stackNames(stack, networks, files);
  const warn = (message: string): void => {
    context.report({ type: 'warning', message });
  };
  return stackServices(compose, names, warn)
    .map((draft) => withIds(draft, references))
    .map((draft) => ({ ...draft, Labels: { ...draft.Labels, ...labels } }));
}

function changeOf(running: readonly Service[], wanted: ServiceDraft): ChangedService['change'] {
  const found = running.find(({ Spec }) => Spec.Name === wanted.Name);
  if (found === undefined) return 'created';
  return isAsDescribed(found.Spec, wanted) ? 'unchanged' : 'updated';
}

async function changeService(
  engine: EngineClient,
  running: readonly Service[],
  wanted: ServiceDraft,
  signal: AbortSignal,
): Promise<ChangedService> {
  const found = running.find(({ Spec }) => Spec.Name === wanted.Name);
  const about = { name: wanted.Name, change: changeOf(running, wanted) };
  if (found === undefined) return { ...about, id: await createService(engine, wanted, { signal }), before: noBaseline };
  const isChanged = about.change === 'updated';
  const before = await serviceBaseline(engine, found.ID, { signal, wantsRollback: !isChanged });
  if (isChanged) await updateService(engine, found, withKept(found.Spec, wanted), { signal });
  return { ...about, id: found.ID, before };
}

/** Errors: NETWORK_UNKNOWN (exit 2) for one that others should have made. */
function missingNetworks(networks: readonly NetworkDraft[], existing: References): readonly NetworkDraft[] {
  return networks.filter(({ name, external }) => {
    if (external) existing.network(name);
    return !external && !has(existing.network, name);
  });
}

/** The same references, in which what will be made stands for itself. */
function withNew(existing: References, networks: readonly NetworkDraft[], files: readonly StackFile[]): References {
  const file = (kind: StackFile['kind'], find: (name: string) => string) => (name: string) =>
    files.some((each) => each.kind === kind && each.name === name && each.change === 'create') ? name : find(name);
  return {
    network: (name) => (networks.some((network) => network.name === name) ? name : existing.network(name)),
    secret: file('secret', existing.secret),
    config: file('config', existing.config),
  };
}

const madeBy = (networks: readonly NetworkDraft[], files: readonly StackFile[]): readonly string[] => [
  ...networks.map(({ name }) => `network ${name}`),
  ...files.filter(({ change }) => change === 'create').map(({ kind, name }) => `${kind} ${name}`),
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

function stackNames(stack: string, networks: readonly NetworkDraft[], files: readonly StackFile[]): StackNames {
  const file =
    (kind: StackFile['kind']) =>
    (key: string): string => {
      const found = files.find((each) => each.kind === kind && each.key === key);
      if (found !== undefined) return found.name;
      const code = `${kind.toUpperCase()}_UNKNOWN`;
      throw usageError(code, `a service uses the ${kind} ${key}, which the file does not declare`);
    };
  return {
    stack,
    network: (key) => networks.find((network) => network.key === key)?.name ?? key,
    secret: file('secret'),
    config: file('config'),
  };
}

/** The folder that paths in compose files are relative to: that of the first. */
export const composeFolder = (paths: readonly string[]): string => dirname(resolve(paths[0] ?? '.'));
