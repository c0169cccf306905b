import { afterEach, describe, expect, it } from 'vitest';
import { type AwsBench, openAwsBench } from './aws-bench.js';

let bench: AwsBench;
afterEach(() => bench[Symbol.asyncDispose]());

/** What speaks EC2's protocol is not always EC2: private clouds, and stand-ins for tests. */
describe('an endpoint that deviates from EC2', { timeout: 120_000 }, () => {
  it('has its hosts made, adopted, stopped, started and removed all the same', async () => {
    bench = await openAwsBench({ deviates: true, settleMs: 0 });
    const hosts = ['one', 'two'].map((name) => bench.host(name, { swarm: 'blue', role: 'worker' }));
    const names = hosts.map(({ identity }) => identity.name);
    const found = await bench.driver.check(bench.context(), names, []);
    expect(found).toMatchObject([{ severity: 'info', message: expect.stringContaining('noble') as string }]);
    const made = await Promise.all(hosts.map((host) => bench.create(host, { spot: true, 'elastic-ip': true })));
    expect(await Promise.all(hosts.map((host) => bench.newProcess().create(host, { spot: true })))).toEqual(made);
    expect(bench.ec2.world.instances.size).toBe(2);
    const third = bench.host('three', { swarm: 'blue' });
    await bench.create(third);
    const { state } = third;
    if (state === undefined) expect.fail();
    await bench.driver.stop(bench.context(), state, { force: false });
    await bench.driver.start({ ...bench.context(), save: async () => undefined }, state);
    await Promise.all([...hosts, third].map((host) => bench.remove(host)));
    await Promise.all([...hosts, third].map((host) => bench.remove(host)));
    expect(bench.ec2.leftovers()).toEqual([]);
  });

  it('that makes a second host of one token gets no chance to, after a kill', async () => {
    bench = await openAwsBench({ deviates: true });
    for (const fatal of [1, 2, 3]) {
      const host = bench.host(`h${String(fatal)}`);
      let saves = 0;
      const onSave = (): void => {
        if (++saves === fatal) throw new Error('killed');
      };
      await expect(bench.create(host, {}, { onSave })).rejects.toThrow('killed');
      await bench.newProcess().create(host);
      const mine = [...bench.ec2.world.instances.values()].filter(({ tags }) => tags['Name'] === host.identity.name);
      expect(mine).toHaveLength(1);
      await bench.remove(host);
    }
    expect(bench.ec2.leftovers()).toEqual([]);
  });
});
