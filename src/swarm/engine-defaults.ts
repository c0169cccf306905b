import { stableJson } from '../lib/stable-json.js';
import { type ServiceDraft, type UpdateDraft, withKept } from './service-draft.js';
import type { ServiceSpec } from './workload.js';

const second = 1e9;
const update: UpdateDraft = {
  Parallelism: 1,
  Delay: 0,
  FailureAction: 'pause',
  Monitor: 5 * second,
  MaxFailureRatio: 0,
  Order: 'stop-first',
};

/**
 * A spec with the defaults that the engine fills in (measured with 20.10), so that the wanted spec can be compared with
 * the actual one.
 */
export const withEngineDefaults = (spec: ServiceDraft): ServiceDraft => ({
  ...spec,
  Mode: 'Replicated' in spec.Mode ? { Replicated: { Replicas: 1, ...spec.Mode['Replicated'] } } : spec.Mode,
  UpdateConfig: { ...update, ...spec.UpdateConfig },
  RollbackConfig: { ...update, ...spec.RollbackConfig },
  EndpointSpec: { Mode: 'vip', ...spec.EndpointSpec },
  TaskTemplate: {
    ...spec.TaskTemplate,
    ContainerSpec: { StopGracePeriod: 10 * second, Isolation: 'default', ...spec.TaskTemplate.ContainerSpec },
    RestartPolicy: { Condition: 'any', Delay: 5 * second, MaxAttempts: 0, ...spec.TaskTemplate.RestartPolicy },
    ForceUpdate: spec.TaskTemplate.ForceUpdate ?? 0,
    Runtime: spec.TaskTemplate['Runtime'] ?? 'container',
  },
});

/** Maps in which an empty text is a value. */
const ownMaps = ['Labels', 'Sysctls', 'Options', 'DriverOpts'];
/** Numbers for which 0 means none. */
const numbers = ['PublishedPort', 'MaxReplicas', 'NanoCPUs', 'MemoryBytes', 'Pids', 'SizeBytes', 'Monitor'];
const times = ['Interval', 'Timeout', 'StartPeriod', 'StartInterval', 'Retries'];

/**
 * The value without parts that are off, empty or 0, where the engine also leaves them out. The engine keeps only `Init:
 * false`.
 */
function withoutOff(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutOff);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([name, part]) => {
    const isNone = part === 0 && (numbers.includes(name) || times.includes(name));
    return part !== '' && !isNone && (part !== false || name === 'Init');
  });
  return Object.fromEntries(kept.map(([name, part]) => [name, ownMaps.includes(name) ? part : withoutOff(part)]));
}

/**
 * Whether a service is as wanted, apart from settings that a description cannot express and those that the engine fills
 * in.
 */
export function isAsDescribed(spec: ServiceSpec, wanted: ServiceDraft): boolean {
  const [now, next] = [spec as unknown as ServiceDraft, withKept(spec, wanted)].map((draft) =>
    stableJson(withoutOff(withEngineDefaults(draft))),
  );
  return now === next && Object.keys(spec.Mode ?? {})[0] === Object.keys(wanted.Mode)[0];
}
