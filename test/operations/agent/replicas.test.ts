import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseDesiredState } from '../../../src/agent/desired-state.js';
import { listReplicas } from '../../../src/operations/agent/list-replicas.js';
import { pauseReplicas, unsetReplicas, type EntriesRequest } from '../../../src/operations/agent/replicas-entries.js';
import { replicasHistory } from '../../../src/operations/agent/replicas-history.js';
import { setReplicas, type SetReplicasRequest } from '../../../src/operations/agent/set-replicas.js';
import { replicated, ServiceSwarm } from '../../support/service-swarm.js';

let swarm: ServiceSwarm;
beforeEach(async () => {
  swarm = await ServiceSwarm.start(['m1']);
  swarm.addAgent('m1', { state: 'leader' });
  swarm.addService(replicated('web', 2), ['m1', 'm1']);
});
afterEach(() => swarm[Symbol.asyncDispose]());

const set = (counts: readonly string[], more: Partial<SetReplicasRequest> = {}) =>
  setReplicas(swarm.context, { swarm: 'default', counts, storeSpec: true, dryRun: false, ...more });
const entries = (names: readonly string[], more: Partial<EntriesRequest> = {}): EntriesRequest => ({
  swarm: 'default',
  names,
  all: false,
  dryRun: false,
  ...more,
});
const stateOf = (name: string) => {
  const data = swarm.configs.find(({ Spec }) => Spec.Name === name)?.Spec.Data ?? '';
  return parseDesiredState(Buffer.from(data, 'base64').toString()).state?.services;
};
const bad = (promise: Promise<unknown>, code: string, message: string) =>
  expect(promise).rejects.toMatchObject({ code, message, exitCode: 2 });

