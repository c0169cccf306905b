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

/** Whether a service is what is wanted, apart from what a description cannot say and what the engine fills in. */
export function isAsDescribed(spec: ServiceSpec, wanted: ServiceDraft): boolean {
  const [now, next] = [spec as unknown as ServiceDraft, withKept(spec, wanted)].map((draft) =>
    stableJson(withEngineDefaults(draft)),
  );
  return now === next;
}
