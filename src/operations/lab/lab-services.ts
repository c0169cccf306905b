import type { EngineClient } from '../../lib/engine-client.js';
import { SwarmupError } from '../../lib/errors.js';
import { stableJson } from '../../lib/stable-json.js';
import { isPlain } from '../../lib/is-plain.js';
import { swarmup } from '../../lib/typed-command.js';
import type { ManifestService } from '../../lab/manifest-schema.js';
import { heldCount } from '../../lab/counts.js';
import { labLabel } from '../../lab/lab.js';
import { stackLabel } from '../../swarm/compose/stack-names.js';
import { isAsDescribed, withEngineDefaults } from '../../swarm/engine-defaults.js';
import { emptyDraft, type ServiceDraft, withKept } from '../../swarm/service-draft.js';
import { noBaseline } from '../../swarm/service-verdict.js';
import { applyOptions, type References, serviceOptions, setReplicas } from '../../swarm/service-options.js';
import { createService, listServices, removeService, updateService } from '../../swarm/workload-api.js';
import { replicasOf, type Service } from '../../swarm/workload.js';
import { carryOut } from '../access/carry-out.js';
import { failFor } from './lab-stacks.js';
import { expecting, readReferences } from '../services/service-references.js';
import { planChanges, type ServiceChange } from '../services/plan-changes.js';
import type { ServiceOutcome } from '../services/service-results.js';
import { serviceBaseline } from '../services/wait-services.js';
import { expectedOf, type WorkloadChange, type WorkloadPlanner } from './workload-change.js';

/** The services of a lab that have an image: those that swarmup makes itself. */
export async function planServices(planner: WorkloadPlanner): Promise<readonly WorkloadChange[]> {
  const { context, lab, engine } = planner;
  const running = engine === undefined ? [] : await listServices(engine, {}, context.signal);
  const references =
    engine === undefined ? anything : expecting(await readReferences(engine, context.signal), expectedOf(lab));
  const changes: WorkloadChange[] = [];
  for (const [name, service] of Object.entries(lab.services ?? {})) {
    if (service.image === undefined) continue;
    const found = running.find(({ Spec }) => Spec.Name === name);
    const draft = draftFor(planner, name, service, found, references);
    const change = planService(planner, name, service, draft, found);
    if (change !== undefined) changes.push(change);
  }
  return [...changes, ...surplus(planner, running)];
}

function planService(
  planner: WorkloadPlanner,
  name: string,
  service: ManifestService,
  draft: ServiceDraft,
  found: Service | undefined,
): WorkloadChange | undefined {
  const { lab } = planner;
  const about = { what: 'service', name } as const;
  const fresh = async (engine: EngineClient, signal: AbortSignal): Promise<ServiceDraft> =>
    draftFor(planner, name, service, found, await readReferences(engine, signal));
  if (found === undefined)
    return {
      ...about,
      action: 'create',
      details: [`${service.image ?? ''}${service.replicas === undefined ? '' : `, ${service.replicas} replicas`}`],
      act: converging(planner, name, 'created', async (engine, signal) => {
        const id = await createService(engine, await fresh(engine, signal), { signal });
        return { id, name, change: 'created', before: noBaseline };
      }),
    };
  if (found.Spec.Labels?.[labLabel] !== lab.name)
    throw lab.fault(
      ['services', name],
      `a service named ${name} exists and does not belong to this lab`,
      'choose another name',
      `${swarmup`service rm ${name}`} when it can go`,
    );
  const details = differences(found, draft);
  if (details.length === 0) return undefined;
  const act = converging(planner, name, 'updated', async (engine, signal) => {
    const before = await serviceBaseline(engine, found.ID, { signal });
    await updateService(engine, found, withKept(found.Spec, await fresh(engine, signal)), { signal });
    return { id: found.ID, name, change: 'updated', before };
  });
  return { ...about, action: 'update', details, act };
}

/** A change that is done once the service runs. */
function converging(
  { lab, timeoutMs, swarm }: WorkloadPlanner,
  name: string,
  change: 'created' | 'updated',
  act: (engine: EngineClient, signal: AbortSignal) => ReturnType<ServiceChange['act']>,
): WorkloadChange['act'] {
  const request = { swarm: lab.name, dryRun: false, detach: false, timeoutMs };
  return async (context) => {
    const engine = swarm();
    const changes = [{ name, change, act: (signal: AbortSignal) => act(engine, signal) }];
    const result = (services: readonly ServiceOutcome[]): readonly ServiceOutcome[] => services;
    const plan = () => planChanges(context, engine, request, { changes, result });
    failFor(await carryOut(context, { plan }));
  };
}

/** Errors: those of the options, at their place in the manifest. */
function draftFor(
  { lab }: WorkloadPlanner,
  name: string,
  service: ManifestService,
  found: Service | undefined,
  references: References,
): ServiceDraft {
  const { image = '', command } = service;
  const draft = emptyDraft(name, image);
  draft.Labels = { [labLabel]: lab.name };
  if (command !== undefined) draft.TaskTemplate.ContainerSpec.Args = [...command];
  const given = Object.keys(serviceOptions).flatMap((option) => {
    const value = service[option];
    return value === undefined || option === 'replicas'
      ? []
      : [[option, typeof value === 'number' ? String(value) : value]];
  });
  try {
    applyOptions(draft, Object.fromEntries(given) as Readonly<Record<string, unknown>>, references);
  } catch (error) {
    throw error instanceof SwarmupError ? lab.fault(['services', name], error.message, ...error.hints) : error;
  }
  const replicas = heldCount(service, found && replicasOf(found.Spec));
  if (replicas !== undefined) setReplicas(draft, replicas);
  return draft;
}

/** There is no swarm yet, so every named object may exist when it does. */
const anything: References = { network: (name) => name, secret: (name) => name, config: (name) => name };

/**
 * The parts of a service's spec that would change. The environment may contain private values, so they are not shown.
 */
function differences({ Spec }: Service, wanted: ServiceDraft): readonly string[] {
  if (isAsDescribed(Spec, wanted)) return [];
  const next = withKept(Spec, wanted);
  const is = partsOf(withEngineDefaults(Spec as unknown as ServiceDraft));
  const should = partsOf(withEngineDefaults(next));
  const keys = [...new Set([...is.keys(), ...should.keys()])].filter((key) => is.get(key) !== should.get(key));
  return keys.map((key) =>
    key.endsWith('.Env') ? `${key} changed` : `${key} ${is.get(key) ?? 'none'} -> ${should.get(key) ?? 'none'}`,
  );
}

/** The parts of a spec by name, down to what is inside the container. */
function partsOf(spec: object, prefix = '', depth = 0): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(spec) as readonly (readonly [string, unknown])[]) {
    const name = prefix === '' ? key : `${prefix}.${key}`;
    const text = stableJson(value);
    if (isPlain(value) && depth < 2) for (const part of partsOf(value, name, depth + 1)) found.set(...part);
    else if (!['{}', '[]', 'null'].includes(text)) found.set(name, text);
  }
  return found;
}

function surplus({ lab, swarm }: WorkloadPlanner, running: readonly Service[]): readonly WorkloadChange[] {
  return running
    .filter(({ Spec: { Name, Labels } }) => {
      const isMine = Labels?.[labLabel] === lab.name && Labels[stackLabel] === undefined;
      return isMine && lab.services?.[Name]?.image === undefined;
    })
    .map(({ ID, Spec }) => ({
      ...{ what: 'service', name: Spec.Name, action: 'remove', details: [] },
      act: ({ signal }) => removeService(swarm(), ID, signal),
    }));
}