describe('replicas set', () => {
  it('writes the first revision, with the spec from which the service is made again', async () => {
    const result = await set(['web=3'], { max: 5 });
    expect(result).toMatchObject({ revision: 1, warnings: [] });
    expect(result.services).toEqual([
      { name: 'web', status: 'changed', before: null, after: { replicas: 3, max: 5, recreatable: true } },
    ]);
    expect(stateOf('swarmup.replicas.1')?.['web']).toEqual({ replicas: 3, max: 5, spec: replicated('web', 3) });
    expect(swarm.configs[0]?.Spec.Labels).toEqual({ 'swarmup.desired-state': '1' });
  });

  it('keeps what is not named, and `none` takes a bound back', async () => {
    await set(['web=3'], { min: 2, max: 5, maxPerNode: 2, rebalance: 'never' });
    const { services } = await set(['web=4'], { max: null });
    expect(services[0]?.after).toEqual({ replicas: 4, min: 2, maxPerNode: 2, rebalance: 'never', recreatable: true });
  });

  it('writes nothing when nothing changes', async () => {
    await set(['web=3'], { max: 5 });
    expect(await set(['web=3'])).toMatchObject({ revision: 1, services: [{ name: 'web', status: 'unchanged' }] });
    expect(swarm.writes).toEqual(['POST /configs/create']);
  });

  it('keeps what somebody wrote by hand and nobody can use, until it is set or unset itself', async () => {
    const written = {
      schemaVersion: 1,
      services: { api: 'three', shop: { replicas: 2, zone: 'a' }, worker: { replicas: 1, min: 5 } },
      settings: { promote: { enabled: 'yes' } },
      comment: 'mine',
    };
    const Data = Buffer.from(JSON.stringify(written)).toString('base64');
    const Spec = { Name: 'swarmup.replicas.1', Labels: { 'swarmup.desired-state': '1' }, Data };
    swarm.configs.push({ ID: 'byhand', CreatedAt: '2026-11-21T09:30:00.000000001Z', Spec });
    const textOf = (revision: number) => {
      const config = swarm.configs.find((one) => one.Spec.Name === `swarmup.replicas.${revision}`);
      return JSON.parse(Buffer.from(config?.Spec.Data ?? '', 'base64').toString()) as typeof written;
    };
    const { warnings } = await set(['web=3'], { storeSpec: false });
    expect(warnings).toContain('service api: its entry is not an object');
    expect(textOf(2)).toEqual({ ...written, services: { ...written.services, web: { replicas: 3 } } });
    const { services } = await unsetReplicas(swarm.context, entries(['api']));
    expect(services).toEqual([{ name: 'api', status: 'changed', before: null, after: null }]);
    expect(Object.keys(textOf(3).services)).toEqual(['shop', 'web', 'worker']);
  });

  it('writes nothing in a dry run', async () => {
    expect(await set(['web=3'], { dryRun: true })).toMatchObject({
      revision: 0,
      services: [{ status: 'would-change' }],
    });
    expect(swarm.writes).toEqual([]);
  });

  it('loses nothing to somebody who is quicker', async () => {
    swarm.beforeConfig = () => {
      swarm.beforeConfig = () => undefined;
      swarm.addConfig('swarmup.replicas.1', { schemaVersion: 1, services: { api: { replicas: 7 } } });
    };
    expect(await set(['web=3'])).toMatchObject({ revision: 2 });
    expect(Object.keys(stateOf('swarmup.replicas.2') ?? {})).toEqual(['api', 'web']);
  });

  it('keeps five revisions', async () => {
    for (let i = 1; i <= 7; i += 1) await set([`web=${i}`]);
    expect(swarm.configs.map(({ Spec }) => Spec.Name)).toEqual([3, 4, 5, 6, 7].map((n) => `swarmup.replicas.${n}`));
  });

  it('goes on above a revision that cannot be read, from the one before it', async () => {
    await set(['web=3']);
    swarm.addConfig('swarmup.replicas.2', '{ broken');
    swarm.addService(replicated('api', 1));
    expect(await set(['api=2'])).toMatchObject({ revision: 3 });
    expect(Object.keys(stateOf('swarmup.replicas.3') ?? {})).toEqual(['api', 'web']);
  });

  it('does not touch what a newer swarmup wrote', async () => {
    swarm.addConfig('swarmup.replicas.4', { schemaVersion: 2, plans: [] });
    await expect(set(['web=3'])).rejects.toMatchObject({ code: 'DESIRED_STATE_NEWER' });
    expect(swarm.writes).toEqual([]);
  });

  it('may change the count of a service that was removed and has a stored spec', async () => {
    await set(['web=3']);
    swarm.services = [];
    await set(['web=5']);
    expect(stateOf('swarmup.replicas.2')?.['web']).toEqual({ replicas: 5, spec: replicated('web', 3) });
  });

  it('stores no move that is under way', async () => {
    swarm.services = [];
    swarm.addService(replicated('web', 8, { 'swarmup.surge': '6+2', tier: 'front' }));
    await set(['web=6']);
    expect(stateOf('swarmup.replicas.1')?.['web']?.spec).toEqual(replicated('web', 6, { tier: 'front' }));
  });

  it('stores no spec when told so', async () => {
    await set(['web=3'], { storeSpec: false });
    expect(stateOf('swarmup.replicas.1')?.['web']).toEqual({ replicas: 3 });
  });

  it('warns when no agent enforces it', async () => {
    swarm.agents.clear();
    expect((await set(['web=3'])).warnings).toEqual([
      'no agent leads in swarm default, so nothing enforces this: swarmup agent install',
    ]);
  });

  it.each([['web'], ['web=x'], ['web=-1'], ['=3'], ['web=3.5'], ['web=']])('refuses %s', async (word) => {
    await bad(set([word]), 'REPLICAS_INVALID', `${JSON.stringify(word)} is not SERVICE=COUNT`);
  });

  it('refuses the whole command for one wrong service, and says why', async () => {
    swarm.addService({ Name: 'watch', Mode: { Global: {} } });
    swarm.addService(replicated('labelled', 1, { 'swarmup.replicas.max': '4' }));
    await bad(
      set(['web=3', 'watch=2']),
      'SERVICE_NOT_REPLICATED',
      'watch is in global mode, which has no replica count',
    );
    await bad(set(['web=3', 'wbe=3']), 'SERVICE_UNKNOWN', 'there is no service named wbe');
    await expect(set(['wbe=3'])).rejects.toMatchObject({
      hints: expect.arrayContaining(['did you mean web?']) as unknown,
    });
    await bad(set(['web=3', 'web=4']), 'REPLICAS_INVALID', 'web is named twice');
    await bad(set(['web=3'], { min: 4 }), 'REPLICAS_INVALID', 'web: replicas 3 is below min 4');
    await bad(set(['web=3'], { min: 4, max: 2 }), 'REPLICAS_INVALID', 'web: min 4 is above max 2');
    await bad(set(['labelled=5']), 'REPLICAS_INVALID', 'labelled: replicas 5 is above max 4');
    expect(swarm.writes).toEqual([]);
  });
});

