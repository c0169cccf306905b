import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ObservedService } from '../../../src/agent/observation.js';
import { replicasOf } from '../../../src/agent/observation.js';
import { surgeOf, withoutSurge } from '../../../src/agent/service-change.js';
import { rebalance } from '../../../src/operations/agent/rebalance.js';
import { node, replicated, ServiceSwarm, task } from '../../support/service-swarm.js';

let swarm: ServiceSwarm;
beforeEach(async () => {
  swarm = await ServiceSwarm.start(['m1']);
  swarm.nodes.push(node('w1'), node('w2'));
});
afterEach(() => swarm[Symbol.asyncDispose]());

const run = (services: readonly string[] = [], dryRun = false) =>
  rebalance(swarm.context, { swarm: 'default', services, dryRun });
const updates = (): number => swarm.writes.filter((write) => write.endsWith('/update')).length;

/** As swarm does it: extra tasks go to the emptiest node, and are taken from the fullest. */
function schedule(service: ObservedService): void {
  const mine = () => swarm.tasks.filter(({ ServiceID }) => ServiceID === service.ID);
  const on = (host: string): number => mine().filter(({ NodeID }) => NodeID === host).length;
  const hosts = swarm.nodes.map(({ ID }) => ID);
  for (const wanted = replicasOf(service.Spec) ?? 0; mine().length !== wanted;) {
    const sorted = [...hosts].sort((a, b) => on(a) - on(b));
    if (mine().length < wanted) swarm.tasks.push(task(`t${Math.random()}`, service.ID, sorted[0] ?? ''));
    else {
      const last = mine().find(({ NodeID }) => NodeID === sorted.at(-1));
      swarm.tasks = swarm.tasks.filter((other) => other !== last);
    }
  }
}
const spread = (): Record<string, number> =>
  Object.fromEntries(swarm.nodes.map(({ ID }) => [ID, swarm.tasks.filter(({ NodeID }) => NodeID === ID).length]));

describe('rebalance --dry-run', () => {
  it('tells what would move and why the rest stays, and writes nothing', async () => {
    swarm.addService(replicated('busy', 3), ['m1', 'm1', 'm1']);
    swarm.services = swarm.services.map((service) => ({ ...service, UpdateStatus: { State: 'updating' } }));
    swarm.addService(replicated('even', 2), ['m1', 'w1']);
    swarm.addService(replicated('fixed', 3, { 'swarmup.rebalance': 'never' }), ['m1', 'm1', 'm1']);
    swarm.addService(replicated('lacking', 4), ['m1', 'm1', 'm1']);
    swarm.addService(replicated('web', 6), ['m1', 'm1', 'm1', 'w1', 'w1', 'w1']);
    swarm.addService({ Name: 'watch', Mode: { Global: {} } });
    const { services } = await run([], true);
    expect(services.map(({ service, status, moves }) => [service, status, moves])).toEqual([
      ['busy', 'skipped', 2],
      ['even', 'even', 0],
      ['fixed', 'skipped', 2],
      ['lacking', 'skipped', 2],
      ['web', 'would-move', 2],
    ]);
    expect(services.find(({ service }) => service === 'web')?.nodes).toEqual([
      { node: 'm1', now: 3, ideal: 2 },
      { node: 'w1', now: 3, ideal: 2 },
      { node: 'w2', now: 0, ideal: 2 },
    ]);
    expect(services.map(({ reason }) => reason ?? '')).toEqual([
      'is being updated',
      '',
      expect.stringContaining('never'),
      'has 3 of 4 tasks running',
      '',
    ]);
    expect(swarm.writes).toEqual([]);
  });

  it('refuses a service that is not there', async () => {
    await expect(run(['web'], true)).rejects.toMatchObject({ code: 'SERVICE_UNKNOWN', exitCode: 2 });
  });
});

describe('rebalance', () => {
  beforeEach(() => {
    swarm.addService(replicated('web', 6), ['m1', 'm1', 'm1', 'w1', 'w1', 'w1']);
  });

  it('starts the extra tasks first, and takes as many away once all run, where no agent does it', async () => {
    const counts: (number | undefined)[] = [];
    swarm.onUpdate = (service) => {
      counts.push(replicasOf(service.Spec));
      schedule(service);
    };
    expect((await run()).services).toMatchObject([{ service: 'web', status: 'moved', moves: 2 }]);
    expect(counts).toEqual([8, 6]);
    expect(spread()).toEqual({ m1: 2, w1: 2, w2: 2 });
    expect(swarm.services[0]?.Spec).toEqual(replicated('web', 6));
  });

  it('leaves the end of a move to the agent that leads', async () => {
    swarm.addAgent('m1', { state: 'leader' });
    swarm.onUpdate = (service) => {
      // The agent's end of it, not one of ours.
      setImmediate(() => {
        const spec = withoutSurge(service.Spec, surgeOf(service.Spec)?.from ?? 0);
        swarm.services = [{ ...service, Version: { Index: 99 }, Spec: spec }];
      });
    };
    expect((await run()).services).toMatchObject([{ status: 'moved' }]);
    expect(updates()).toBe(1);
  });

  it('takes a move back when it is stopped, as nobody else would', async () => {
    swarm.onUpdate = (service) => {
      if (surgeOf(service.Spec) !== undefined) swarm.abort.abort(new Error('Ctrl-C'));
    };
    await expect(run()).rejects.toThrow('Ctrl-C');
    expect(swarm.services[0]?.Spec).toEqual(replicated('web', 6));
  });

  it('leaves a service alone that somebody has changed since the plan', async () => {
    swarm.addService(replicated('api', 4), ['m1', 'm1', 'w1', 'w1']);
    swarm.onUpdate = (service) => {
      schedule(service);
      // While the first is moved, the second is scaled by hand.
      swarm.services = swarm.services.map((other) =>
        other.Spec.Name === 'web' ? { ...other, Spec: replicated('web', 7) } : other,
      );
    };
    const { services } = await run(['api', 'web']);
    expect(services.map(({ service, status }) => [service, status])).toEqual([
      ['api', 'moved'],
      ['web', 'failed'],
    ]);
    expect(services[1]?.reason).toBe('another program changed web in the meantime');
  });
});
