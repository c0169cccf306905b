import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { DriverContext } from '../../../src/drivers/driver.js';
import { type AwsBench, type AwsHost, hurried, openAwsBench } from './aws-bench.js';

let bench: AwsBench;
afterEach(() => bench[Symbol.asyncDispose]());

const blue = { swarm: 'blue', swarmId: randomUUID() };
const contextOfBlue = (): DriverContext => ({
  ...bench.context(),
  belongsTo: { swarm: blue.swarm, id: blue.swarmId, owner: 'tests' },
});

const reads = (): readonly string[] =>
  bench.ec2.calls.map(({ action }) => action).filter((action) => action.startsWith('Describe'));

describe('many hosts', { timeout: 120_000 }, () => {
  it('cost one call for each verb, and each launch one', async () => {
    bench = await openAwsBench();
    const { calls, world } = bench.ec2;
    const hosts = Array.from({ length: 10 }, (_, i) =>
      bench.host(`h${i}`, { ...blue, role: i < 3 ? 'manager' : 'worker' }),
    );
    await bench.driver.check(
      contextOfBlue(),
      hosts.map(({ identity }) => identity.name),
      ['h0', 'h1', 'h2'],
    );
    await Promise.all(hosts.map((host) => bench.create(host)));
    expect(bench.ec2.count('RunInstances')).toBe(10 + 1);
    expect(bench.ec2.count('CreateSecurityGroup')).toBe(1 + 1);
    // Polls are as many as the launch takes time; everything else at most three a host.
    expect(calls.length - bench.ec2.count('DescribeInstances')).toBeLessThanOrEqual(25);
    const zonesOf = (role: string): readonly string[] =>
      [...world.instances.values()]
        .filter(({ tags }) => tags['swarmup:role'] === role)
        .map(({ subnet }) => subnet.zone);
    expect(new Set(zonesOf('manager')).size).toBe(3);
    expect(new Set(zonesOf('worker')).size).toBe(3);

    const states = hosts.map(({ state }) => state);
    calls.length = 0;
    const listed = await bench.newProcess().driver.inspect(bench.context(), states);
    expect(listed.map(({ state }) => state)).toEqual(states.map(() => 'running'));
    expect(calls.map(({ action }) => action)).toEqual(['DescribeInstances']);

    const act = async (verb: 'stop' | 'start'): Promise<void> => {
      calls.length = 0;
      await Promise.all(
        states.map((state) => {
          if (state === undefined) return expect.fail();
          return verb === 'stop'
            ? bench.driver.stop(bench.context(), state, { force: false })
            : bench.driver.start({ ...bench.context(), save: async () => undefined }, state);
        }),
      );
    };
    await act('stop');
    expect(bench.ec2.count('StopInstances')).toBe(1);
    const before = new Set([...world.instances.values()].map(({ publicIp }) => publicIp));
    expect(before).toEqual(new Set([undefined]));
    await act('start');
    expect(bench.ec2.count('StartInstances')).toBe(1);

    calls.length = 0;
    await Promise.all(hosts.map((host) => bench.remove(host)));
    expect(bench.ec2.count('TerminateInstances')).toBe(1);
    expect(bench.ec2.count('DeleteSecurityGroup')).toBe(1);
    expect(reads().length).toBeLessThan(20);
    expect(bench.ec2.leftovers()).toEqual([]);
  });

  it('of more than a filter takes are one call, too', async () => {
    bench = await openAwsBench({ latencyMs: 20 });
    const hosts = Array.from({ length: 100 }, (_, i) => bench.host(`h${i}`, { swarm: 'blue', role: 'worker' }));
    await Promise.all(hosts.map((host) => bench.create(host)));
    expect(bench.ec2.mostChanges()).toBeGreaterThan(1);
    expect(bench.ec2.mostChanges()).toBeLessThanOrEqual(5);
    const states = hosts.flatMap(({ state }) => state ?? []);
    const unknown = Array.from({ length: 150 }, (_, i) => ({
      ...states[0],
      instance: `i-${String(i).padStart(17, '0')}`,
    })) as typeof states;
    bench.ec2.calls.length = 0;
    const listed = await bench.driver.inspect(bench.context(), [...states, ...unknown]);
    expect(bench.ec2.calls).toHaveLength(1);
    expect(listed.map(({ state }) => state)).toEqual([...states.map(() => 'running'), ...unknown.map(() => 'absent')]);
    await Promise.all(hosts.map((host) => bench.remove(host)));
    expect(bench.ec2.leftovers()).toEqual([]);
  });

  it('are within three calls each before the first ssh, polls and check included', async () => {
    // Slow enough for the polls to be as few as they are with AWS, where a launch takes longer than one.
    bench = await openAwsBench({}, { ...hurried, pollMs: 500 });
    const hosts = Array.from({ length: 10 }, (_, i) => bench.host(`h${i}`, { ...blue, role: 'worker' }));
    const names = hosts.map(({ identity }) => identity.name);
    await bench.driver.check(contextOfBlue(), names, []);
    await Promise.all(hosts.map((host) => bench.create(host)));
    expect(bench.ec2.calls.length).toBeLessThanOrEqual(3 * hosts.length);
    await Promise.all(hosts.map((host) => bench.remove(host)));
  });

  it('leave nothing behind, and are made no second time, after interrupts at 20 random points', async () => {
    bench = await openAwsBench();
    const calls = await callsOf(bench);
    for (const [round, point] of randomPoints(20, calls).entries()) {
      const run = bench.newProcess();
      const hosts = trio(run);
      const controller = new AbortController();
      // The answer to the call is lost, whether it was done or not; what would be saved after it reaches no disk.
      bench.ec2.fault({
        action: '*',
        skip: point,
        drop: true,
        when: Math.random() < 0.5 ? 'before' : 'after',
        meanwhile: () => {
          controller.abort(new Error('interrupted'));
        },
      });
      const onSave = (): void => {
        controller.signal.throwIfAborted();
      };
      await Promise.allSettled(hosts.map((host) => run.create(host, {}, { signal: controller.signal, onSave })));
      const where = `round ${round}, interrupted at call ${point} of ${calls}`;
      expect(controller.signal.aborted, where).toBe(true);
      bench.ec2.heal();
      const next = bench.newProcess();
      if (round % 2 === 0) {
        await Promise.all(hosts.map((host) => next.create(host)));
        const alive = [...bench.ec2.world.instances.values()].filter(({ state }) => state !== 'terminated');
        expect(alive.map(({ tags }) => tags['Name']).sort(), where).toEqual(['a', 'b', 'c']);
      }
      await Promise.all(hosts.map((host) => next.remove(host)));
      expect(bench.ec2.leftovers(), where).toEqual([]);
    }
    expect(bench.ec2.calls.filter(({ code }) => code === 'IdempotentParameterMismatch')).toEqual([]);
  });
});

const trio = (run: AwsBench): readonly AwsHost[] =>
  ['a', 'b', 'c'].map((name) => run.host(name, { swarm: 'blue', role: 'worker' }));

/** How many calls three hosts take when nothing goes wrong, without the polls at the end. */
async function callsOf(run: AwsBench): Promise<number> {
  const hosts = trio(run);
  await Promise.all(hosts.map((host) => run.create(host)));
  const { calls } = run.ec2;
  const count = 1 + calls.findLastIndex(({ action }) => action === 'RunInstances');
  await Promise.all(hosts.map((host) => run.remove(host)));
  return count;
}

/** Different ones, as far as there are so many. */
function randomPoints(count: number, calls: number): readonly number[] {
  const all = Array.from({ length: calls }, (_, point) => point);
  const shuffled = all.map((point) => [Math.random(), point] as const).sort(([a], [b]) => a - b);
  return Array.from({ length: count }, (_, i) => shuffled[i % calls]?.[1] ?? 0);
}