describe('replicas unset, pause and resume', () => {
  it('forget, pause and resume what is named', async () => {
    await set(['web=3']);
    await pauseReplicas(swarm.context, entries(['web']), true);
    expect(stateOf('swarmup.replicas.2')?.['web']).toMatchObject({ replicas: 3, paused: true });
    await set(['web=4']);
    expect(stateOf('swarmup.replicas.3')?.['web']).toMatchObject({ replicas: 4, paused: true });
    await pauseReplicas(swarm.context, entries([], { all: true }), false);
    expect(stateOf('swarmup.replicas.4')?.['web']).toEqual({ replicas: 4, spec: replicated('web', 4) });
    const gone = await unsetReplicas(swarm.context, entries(['web']));
    expect(gone.services).toMatchObject([{ name: 'web', status: 'changed', after: null }]);
    expect(stateOf('swarmup.replicas.5')).toEqual({});
  });

  it('pause a service that only its labels declare', async () => {
    swarm.addService(replicated('api', 1, { 'swarmup.replicas': '4', 'swarmup.replicas.min': '2' }));
    await pauseReplicas(swarm.context, entries(['api']), true);
    expect(stateOf('swarmup.replicas.1')).toEqual({ api: { replicas: 4, min: 2, paused: true } });
  });

  it('refuse what is not declared', async () => {
    swarm.addService(replicated('api', 1, { 'swarmup.replicas': '4' }));
    const { context } = swarm;
    await bad(
      unsetReplicas(context, entries(['web'])),
      'REPLICAS_NOT_DECLARED',
      'no replica count is declared for a service named web',
    );
    await bad(unsetReplicas(context, entries(['api'])), 'REPLICAS_NOT_DECLARED', 'api is declared by its labels only');
    await bad(
      pauseReplicas(context, entries(['web']), true),
      'REPLICAS_NOT_DECLARED',
      'no replica count is declared for a service named web',
    );
    await bad(unsetReplicas(context, entries([])), 'REPLICAS_INVALID', 'no service was named');
    await bad(
      unsetReplicas(context, entries(['web'], { all: true })),
      'REPLICAS_INVALID',
      '--all and names of services cannot be used together',
    );
    expect(swarm.writes).toEqual([]);
  });
});

