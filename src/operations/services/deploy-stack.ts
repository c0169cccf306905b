import { dirname, resolve } from 'node:path';
import type { EngineClient } from '../../lib/engine-client.js';
import { usageError } from '../../lib/errors.js';
import { inOrder } from '../../plan/in-order.js';
import type { Plan } from '../../plan/plan.js';
import type { Step } from '../../plan/step.js';
import type { ComposeFile } from '../../swarm/compose/compose-file.js';
import { stackFiles, stackNetworks, stackServices, withIds } from '../../swarm/compose/convert-stack.js';
import type { NetworkDraft } from '../../swarm/compose/object-keys.js';
import { stackLabel, type StackNames } from '../../swarm/compose/stack-names.js';
import { isAsDescribed } from '../../swarm/engine-defaults.js';
import { type ServiceDraft, withKept } from '../../swarm/service-draft.js';
import { noBaseline } from '../../swarm/service-verdict.js';
import type { References } from '../../swarm/service-options.js';
import type { Service } from '../../swarm/workload.js';
import { createService, listServices, removeService, updateService } from '../../swarm/workload-api.js';
import { carryOut } from '../access/carry-out.js';
import type { OperationContext } from '../access/context.js';
import { type Expected, expecting, readReferences } from './service-references.js';
import type { ServicesResult } from './service-results.js';
import { makeFiles, planFiles, settleFiles, type StackFile } from './stack-files.js';
import type { ChangedService } from './service-watch.js';
import { serviceBaseline } from './wait-services.js';
import { planChanges, type ServiceRequest } from './plan-changes.js';
import { removalSteps } from './removal-steps.js';

export interface DeployRequest extends ServiceRequest {
  readonly stack: string;
  readonly compose: ComposeFile;
  /** Where files of configs and secrets are looked for. */
  readonly folder: string;
  /** Put on every service of the stack, besides those that the file gives it. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Remove services of the stack that the file does not have. */
  readonly prune: boolean;
  /** Of a dry run: what will have been made by then. */
  readonly expected?: Expected;
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
 * (exit 2), those of `guardSwarm`.
 */
export const deployStack = (context: OperationContext, request: DeployRequest): Promise<DeployResult> =>
  carryOut(
    context,
    { swarm: request.swarm, plan: ({ access: { engine } }) => planDeployment(engine, context, request) },
    request,
  );

/** Through the engine of a manager that takes changes. */
export async function planDeployment(
  engine: EngineClient,
  context: OperationContext,
  request: DeployRequest,
): Promise<Plan<DeployResult>> {
  const { swarm, stack, compose, dryRun } = request;
  const networks = stackNetworks(compose, stack);
  const read = async (signal: AbortSignal): Promise<References> =>
    withPredefined(engine, networks, await readReferences(engine, signal), signal);
  const references = await read(context.signal);
  const existing = dryRun ? expecting(references, request.expected ?? nothingExpected) : references;
  const newNetworks = missingNetworks(networks, existing);
  let files = await planFiles(engine, stackFiles(compose, stack), request, context);
  await warnOldEngine(engine, context, compose);
  const as = (within: OperationContext, ids: References): readonly ServiceDraft[] =>
    drafts(within, request, { networks, files, references: ids });
  let wanted = as(context, withNew(existing, newNetworks, files));
  const running = await listServices(engine, { label: [`${stackLabel}=${stack}`] }, context.signal);
  const isWanted = ({ Spec }: Service): boolean => wanted.some(({ Name }) => Name === Spec.Name);
  const pruned = request.prune ? running.filter((service) => !isWanted(service)) : [];
  if (dryRun) warnUnknown(context, files);
  const parts: Step = {
    ...{
      id: 'stack/parts',
      title: `make the networks, secrets and configs of ${stack}`,
      hidden: true,
      needs: [],
      timeoutMs: 10 * 60_000,
    },
    run: async ({ signal }) => {
      files = await settleFiles(engine, files, signal);
      for (const { body } of newNetworks) await engine.request('POST', '/networks/create', { body, signal });
      await makeFiles(engine, files, signal);
      const isNew = madeBy(newNetworks, files).length > 0;
      wanted = as(silently(context), isNew ? await read(signal) : existing);
      return 'changed';
    },
  };
  const pruning = removalSteps(
    pruned.map(({ ID, Spec }) => ({
      what: `service ${Spec.Name}`,
      remove: (signal) => removeService(engine, ID, signal),
    })),
  );
  return planChanges(context, engine, request, {
    before: inOrder([parts, ...pruning.map((step) => ({ ...step, hidden: true }))]),
    changes: wanted.map((planned, i) => ({
      name: planned.Name,
      change: changeOf(running, planned),
      // With the IDs of the objects made by then.
      act: (signal) => deployService(engine, running, wanted[i] ?? planned, signal),
    })),
    result: (services) => ({
      ...{ swarm, stack, dryRun, services },
      made: madeBy(newNetworks, files),
      pruned: pruned.map(({ Spec }) => Spec.Name),
    }),
  });
}

function warnUnknown(context: OperationContext, files: readonly StackFile[]): void {
  for (const { name } of files.filter(({ change }) => change === 'ask'))
    context.report({
      type: 'warning',
      message: `secret ${name}: only the deployment shows whether its content changed`,
    });
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
      message: `services.${name}: healthcheck.start_interval is ignored: it needs Docker Engine 25.0 or newer`,
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

/** A warning is not repeated. */
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

async function deployService(
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
