import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { changeService, rollBackServices, scaleServices } from '../../../src/operations/services/change-services.js';
import { node, replicated, ServiceSwarm, task } from '../../support/service-swarm.js';

let swarm: ServiceSwarm;
beforeEach(async () => {
  swarm = await ServiceSwarm.start(['m1']);
  swarm.nodes.push(node('w1'));
  for (const name of ['web', 'api'])
    // A task that runs for a millisecond is believed.
    swarm.addService({ ...replicated(name, 1), UpdateConfig: { Monitor: 1e6 } }, ['w1']);
});
afterEach(() => swarm[Symbol.asyncDispose]());

const usual = { swarm: 'default', dryRun: false, detach: false, timeoutMs: 10_000 };
const scale = (counts: readonly string[], more: Partial<typeof usual> = {}) =>
  scaleServices(swarm.context, { ...usual, ...more, counts });
const events = (): readonly string[] =>
  swarm.reports.map((event) => ('step' in event ? `${event.type} ${String(event.step)}` : event.type));

/** As swarm does it: what is asked for runs. */
const runAll = (): void => {
  swarm.onUpdate = ({ ID }) => {
    swarm.tasks.push({ ...task(`${ID}-new`, ID, 'w1'), Slot: 2 });
  };
};

describe('changes of services', () => {
  it('are made at once, and each is a step until it runs', async () => {
    runAll();
    const { services } = await scale(['web=2', 'api=2']);
    expect(services.map(({ service, change, state, running }) => [service, change, state, running])).toEqual([
      ['web', 'scaled', 'converged', 2],
      ['api', 'scaled', 'converged', 2],
    ]);
    expect(swarm.writes).toHaveLength(2);
    expect(
      events()
        .filter((event) => !event.startsWith('step-detail'))
        .sort(),
    ).toEqual([
      'plan',
      'step-done api/converge',
      'step-done web/converge',
      'step-started api/converge',
      'step-started web/converge',
    ]);
  });

  it('that do not come true in time are in the result, and their steps have failed', async () => {
    const { services } = await scale(['web=2'], { timeoutMs: 50 });
    expect(services).toMatchObject([{ service: 'web', state: 'timed-out', running: 1, wanted: 2 }]);
    expect(events()).toContain('step-failed web/converge');
  });

  it('are not waited for with --detach, and not made in a dry run', async () => {
    expect((await scale(['web=2'], { detach: true })).services).toMatchObject([
      { change: 'scaled', state: 'detached' },
    ]);
    expect(swarm.writes).toHaveLength(1);
    const { services } = await scale(['web=5', 'api=1'], { dryRun: true });
    expect(services.map(({ change, state }) => [change, state])).toEqual([
      ['scaled', 'planned'],
      ['unchanged', 'planned'],
    ]);
    expect([swarm.writes.length, events()]).toEqual([1, []]);
  });

  it('end with the error of the one that the engine refuses, and nothing is waited for', async () => {
    // Somebody else is quicker.
    swarm.onUpdate = () => {
      swarm.services = swarm.services.map((service) => ({ ...service, Version: { Index: 99 } }));
    };
    await expect(scale(['web=2', 'api=2'])).rejects.toMatchObject({ code: 'ENGINE_500' });
    expect(events()).toEqual([]);
  });

  it('are refused before anything is changed', async () => {
    await expect(scale(['web=2', 'web=3'])).rejects.toMatchObject({ code: 'COUNT_INVALID' });
    await expect(scale(['web=2', 'wep=3'])).rejects.toMatchObject({ code: 'SERVICE_UNKNOWN' });
    const request = { ...usual, names: ['web'] };
    await expect(rollBackServices(swarm.context, request)).rejects.toMatchObject({ code: 'NO_PREVIOUS_SPEC' });
    expect(swarm.writes).toEqual([]);
  });
});

describe('a count that the agent would set back', () => {
  const declare = (entry: object): void => {
    swarm.addConfig('swarmup.replicas.1', { schemaVersion: 1, services: { web: entry } });
  };
  const declared = { code: 'SERVICE_DECLARED', exitCode: 3 };

  it('is refused, with the command that changes the declaration', async () => {
    declare({ replicas: 1 });
    await expect(scale(['web=5', 'api=2'])).rejects.toMatchObject({
      ...declared,
      message: 'the agent would set this count back, because another one is declared: web (1)',
      hints: ["swarmup replicas set 'web=5' changes the declaration, and the agent the count", expect.anything()],
    });
    const change = { ...usual, name: 'web', force: false, options: { replicas: 5 } };
    await expect(changeService(swarm.context, change)).rejects.toMatchObject(declared);
    expect(swarm.writes).toEqual([]);
  });

  it('is made where the declaration allows it, is paused or is changed as well', async () => {
    declare({ replicas: 1, max: 3, min: 1 });
    expect((await scale(['web=2'], { detach: true })).services).toMatchObject([{ state: 'detached' }]);
    await expect(scale(['web=4'])).rejects.toMatchObject(declared);
    const all = { ...usual, detach: true, counts: ['web=4'], declared: true };
    expect((await scaleServices(swarm.context, all)).services).toMatchObject([{ state: 'detached' }]);
    swarm.configs = [];
    declare({ replicas: 1, paused: true });
    expect((await scale(['web=5'], { detach: true })).services).toMatchObject([{ state: 'detached' }]);
  });

  it('is not rolled back to', async () => {
    declare({ replicas: 1 });
    swarm.services = swarm.services.map((service) => ({ ...service, PreviousSpec: replicated(service.Spec.Name, 4) }));
    await expect(rollBackServices(swarm.context, { ...usual, names: ['web'] })).rejects.toMatchObject(declared);
    swarm.services = swarm.services.map((service) => ({ ...service, PreviousSpec: replicated(service.Spec.Name, 1) }));
    const back = await rollBackServices(swarm.context, { ...usual, detach: true, names: ['web'] });
    expect(back.services).toMatchObject([{ change: 'rolled-back' }]);
  });
});
