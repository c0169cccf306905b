import type { ServiceDraft, UpdateDraft } from './service-draft.js';

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
