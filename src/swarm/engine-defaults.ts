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
 * A spec with what the engine writes into those that leave it out (measured with 20.10), so that what was asked for can
 * be compared with what is there.
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
/** Numbers of which 0 is none. */
const numbers = ['PublishedPort', 'MaxReplicas', 'NanoCPUs', 'MemoryBytes', 'Pids', 'SizeBytes', 'Monitor'];
const times = ['Interval', 'Timeout', 'StartPeriod', 'StartInterval', 'Retries'];

/** Without what is off, empty or 0, where the engine leaves that out as well. Only of an init it says that there is none. */
function withoutOff(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutOff);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([name, part]) => {
    const isNone = part === 0 && (numbers.includes(name) || times.includes(name));
    return part !== '' && !isNone && (part !== false || name === 'Init');
  });
  return Object.fromEntries(kept.map(([name, part]) => [name, ownMaps.includes(name) ? part : withoutOff(part)]));
}

/** Whether a service is what is wanted, apart from what a description cannot say and what the engine fills in. */
export function isAsDescribed(spec: ServiceSpec, wanted: ServiceDraft): boolean {
  const [now, next] = [spec as unknown as ServiceDraft, withKept(spec, wanted)].map((draft) =>
    stableJson(withoutOff(withEngineDefaults(draft))),
  );
  return now === next && Object.keys(spec.Mode ?? {})[0] === Object.keys(wanted.Mode)[0];
}
