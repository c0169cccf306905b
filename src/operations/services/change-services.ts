import type { EngineClient } from '../../lib/engine-client.js';
import { codeOf, usageError } from '../../lib/errors.js';
import { nearest } from '../../lib/nearest.js';
import { stableJson } from '../../lib/stable-json.js';
import { draftOf, emptyDraft, type ServiceDraft } from '../../swarm/service-draft.js';
import { applyOptions, setReplicas, type OptionValues } from '../../swarm/service-options.js';
import { createService, listServices, removeService, updateService } from '../../swarm/workload-api.js';
import type { Service } from '../../swarm/workload.js';
import type { OperationContext } from '../access/context.js';
import { readReferences } from './service-references.js';
import type { ServiceChangeKind, ServiceOutcome, ServicesResult } from './service-results.js';
import { openWritable } from '../access/guard-swarm.js';
import { hostNamer } from '../access/swarm-access.js';
import { noBaseline, serviceBaseline, type ChangedService, waitServices } from './wait-services.js';

/** What all changes of services are asked for with. */
export interface ServiceRequest {
  readonly swarm: string;
  readonly dryRun: boolean;
  /** Do not wait for the service to converge. */
  readonly detach: boolean;
  readonly timeoutMs: number;
}

interface CreateServiceRequest extends ServiceRequest {
  readonly name: string;
  readonly image: string;
  readonly command: readonly string[];
  readonly options: OptionValues;
  /** For X-Registry-Auth: tasks pull with it. Secret. */
  readonly registryAuth?: string | undefined;
}

/** Makes a service and waits for it. Errors: SERVICE_EXISTS, VALUE_INVALID, *_UNKNOWN (exit 2), those of `openWritable`. */
export async function makeService(context: OperationContext, request: CreateServiceRequest): Promise<ServicesResult> {
  const { engine } = await openWritable(context, request.swarm);
  const draft = emptyDraft(request.name, request.image);
  if (request.command.length > 0) draft.TaskTemplate.ContainerSpec.Args = [...request.command];
  applyOptions(draft, request.options, await readReferences(engine, context.signal));
  const services = await listServices(engine, { name: [request.name] }, context.signal);
  if (services.some(({ Spec }) => Spec.Name === request.name))
    throw usageError(
      'SERVICE_EXISTS',
      `there is a service named ${request.name}`,
      `swarmup service update ${request.name}`,
    );
  const options = { registryAuth: request.registryAuth, signal: context.signal };
  const act = async (): Promise<ChangedService> => ({
    id: await createService(engine, draft, options),
    name: request.name,
    change: 'created',
    before: noBaseline,
  });
  return perform(context, engine, request, [{ name: request.name, change: 'created', act }]);
}

interface UpdateServiceRequest extends ServiceRequest {
  readonly name: string;
  readonly image?: string | undefined;
  readonly command?: readonly string[] | undefined;
  readonly force: boolean;
  readonly options: OptionValues;
  readonly registryAuth?: string | undefined;
}

/** Changes a service and waits for it. Errors: SERVICE_UNKNOWN, VALUE_INVALID (exit 2), those of `openWritable`. */
export async function changeService(context: OperationContext, request: UpdateServiceRequest): Promise<ServicesResult> {
  const { engine } = await openWritable(context, request.swarm);
  const references = await readReferences(engine, context.signal);
  const change = (draft: ServiceDraft): void => {
    const { ContainerSpec: container } = draft.TaskTemplate;
    if (request.image !== undefined) container.Image = request.image;
    if (request.command !== undefined) container.Args = [...request.command];
    if (request.force) draft.TaskTemplate.ForceUpdate = (draft.TaskTemplate.ForceUpdate ?? 0) + 1;
    applyOptions(draft, request.options, references);
  };
  const service = await findService(engine, request.name, context.signal);
  return perform(context, engine, request, [edit(context, engine, service, 'updated', change, request.registryAuth)]);
}

/** `web=3 api=2`. Errors: COUNT_INVALID, SERVICE_UNKNOWN, NO_COUNT (exit 2) before anything is changed. */
export async function scaleServices(
  context: OperationContext,
  request: ServiceRequest & { readonly counts: readonly string[] },
): Promise<ServicesResult> {
  const wanted = request.counts.map(parseCount);
  const { engine } = await openWritable(context, request.swarm);
  const plans = await Promise.all(
    wanted.map(async ({ name, replicas }) => {
      const service = await findService(engine, name, context.signal);
      return edit(context, engine, service, 'scaled', (draft) => {
        setReplicas(draft, replicas);
      });
    }),
  );
  return perform(context, engine, request, plans);
}

