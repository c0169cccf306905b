import type { EngineClient } from '../../lib/engine-client.js';
import { codeOf, messageOf, usageError } from '../../lib/errors.js';
import { nearest } from '../../lib/nearest.js';
import { stableJson } from '../../lib/stable-json.js';
import { inSwarm, swarmup } from '../../lib/typed-command.js';
import type { Plan } from '../../plan/plan.js';
import { requireWhole } from '../../plan/require-done.js';
import { draftOf, emptyDraft, type ServiceDraft } from '../../swarm/service-draft.js';
import { applyOptions, setReplicas, type OptionValues } from '../../swarm/service-options.js';
import { noBaseline } from '../../swarm/service-verdict.js';
import { createService, listServices, removeService, updateService } from '../../swarm/workload-api.js';
import { replicasOf, type Service } from '../../swarm/workload.js';
import { carryOut } from '../access/carry-out.js';
import type { OperationContext } from '../access/context.js';
import type { GuardedSwarm } from '../access/guard-swarm.js';
import { refuseDeclared } from './declared-counts.js';
import { planChanges, type ServiceChange, type ServiceRequest, unwatched } from './plan-changes.js';
import { removalSteps } from './removal-steps.js';
import { readReferences } from './service-references.js';
import type { ServiceChangeKind, ServicesResult } from './service-results.js';
import type { ChangedService } from './service-watch.js';
import { serviceBaseline } from './wait-services.js';

interface CreateServiceRequest extends ServiceRequest {
  readonly name: string;
  readonly image: string;
  readonly command: readonly string[];
  readonly options: OptionValues;
  /** For X-Registry-Auth: tasks pull with it. Secret. */
  readonly registryAuth?: string | undefined;
}

/** Makes a service and waits for it. Errors: SERVICE_EXISTS, VALUE_INVALID, *_UNKNOWN (exit 2), those of `guardSwarm`. */
export const makeService = (context: OperationContext, request: CreateServiceRequest): Promise<ServicesResult> =>
  changeServices(context, request, async (engine) => {
    const { swarm, name, registryAuth } = request;
    const draft = emptyDraft(name, request.image);
    if (request.command.length > 0) draft.TaskTemplate.ContainerSpec.Args = [...request.command];
    applyOptions(draft, request.options, await readReferences(engine, context.signal));
    const services = await listServices(engine, { name: [name] }, context.signal);
    if (services.some(({ Spec }) => Spec.Name === name))
      throw usageError(
        'SERVICE_EXISTS',
        `a service named ${name} exists already`,
        swarmup`service update ${inSwarm(swarm)} ${name}`,
      );
    const act = async (signal: AbortSignal): Promise<ChangedService> => {
      const id = await createService(engine, draft, { registryAuth, signal });
      return { id, name, change: 'created', before: noBaseline };
    };
    return [{ name, change: 'created', act }];
  });

interface UpdateServiceRequest extends ServiceRequest {
  readonly name: string;
  readonly image?: string | undefined;
  readonly command?: readonly string[] | undefined;
  readonly force: boolean;
  readonly options: OptionValues;
  readonly registryAuth?: string | undefined;
}

/** Changes a service and waits for it. Errors: SERVICE_UNKNOWN, VALUE_INVALID (exit 2), those of `guardSwarm`. */
export const changeService = (context: OperationContext, request: UpdateServiceRequest): Promise<ServicesResult> =>
  changeServices(context, request, async (engine) => {
    const references = await readReferences(engine, context.signal);
    const change = (draft: ServiceDraft): void => {
      const { ContainerSpec: container } = draft.TaskTemplate;
      if (request.image !== undefined) container.Image = request.image;
      if (request.command !== undefined) container.Args = [...request.command];
      if (request.force) draft.TaskTemplate.ForceUpdate = (draft.TaskTemplate.ForceUpdate ?? 0) + 1;
      applyOptions(draft, request.options, references);
    };
    const service = await findService(engine, request, context.signal);
    const draft = draftOf(service.Spec);
    change(draft);
    const replicas = replicasOf(draft);
    if (replicas !== replicasOf(service.Spec))
      await refuseDeclared(engine, { ...request, signal: context.signal }, [{ service, replicas }]);
    return [edit(engine, service, 'updated', change, request.registryAuth)];
  });

