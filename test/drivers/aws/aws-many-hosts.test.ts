import { afterEach, describe, expect, it } from 'vitest';
import { type AwsBench, openAwsBench } from './aws-bench.js';

let bench: AwsBench;
afterEach(() => bench[Symbol.asyncDispose]());

const reads = (): readonly string[] =>
  bench.ec2.calls.map(({ action }) => action).filter((action) => action.startsWith('Describe'));

describe('many hosts', { timeout: 120_000 }, () => {
  it('cost one call for each verb, and each launch one', async () => {
    bench = await openAwsBench();
    const { calls, world } = bench.ec2;
    const hosts = Array.from({ length: 10 }, (_, i) =>
      bench.host(`h${String(i)}`, { swarm: 'blue', role: i < 3 ? 'manager' : 'worker' }),
    );
    await bench.driver.check(
      bench.context(),
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
    const hosts = Array.from({ length: 100 }, (_, i) => bench.host(`h${String(i)}`, { swarm: 'blue', role: 'worker' }));
    await Promise.all(hosts.map((host) => bench.create(host)));
    expect(bench.ec2.mostChanges()).toBe(5);
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

  it('leave nothing behind after interrupts and kills at 20 random points', async () => {
    bench = await openAwsBench();
    for (let round = 0; round < 20; round++) {
      const run = bench.newProcess();
      const hosts = ['a', 'b', 'c'].map((name) => run.host(name, { swarm: 'blue', role: 'worker' }));
      const controller = new AbortController();
      const fatal = 1 + Math.floor(Math.random() * 60);
      const begun = bench.ec2.calls.length;
      // At a call, which is where it hurts: the answer to it may or may not arrive.
      const watch = setInterval(() => {
        if (bench.ec2.calls.length - begun >= fatal) controller.abort(new Error('interrupted'));
      }, 1);
      // A save that comes after the process was killed reaches no disk.
      const onSave = (): void => {
        controller.signal.throwIfAborted();
      };
      await Promise.allSettled(hosts.map((host) => run.create(host, {}, { signal: controller.signal, onSave })));
      clearInterval(watch);
      const next = bench.newProcess();
      await Promise.all(hosts.map((host) => next.remove(host)));
      expect(bench.ec2.leftovers(), `round ${String(round)}, interrupted at call ${String(fatal)}`).toEqual([]);
    }
  });
});
