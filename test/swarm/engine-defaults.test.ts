import { expect, it } from 'vitest';
import { stableJson } from '../../src/lib/stable-json.js';
import { withEngineDefaults } from '../../src/swarm/engine-defaults.js';
import type { ServiceDraft } from '../../src/swarm/service-draft.js';

const asked: ServiceDraft = {
  Name: 'shop_app',
  Labels: { 'com.docker.stack.namespace': 'shop' },
  TaskTemplate: { ContainerSpec: { Image: 'x:1' }, Networks: [{ Target: 'r9iqxv34c07j', Aliases: ['app'] }] },
  Mode: { Replicated: { Replicas: 0 } },
  UpdateConfig: { Parallelism: 1, Monitor: 1e9 },
};

/** What engine 20.10.24 says of it once it is made. */
const recorded =
  '{"Name":"shop_app","Labels":{"com.docker.stack.namespace":"shop"},"TaskTemplate":{"ContainerSpec":{"Image":"x:1",' +
  '"StopGracePeriod":10000000000,"DNSConfig":{},"Isolation":"default"},"Resources":{},"RestartPolicy":{"Condition":"any",' +
  '"Delay":5000000000,"MaxAttempts":0},"Placement":{},"Networks":[{"Target":"r9iqxv34c07j","Aliases":["app"]}],' +
  '"ForceUpdate":0,"Runtime":"container"},"Mode":{"Replicated":{"Replicas":0}},"UpdateConfig":{"Parallelism":1,' +
  '"FailureAction":"pause","Monitor":1000000000,"MaxFailureRatio":0,"Order":"stop-first"},"RollbackConfig":{"Parallelism":1,' +
  '"FailureAction":"pause","Monitor":5000000000,"MaxFailureRatio":0,"Order":"stop-first"},"EndpointSpec":{"Mode":"vip"}}';

it('a spec that was asked for and the one that the engine made of it are the same, and another one is not', () => {
  const made = stableJson(withEngineDefaults(JSON.parse(recorded) as ServiceDraft));
  expect(stableJson(withEngineDefaults(asked))).toBe(made);
  expect(stableJson(withEngineDefaults({ ...asked, UpdateConfig: { Parallelism: 2 } }))).not.toBe(made);
});