/**
 * `web=3 api=2`. `declared`: the counts are those that the agent is being given, too. Errors, before anything is
 * changed: COUNT_INVALID, SERVICE_UNKNOWN, NO_COUNT (exit 2); SERVICE_DECLARED (exit 3).
 */
export async function scaleServices(
  context: OperationContext,
  request: ServiceRequest & { readonly counts: readonly string[]; readonly declared?: boolean },
): Promise<ServicesResult> {
  const wanted = request.counts.map(parseCount);
  return changeServices(context, request, async (engine) => {
    const services = await findServices(
      engine,
      { swarm: request.swarm, names: wanted.map(({ name }) => name) },
      context.signal,
    );
    if (services.length < wanted.length) throw usageError('COUNT_INVALID', 'a service has two different counts');
    if (request.declared !== true)
      await refuseDeclared(
        engine,
        { ...request, signal: context.signal },
        services.map((service, i) => ({ service, replicas: wanted[i]?.replicas })),
      );
    return services.map((service, i) =>
      edit(engine, service, 'scaled', (draft) => {
        setReplicas(draft, wanted[i]?.replicas ?? 0);
      }),
    );
  });
}

/**
 * Back to the spec before the last change. Errors: NO_PREVIOUS_SPEC, SERVICE_UNKNOWN (exit 2); SERVICE_DECLARED (exit
 * 3).
 */
export const rollBackServices = (
  context: OperationContext,
  request: ServiceRequest & { readonly names: readonly string[] },
): Promise<ServicesResult> =>
  changeServices(context, request, async (engine) => {
    const services = await findServices(engine, request, context.signal);
    const changed = services.flatMap((service) => {
      const replicas = service.PreviousSpec && replicasOf(service.PreviousSpec);
      return replicas === undefined || replicas === null || replicas === replicasOf(service.Spec)
        ? []
        : [{ service, replicas }];
    });
    await refuseDeclared(engine, { ...request, signal: context.signal }, changed);
    return services.map((service): ServiceChange => {
      const { Name: name } = service.Spec;
      if (service.PreviousSpec === undefined || service.PreviousSpec === null)
        throw usageError(
          'NO_PREVIOUS_SPEC',
          `${name} was never changed, so there is no earlier version to roll back to`,
        );
      const act = async (signal: AbortSignal): Promise<ChangedService> => {
        const before = await serviceBaseline(engine, name, { signal, wantsRollback: true });
        await updateService(engine, service, service.Spec, { rollback: true, signal });
        return { id: service.ID, name, change: 'rolled-back', before };
      };
      return { name, change: 'rolled-back', act };
    });
  });

/** Removes services. Errors: SERVICE_UNKNOWN (exit 2) before anything is removed. */
export function removeServices(
  context: OperationContext,
  request: Pick<ServiceRequest, 'swarm' | 'dryRun'> & { readonly names: readonly string[] },
): Promise<ServicesResult> {
  const { swarm, dryRun } = request;
  const plan = async ({ access: { engine } }: GuardedSwarm): Promise<Plan<ServicesResult>> => {
    const services = await findServices(engine, request, context.signal);
    return {
      steps: removalSteps(
        services.map(({ ID, Spec }) => ({
          what: `service ${Spec.Name}`,
          remove: (signal) => removeService(engine, ID, signal),
        })),
      ),
      result: (outcome) => {
        requireWhole(outcome);
        const state = dryRun ? 'planned' : 'removed';
        return { swarm, dryRun, services: services.map(({ Spec }) => unwatched(Spec.Name, 'removed', state)) };
      },
    };
  };
  return carryOut(context, { swarm, plan }, { dryRun });
}

