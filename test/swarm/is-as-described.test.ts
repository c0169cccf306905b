import { expect, it } from 'vitest';
import { isAsDescribed } from '../../src/swarm/engine-defaults.js';
import { emptyDraft, withKept } from '../../src/swarm/service-draft.js';
import type { ServiceSpec } from '../../src/swarm/workload.js';

it('a service as it was described is unchanged, though the engine has filled in what was not said', () => {
  const wanted = { ...emptyDraft('web', 'web:1'), UpdateConfig: { Parallelism: 1, Monitor: 1e9 } };
  const spec: ServiceSpec = {
    ...structuredClone(wanted),
    TaskTemplate: {
      ...wanted.TaskTemplate,
      ContainerSpec: { ...wanted.TaskTemplate.ContainerSpec, Isolation: 'default' },
      ForceUpdate: 0,
      Runtime: 'container',
    },
    EndpointSpec: { Mode: 'vip' },
    UpdateConfig: { Parallelism: 1, Monitor: 1e9, FailureAction: 'pause', MaxFailureRatio: 0, Order: 'stop-first' },
  };
  expect(isAsDescribed(spec, wanted)).toBe(true);
  const rollback = { ...wanted, UpdateConfig: { ...wanted.UpdateConfig, FailureAction: 'rollback' } };
  expect(isAsDescribed(spec, rollback)).toBe(false);
  const changed = { ...spec, UpdateConfig: { Parallelism: 1, Monitor: 1e9, Order: 'start-first' } };
  expect(isAsDescribed(changed, wanted)).toBe(false);
});

it('a digest and platforms that docker found for the tag of the image are no change, and stay', () => {
  const wanted = emptyDraft('web', 'web:1');
  const spec = {
    ...wanted,
    TaskTemplate: {
      ContainerSpec: { Image: `web:1@sha256:${'a'.repeat(64)}`, TTY: false, Hostname: '' },
      Placement: { Platforms: [{ OS: 'linux' }] },
    },
  };
  expect(isAsDescribed(spec, wanted)).toBe(true);
  expect(withKept(spec, wanted).TaskTemplate).toMatchObject({
    ContainerSpec: { Image: `web:1@sha256:${'a'.repeat(64)}` },
    Placement: { Platforms: [{ OS: 'linux' }] },
  });
  expect(isAsDescribed(spec, emptyDraft('web', 'web:2'))).toBe(false);
  expect(withKept(spec, emptyDraft('web', 'web:2')).TaskTemplate.Placement).toBeUndefined();
});
