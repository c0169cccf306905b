import { afterEach, beforeEach, expect, it } from 'vitest';
import { parseDesiredState } from '../../../src/agent/desired-state.js';
import { configureAgents, type ConfigureAgentsRequest } from '../../../src/operations/agent/configure-agents.js';
import { ServiceSwarm } from '../../support/service-swarm.js';

let swarm: ServiceSwarm;
beforeEach(async () => {
  swarm = await ServiceSwarm.start(['m1']);
});
afterEach(() => swarm[Symbol.asyncDispose]());

const configure = (more: Partial<ConfigureAgentsRequest>) =>
  configureAgents(swarm.context, { swarm: 'default', dryRun: false, ...more });
const stored = () => {
  const data = swarm.configs.at(-1)?.Spec.Data ?? '';
  return parseDesiredState(Buffer.from(data, 'base64').toString()).state?.settings;
};

it('tells the settings that hold, and writes nothing', async () => {
  const { status, settings } = await configure({});
  expect(status).toBe('unchanged');
  expect(settings).toMatchObject({ rebalance: { enabled: true }, promote: { enabled: false } });
  expect(swarm.configs).toEqual([]);
});

it('changes what is named and keeps the rest', async () => {
  expect(await configure({ promoteAfterSeconds: 60, managers: 5 })).toMatchObject({ status: 'changed' });
  expect(await configure({ rebalance: false })).toMatchObject({ status: 'changed' });
  expect(stored()).toMatchObject({
    rebalance: { enabled: false },
    promote: { enabled: true, graceSeconds: 60, managers: 5 },
  });
  await configure({ promoteAfterSeconds: null });
  expect(stored()?.promote).toEqual({ enabled: false, graceSeconds: 60, managers: 5 });
});

it('refuses what the agent would not take, and writes nothing in a dry run', async () => {
  await expect(configure({ managers: 4 })).rejects.toMatchObject({ code: 'AGENT_SETTING_INVALID', exitCode: 2 });
  expect(await configure({ rebalance: false, dryRun: true })).toMatchObject({ status: 'would-change' });
  expect(swarm.configs).toEqual([]);
});