/** Back to the spec before the last change. Errors: NO_PREVIOUS_SPEC, SERVICE_UNKNOWN (exit 2). */
export async function rollBackServices(
  context: OperationContext,
  request: ServiceRequest & { readonly names: readonly string[] },
): Promise<ServicesResult> {
  const { engine } = await openWritable(context, request.swarm);
  const { signal } = context;
  const plans = await Promise.all(
    request.names.map(async (name): Promise<Planned> => {
      const service = await findService(engine, name, signal);
      if (service.PreviousSpec === undefined || service.PreviousSpec === null)
        throw usageError('NO_PREVIOUS_SPEC', `${name} was never changed: there is nothing to roll back to`);
      const act = async (): Promise<ChangedService> => {
        const before = await serviceBaseline(engine, name, { signal, wantsRollback: true });
        await updateService(engine, service, service.Spec, { rollback: true, signal });
        return { id: service.ID, name, change: 'rolled-back', before };
      };
      return { name, change: 'rolled-back', act };
    }),
  );
  return perform(context, engine, request, plans);
}

/** Removes services. Errors: SERVICE_UNKNOWN (exit 2) before anything is removed. */
export async function removeServices(
  context: OperationContext,
  request: Pick<ServiceRequest, 'swarm' | 'dryRun'> & { readonly names: readonly string[] },
): Promise<ServicesResult> {
  const { swarm, dryRun } = request;
  const { engine } = await openWritable(context, swarm);
  const found = await Promise.all(request.names.map((name) => findService(engine, name, context.signal)));
  const services = await Promise.all(
    found.map(async ({ ID, Spec }) => {
      if (!dryRun) await removeService(engine, ID, context.signal);
      return outcome(Spec.Name, 'removed', dryRun ? 'planned' : 'removed');
    }),
  );
  return { swarm, dryRun, services };
}

/** By name or ID. Errors: SERVICE_UNKNOWN (exit 2) with names that are alike. */
export async function findService(engine: EngineClient, name: string, signal: AbortSignal): Promise<Service> {
  try {
    return await engine.request<Service>('GET', `/services/${encodeURIComponent(name)}`, { signal });
  } catch (error) {
    if (codeOf(error) !== 'ENGINE_404') throw error;
    const names = (await listServices(engine, {}, signal)).map(({ Spec }) => Spec.Name);
    const meant = nearest(name, names);
    const hint = meant.length > 0 ? `did you mean ${meant.join(' or ')}?` : 'swarmup service ls shows all services';
    throw usageError('SERVICE_UNKNOWN', `there is no service named ${name}`, hint);
  }
}

interface Planned {
  readonly name: string;
  readonly change: ServiceChangeKind;
  readonly act: () => Promise<ChangedService>;
}

/** The change of a spec; nothing is written when it changes nothing, but the service is still judged. */
function edit(
  context: OperationContext,
  engine: EngineClient,
  service: Service,
  change: ServiceChangeKind,
  write: (draft: ServiceDraft) => void,
  registryAuth?: string,
): Planned {
  const { signal } = context;
  const { Name: name } = service.Spec;
  const draft = draftOf(service.Spec);
  write(draft);
  const isSame = stableJson(draft) === stableJson(service.Spec);
  const kind = isSame ? 'unchanged' : change;
  const act = async (): Promise<ChangedService> => {
    const before = await serviceBaseline(engine, name, { signal, wantsRollback: isSame });
    if (!isSame) await updateService(engine, service, draft, { registryAuth, signal });
    return { id: service.ID, name, change: kind, before };
  };
  return { name, change: kind, act };
}

async function perform(
  context: OperationContext,
  engine: EngineClient,
  request: ServiceRequest,
  plans: readonly Planned[],
): Promise<ServicesResult> {
  const { swarm, dryRun, detach, timeoutMs } = request;
  if (dryRun) return { swarm, dryRun, services: plans.map(({ name, change }) => outcome(name, change, 'planned')) };
  const changed = await Promise.all(plans.map(({ act }) => act()));
  if (detach) return { swarm, dryRun, services: changed.map(({ name, change }) => outcome(name, change, 'detached')) };
  const hostOf = await hostNamer(context, engine, swarm);
  return { swarm, dryRun, services: await waitServices(context, engine, changed, { timeoutMs, hostOf }) };
}

/** Of a service that nobody waits for. */
const outcome = (service: string, change: ServiceChangeKind, state: ServiceOutcome['state']): ServiceOutcome => ({
  service,
  change,
  state,
  reason: null,
  message: '',
  running: 0,
  wanted: 0,
  failures: [],
  elapsedMs: 0,
});

function parseCount(text: string): { readonly name: string; readonly replicas: number } {
  const [, name, replicas] = /^([^=]+)=(\d{1,6})$/.exec(text) ?? [];
  if (name === undefined) throw usageError('COUNT_INVALID', `'${text}' is no count`, 'write it as in web=3');
  return { name, replicas: Number(replicas) };
}