function changeServices(
  context: OperationContext,
  request: ServiceRequest,
  choose: (engine: EngineClient) => Promise<readonly ServiceChange[]>,
): Promise<ServicesResult> {
  const { swarm, dryRun } = request;
  const plan = async ({ access: { engine } }: GuardedSwarm): Promise<Plan<ServicesResult>> =>
    planChanges(context, engine, request, {
      changes: await choose(engine),
      result: (services) => ({ swarm, dryRun, services }),
    });
  return carryOut(context, { swarm, plan }, { dryRun });
}

/** Each once, however often it is named. Errors: SERVICE_UNKNOWN (exit 2). */
async function findServices(
  engine: EngineClient,
  { swarm, names }: { readonly swarm: string; readonly names: readonly string[] },
  signal: AbortSignal,
): Promise<readonly Service[]> {
  const services = await Promise.all(names.map((name) => findService(engine, { swarm, name }, signal)));
  return [...new Map(services.map((service) => [service.ID, service])).values()];
}

/** Finds a service by name or ID. Errors: SERVICE_UNKNOWN (exit 2) with similar names. */
export async function findService(
  engine: EngineClient,
  { swarm, name }: { readonly swarm: string; readonly name: string },
  signal: AbortSignal,
): Promise<Service> {
  try {
    return await engine.request<Service>('GET', `/services/${encodeURIComponent(name)}`, { signal });
  } catch (error) {
    if (codeOf(error) !== 'ENGINE_404') throw error;
    const names = (await listServices(engine, {}, signal)).map(({ Spec }) => Spec.Name);
    const meant = nearest(name, names);
    const ls = swarmup`service ls ${inSwarm(swarm)}`;
    const hint = meant.length > 0 ? `did you mean ${meant.join(' or ')}?` : `${ls} shows all services`;
    throw usageError('SERVICE_UNKNOWN', `there is no service named ${name}`, hint);
  }
}

/** The change of a spec; nothing is written when it changes nothing, but the service is still judged. */
function edit(
  engine: EngineClient,
  service: Service,
  change: ServiceChangeKind,
  write: (draft: ServiceDraft) => void,
  registryAuth?: string,
): ServiceChange {
  const { Name: name } = service.Spec;
  const draft = draftOf(service.Spec);
  write(draft);
  const isSame = stableJson(draft) === stableJson(service.Spec);
  const kind = isSame ? 'unchanged' : change;
  const act = async (signal: AbortSignal): Promise<ChangedService> => {
    const before = await serviceBaseline(engine, name, { signal, wantsRollback: isSame });
    if (!isSame) await updateUnlessSame(engine, service, draft, { registryAuth, signal });
    return { id: service.ID, name, change: kind, before };
  };
  return { name, change: kind, act };
}

/** The agent may have made the same change meanwhile. */
async function updateUnlessSame(
  engine: EngineClient,
  service: Service,
  draft: ServiceDraft,
  options: Parameters<typeof updateService>[3],
): Promise<void> {
  try {
    await updateService(engine, service, draft, options);
  } catch (error) {
    if (!messageOf(error).includes('update out of sequence')) throw error;
    const { Spec } = await engine.request<Service>('GET', `/services/${service.ID}`, { signal: options.signal });
    if (stableJson(Spec) !== stableJson(draft)) throw error;
  }
}

function parseCount(text: string): { readonly name: string; readonly replicas: number } {
  const [, name, replicas] = /^([^=]+)=(\d{1,6})$/.exec(text) ?? [];
  if (name === undefined)
    throw usageError('COUNT_INVALID', `'${text}' is not a replica count`, 'write SERVICE=COUNT, for example web=3');
  return { name, replicas: Number(replicas) };
}
