import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { OptionValues } from '../../../src/drivers/driver.js';
import { type AwsBench, openAwsBench, ownKeyFile } from './aws-bench.js';

let bench: AwsBench;
afterEach(() => bench[Symbol.asyncDispose]());

const open = async (): Promise<AwsBench> => (bench = await openAwsBench({ deviates: true }));

/**
 * What speaks EC2's protocol is not always EC2: private clouds, and stand-ins for tests. The ways in which the endpoint
 * deviates here are those of moto 5.2.2, as they were measured: no idempotency, gaps in answers, other codes, states
 * that change at once, and no refusal where EC2 has one.
 */
describe('an endpoint that deviates from EC2', { timeout: 120_000 }, () => {
  it('has its hosts made, adopted, stopped, started and removed all the same', async () => {
    await open();
    const hosts = ['one', 'two'].map((name) => bench.host(name, { swarm: 'blue', role: 'worker' }));
    const names = hosts.map(({ identity }) => identity.name);
    const found = await bench.driver.check(bench.context(), names, []);
    // Its images tell no date: the newest is that with the last name.
    expect(found).toMatchObject([
      { severity: 'info', message: expect.stringContaining('noble-24.04-amd64-server-20261015') as string },
    ]);
    const own = { 'import-key': await ownKeyFile() };
    const made = await Promise.all(hosts.map((host) => bench.create(host, { spot: true, 'elastic-ip': true, ...own })));
    expect(await Promise.all(hosts.map((host) => bench.newProcess().create(host, { spot: true })))).toEqual(made);
    expect(bench.ec2.world.instances.size).toBe(2);
    const third = bench.host('three', { swarm: 'blue' });
    await bench.create(third);
    const { state } = third;
    if (state === undefined) expect.fail();
    await bench.driver.stop(bench.context(), state, { force: false });
    expect(await bench.driver.inspect(bench.context(), [state])).toMatchObject([{ state: 'stopped' }]);
    await bench.driver.start({ ...bench.context(), save: async () => undefined }, state);
    await Promise.all([...hosts, third].map((host) => bench.remove(host)));
    await Promise.all([...hosts, third].map((host) => bench.remove(host)));
    expect(bench.ec2.leftovers()).toEqual([]);
    // It breaks down over what EC2 knows: filters by client token, ESP without ports, further attributes.
    expect(bench.ec2.calls.filter(({ status, code }) => status >= 500 || code === 'InvalidAction')).toEqual([]);
  });

  it('that makes a second host of one token gets no chance to, after a kill', async () => {
    await open();
    for (const fatal of [1, 2, 3]) {
      const host = bench.host(`h${fatal}`);
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

  it('that would start what has ended, or fail to end it again, is not asked to', async () => {
    await open();
    const host = bench.host('one');
    await bench.create(host);
    const { state } = host;
    const [instance] = [...bench.ec2.world.instances.values()];
    if (state === undefined || instance === undefined) expect.fail();
    // Somebody else ends it.
    instance.state = 'terminated';
    const context = { ...bench.context(), save: async () => undefined };
    await expect(bench.driver.start(context, state)).rejects.toMatchObject({ code: 'AWS_INSTANCE_GONE' });
    expect(instance.state).toBe('terminated');
    await bench.remove(host);
    expect(bench.ec2.count('StartInstances') + bench.ec2.count('TerminateInstances')).toBe(0);
  });

  it('that tells of no spot request has its spot host not stopped', async () => {
    await open();
    const host = bench.host('one', { swarm: 'blue', role: 'worker' });
    await bench.create(host, { spot: true });
    expect(bench.ec2.world.spotRequests.size).toBe(0);
    const { state } = host;
    if (state === undefined) expect.fail();
    await expect(bench.driver.stop(bench.context(), state, { force: true })).rejects.toMatchObject({
      code: 'AWS_SPOT_STOP',
    });
    await bench.remove(host);
    expect(bench.ec2.leftovers()).toEqual([]);
  });

  it('that takes every launch is asked for none that EC2 would refuse', async () => {
    await open();
    const host = bench.host('one');
    await bench.create(host);
    const { query } = bench.ec2.calls.find(({ action }) => action === 'RunInstances') ?? expect.fail();
    const forbidden = ['SubnetId', 'SecurityGroupId.1', 'Placement.AvailabilityZone', 'KeyName'];
    expect(forbidden.filter((name) => query.has(name))).toEqual([]);
    expect([query.number('MinCount'), query.number('MaxCount')]).toEqual([1, 1]);
    await bench.remove(host);
  });

  it('that takes user-data of any size gets none that EC2 would refuse', async () => {
    await open();
    const folder = await mkdtemp(join(tmpdir(), 'user-data-'));
    const file = join(folder, 'script');
    await writeFile(file, `#!/bin/sh\n# ${randomBytes(17_000).toString('base64')}\n`);
    const failing = bench.create(bench.host('one'), { 'user-data': file });
    await expect(failing).rejects.toMatchObject({ code: 'AWS_USER_DATA', exitCode: 2 });
    expect(bench.ec2.leftovers()).toEqual([]);
    await rm(folder, { recursive: true });
  });

  it.each<[string, OptionValues, string, number, RegExp]>([
    ['an unknown type', { 'instance-type': ['x9.huge'] }, 'AWS_OPTION', 2, /--aws-instance-type/],
    ['a malformed AMI', { ami: 'ami-nonsense' }, 'AWS_OPTION', 2, /--aws-ami/],
    ['an unknown instance profile', { 'iam-instance-profile': 'missing' }, 'AWS_OPTION', 2, /instance-profile/],
    [
      'an AMI for another architecture',
      { ami: 'debian:12', 'instance-type': ['t4g.small'] },
      'AWS_IMAGE_UNKNOWN',
      3,
      /ami/,
    ],
  ])('has %s told as EC2 would have it told', async (_, given, code, exitCode, hint) => {
    await open();
    const host = bench.host('one');
    const failing = bench.create(host, given);
    await expect(failing).rejects.toMatchObject({ code, exitCode });
    await expect(failing).rejects.toSatisfy(({ hints }: { hints: readonly string[] }) => hint.test(hints.join(' ')));
    await bench.remove(host);
    expect(bench.ec2.leftovers()).toEqual([]);
  });

  it('has a permission that is missing told by the name that EC2 has for it', async () => {
    await open();
    bench.ec2.fault({ action: 'RunInstances', code: 'AccessDenied', status: 403 });
    await expect(bench.create(bench.host('one'))).rejects.toMatchObject({
      code: 'AWS_PERMISSION',
      exitCode: 3,
      message: expect.stringContaining('ec2:RunInstances') as string,
    });
    expect(bench.ec2.leftovers()).toEqual([]);
  });

  it('may answer with no XML: for a moment, which nobody notices, or for good', async () => {
    await open();
    bench.ec2.fault({ action: 'RunInstances', crash: true, times: 2 });
    const host = bench.host('one');
    await bench.create(host);
    expect(bench.ec2.world.instances.size).toBe(1);
    await bench.remove(host);
    bench.ec2.fault({ action: 'DescribeSubnets', crash: true, times: 99 });
    const [problem] = await bench.newProcess().driver.check(bench.context(), ['two'], []);
    expect(problem).toMatchObject({ severity: 'error', code: 'AWS_FAILED' });
    expect(problem?.message).toBe('EC2 failed in DescribeSubnets: the answer does not come from EC2 (HTTP 500)');
    expect(bench.ec2.leftovers()).toEqual([]);
  });
});
