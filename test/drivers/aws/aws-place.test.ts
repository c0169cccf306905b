import { afterEach, describe, expect, it } from 'vitest';
import type { OptionValues } from '../../../src/drivers/driver.js';
import type { Ec2Options } from '../../support/ec2/ec2-endpoint.js';
import { type AwsBench, openAwsBench } from './aws-bench.js';
import { fault } from './create-faulty.js';

let bench: AwsBench;
afterEach(() => bench[Symbol.asyncDispose]());

/** The letters of the zones that six hosts of a swarm are made in. */
async function zonesOf(options: Ec2Options, given: OptionValues = {}): Promise<string> {
  bench = await openAwsBench(options);
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f'])
    await bench.create(bench.host(name, { swarm: 'blue', role: 'worker' }), given);
  const zones = [...bench.ec2.world.instances.values()].map(({ subnet }) => subnet.zone.replace('us-east-1', ''));
  return [...new Set(zones)].sort().join(' ');
}

describe('the place of hosts', { timeout: 60_000 }, () => {
  it('is found where EC2 cuts its lists into pages', async () => {
    expect(await zonesOf({ pageSize: 1 })).toBe('a b c');
    const [group, ...others] = [...bench.ec2.world.groups.values()];
    expect(others).toEqual([]);
    // All rules were seen, so none was asked for twice.
    expect(group?.rules.filter(({ egress }) => !egress)).toHaveLength(8);
    expect(bench.ec2.count('AuthorizeSecurityGroupIngress')).toBe(1);
  });

  it('is not in a private subnet where another zone has a public one', async () => {
    expect(await zonesOf({ privateZones: ['a', 'c'] })).toBe('b');
  });

  it('is in no local zone', async () => {
    expect(await zonesOf({ localZones: ['us-east-1-bos-1a'] })).toBe('a b c');
  });

  it('is in a local zone that is named', async () => {
    expect(await zonesOf({ localZones: ['us-east-1-bos-1a'] }, { zone: ['us-east-1-bos-1a'] })).toBe('-bos-1a');
  });
});

describe('hosts that could not be reached', { timeout: 60_000 }, () => {
  const made = async (given: OptionValues): Promise<string> => {
    bench = await openAwsBench({ privateZones: ['a', 'b', 'c'] });
    const { ssh } = await bench.create(bench.host('one', { swarm: 'blue', role: 'worker' }), given);
    return ssh.host;
  };

  it.each<OptionValues>([{}, { 'public-ip': 'yes' }, { 'elastic-ip': true }])('are not made: %j', async (given) => {
    await expect(made(given)).rejects.toMatchObject({
      code: 'AWS_NOT_PUBLIC',
      exitCode: 3,
      message: expect.stringMatching(/subnet-\w+ \(us-east-1a\) has no route to an internet gateway/) as string,
      hints: expect.arrayContaining([expect.stringContaining('--aws-address private')]) as string[],
    });
    expect(bench.ec2.leftovers()).toEqual([]);
    const { driver, context } = bench;
    expect(await driver.check(context(given), ['one'], [])).toMatchObject([
      { severity: 'error', code: 'AWS_NOT_PUBLIC' },
    ]);
  });

  it('are refused also in one of several zones that were named', async () => {
    bench = await openAwsBench({ privateZones: ['a'] });
    const named = bench.create(bench.host('one', { swarm: 'blue', role: 'worker' }), { zone: ['a', 'b'] });
    await expect(named).rejects.toMatchObject({
      code: 'AWS_NOT_PUBLIC',
      message: expect.not.stringContaining('us-east-1b') as string,
    });
  });

  it('are made where private addresses are wanted', async () => {
    expect(await made({ address: 'private' })).toMatch(/^172\.31\./);
  });

  it('are refused also where their subnet alone gives no public address', async () => {
    bench = await openAwsBench();
    const creating = bench.create(bench.host('one'), { 'public-ip': 'no' });
    await expect(creating).rejects.toMatchObject({
      code: 'AWS_NOT_PUBLIC',
      hints: expect.arrayContaining([expect.stringContaining('--aws-public-ip yes')]) as string[],
    });
  });

  it.each(['UnauthorizedOperation', 'InvalidAction'])('are made where the routes are not told: %s', async (code) => {
    bench = await openAwsBench();
    bench.ec2.fault(fault('DescribeRouteTables', code, { times: 99 }));
    await bench.create(bench.host('one'));
    expect(bench.ec2.world.instances.size).toBe(1);
  });
});

describe('what EC2 says', { timeout: 60_000 }, () => {
  it('of a configuration that it never supports is not asked in every zone', async () => {
    bench = await openAwsBench();
    bench.ec2.fault(fault('RunInstances', 'Unsupported', { times: 99 }));
    await expect(bench.create(bench.host('one', { swarm: 'blue' }))).rejects.toMatchObject({ code: 'AWS_OPTION' });
    expect(bench.ec2.count('RunInstances')).toBe(1);
  });

  it('of the first spot instance of an account leads to the role that it needs', async () => {
    bench = await openAwsBench();
    bench.ec2.fault(fault('RunInstances', 'AuthFailure.ServiceLinkedRoleCreationNotPermitted', { times: 9 }));
    const creating = bench.create(bench.host('one', { swarm: 'blue', role: 'worker' }), { spot: true });
    await expect(creating).rejects.toMatchObject({
      hints: expect.arrayContaining([expect.stringContaining('create-service-linked-role')]) as string[],
    });
  });

  it('after the launch is no preflight any more', async () => {
    bench = await openAwsBench();
    const host = bench.host('one', { swarm: 'blue', role: 'worker' });
    bench.ec2.fault(fault('AllocateAddress', 'UnauthorizedOperation'));
    const creating = bench.create(host, { 'elastic-ip': true });
    await expect(creating).rejects.toMatchObject({ code: 'AWS_PERMISSION', exitCode: 1, host: 'one' });
    expect(bench.ec2.world.instances.size).toBe(1);
    // Nothing was launched yet: the same refusal is one.
    bench.ec2.fault(fault('DescribeSubnets', 'UnauthorizedOperation'));
    const refused = bench.newProcess().create(bench.host('two', { swarm: 'red' }));
    await expect(refused).rejects.toMatchObject({ code: 'AWS_PERMISSION', exitCode: 3 });
  });

  it('of an instance that is stopping is that it is off', async () => {
    bench = await openAwsBench({ settleMs: 300 });
    const host = bench.host('one');
    await bench.create(host);
    const { driver, context } = bench;
    if (host.state === undefined) expect.fail('no state');
    const stopping = driver.stop(context(), host.state, { force: false });
    await expect.poll(() => [...bench.ec2.world.instances.values()][0]?.state).toBe('stopping');
    expect(await driver.inspect(context(), [host.state])).toEqual([{ state: 'stopped' }]);
    await stopping;
  });
});