describe('replicas ls', () => {
  const rows = async () => {
    const { services } = await listReplicas(swarm.context, 'default');
    return Object.fromEntries(services.map((row) => [row.name, row]));
  };

  it('lists what is declared beside what there is', async () => {
    swarm.services = [];
    swarm.addService(replicated('ok', 2), ['m1', 'm1']);
    swarm.addService(replicated('starting', 2), ['m1']);
    swarm.addService(replicated('drifted', 5));
    swarm.addService(replicated('gone', 1));
    swarm.addService(replicated('paused', 9));
    swarm.addService(replicated('free', 1));
    swarm.addService(replicated('moving', 2));
    swarm.addService(replicated('bounded', 4), ['m1', 'm1', 'm1', 'm1']);
    swarm.addService(replicated('labelled', 1, { 'swarmup.replicas': '1' }), ['m1']);
    await set(['ok=2', 'starting=2', 'drifted=2', 'gone=3', 'paused=1', 'moving=2']);
    await set(['bounded=3'], { max: 4 });
    await pauseReplicas(swarm.context, entries(['paused']), true);
    swarm.services = swarm.services.filter(({ Spec }) => !['gone', 'moving'].includes(Spec.Name));
    swarm.addService(replicated('moving', 3, { 'swarmup.surge': '2+1' }));
    const states = Object.entries(await rows()).map(([name, row]) => [
      name,
      row.want,
      row.have,
      row.running,
      row.state,
    ]);
    expect(states).toEqual([
      ['bounded', 4, 4, 4, 'ok'],
      ['drifted', 2, 5, 0, 'drift'],
      ['gone', 3, null, 0, 'missing'],
      ['labelled', 1, 1, 1, 'ok'],
      ['moving', 2, 3, 0, 'moving'],
      ['ok', 2, 2, 2, 'ok'],
      ['paused', 1, 9, 0, 'paused'],
      ['starting', 2, 2, 1, 'starting'],
    ]);
  });

  it('shows what is wrong, and the rest all the same', async () => {
    swarm.addService(replicated('typo', 1, { 'swarmup.replicas': 'three' }));
    swarm.addService({ Name: 'watch', Mode: { Global: {} }, Labels: { 'swarmup.replicas': '2' } });
    swarm.addService({ Name: 'moded', Mode: { Global: {} } });
    swarm.addConfig('swarmup.replicas.1', {
      schemaVersion: 1,
      services: {
        web: { replicas: 2 },
        api: { replicas: 3, min: 5 },
        odd: 'no object',
        moded: { replicas: 2, spec: replicated('moded', 2) },
      },
      settings: { promote: { managers: 4 } },
    });
    const { services, problems, enforcedBy } = await listReplicas(swarm.context, 'default');
    expect(services.map(({ name, state }) => [name, state])).toEqual([
      ['api', 'invalid'],
      // It is removed, and made again from its stored spec.
      ['moded', 'drift'],
      ['odd', 'invalid'],
      ['typo', 'invalid'],
      ['watch', 'invalid'],
      ['web', 'ok'],
    ]);
    expect(services.find(({ name }) => name === 'api')?.problems).toEqual(['replicas 3 is below min 5']);
    expect(services.find(({ name }) => name === 'watch')?.problems).toEqual([
      'the service is in global mode, which has no replica count',
    ]);
    expect(problems).toEqual([expect.stringMatching(/^settings.promote.managers: is 4/)]);
    expect(enforcedBy).toBe('m1');
  });

  it('never shows a stored spec, in which there may be passwords', async () => {
    swarm.services = [];
    swarm.addService({ ...replicated('web', 1), TaskTemplate: { ContainerSpec: { Env: ['PASSWORD=hunter22'] } } });
    const said = [
      await set(['web=1']),
      await listReplicas(swarm.context, 'default'),
      await replicasHistory(swarm.context, 'default'),
    ];
    expect(JSON.stringify(said)).not.toContain('hunter22');
  });
});

describe('replicas history', () => {
  it('tells what each revision changed', async () => {
    await set(['web=3']);
    await set(['web=4'], { max: 6 });
    await unsetReplicas(swarm.context, entries(['web']));
    const { revisions } = await replicasHistory(swarm.context, 'default');
    expect(revisions.map(({ revision, current, changes }) => [revision, current, changes])).toEqual([
      [3, true, ['web: no longer declared']],
      [2, false, ['web: 3 → 4 (max 6)']],
      [1, false, ['web: 3']],
    ]);
  });
});
