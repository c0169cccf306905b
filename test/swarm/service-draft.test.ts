import { expect, it } from 'vitest';
import { stableJson } from '../../src/lib/stable-json.js';
import { emptyDraft, withKept } from '../../src/swarm/service-draft.js';
import type { ServiceSpec } from '../../src/swarm/workload.js';

it('a service as it was described is unchanged, though the engine has filled in what was not said', () => {
  const wanted = { ...emptyDraft('web', 'web:1'), UpdateConfig: { Parallelism: 1, Monitor: 1e9 } };
  const spec: ServiceSpec = {
    ...structuredClone(wanted),
    TaskTemplate: { ...wanted.TaskTemplate, ForceUpdate: 0, Runtime: 'container' },
    EndpointSpec: { Mode: 'vip' },
    UpdateConfig: { Parallelism: 1, Monitor: 1e9, FailureAction: 'pause', MaxFailureRatio: 0, Order: 'stop-first' },
  };
  expect(stableJson(withKept(spec, wanted))).toBe(stableJson(spec));
  const rollback = { ...wanted, UpdateConfig: { ...wanted.UpdateConfig, FailureAction: 'rollback' } };
  expect(stableJson(withKept(spec, rollback))).not.toBe(stableJson(spec));
  const changed = { ...spec, UpdateConfig: { Parallelism: 1, Monitor: 1e9, Order: 'start-first' } };
  expect(stableJson(withKept(changed, wanted))).not.toBe(stableJson(changed));
});
