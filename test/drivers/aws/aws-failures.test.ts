import { afterEach, describe, expect, it } from 'vitest';
import type { OptionValues } from '../../../src/drivers/driver.js';
import { instantBackend, LaunchFailed } from '../../support/ec2/backend.js';
import type { Ec2Options, Fault } from '../../support/ec2/ec2-endpoint.js';
import { type AwsBench, openAwsBench, ownKeyFile } from './aws-bench.js';
import { createFaulty, fault, type FaultyCreate } from './create-faulty.js';

let bench: AwsBench;
afterEach(() => bench[Symbol.asyncDispose]());

const createWith = async (
  faults: readonly Fault[],
  options: Ec2Options = {},
  given: OptionValues = {},
): Promise<FaultyCreate> => {
  bench = await openAwsBench(options);
  return createFaulty(bench, faults, given);
};

describe('what EC2 refuses for good stops at once', { timeout: 120_000 }, () => {
  it.each([
    ['credentials', fault('*', 'AuthFailure', { times: 99 }), 'AWS_CREDENTIALS', 3, /no valid AWS credentials/],
    [
      'a permission',
      fault('RunInstances', 'UnauthorizedOperation'),
      'AWS_PERMISSION',
      3,
      /does not allow you to use ec2:RunInstances/,
    ],
    ['the cores', fault('RunInstances', 'VcpuLimitExceeded'), 'AWS_QUOTA', 1, /Running On-Demand Standard instances/],
    ['the instances', fault('RunInstances', 'InstanceLimitExceeded'), 'AWS_QUOTA', 1, /quota of running instances/],
    ['a new account', fault('RunInstances', 'PendingVerification'), 'AWS_QUOTA', 1, /not verified the account/],
    ['a closed region', fault('RunInstances', 'OptInRequired'), 'AWS_QUOTA', 1, /not been opened/],
    ['the groups', fault('CreateSecurityGroup', 'SecurityGroupLimitExceeded'), 'AWS_QUOTA', 1, /VPC security groups/],
    ['a parameter', fault('RunInstances', 'InvalidParameterValue'), 'AWS_OPTION', 2, /refused RunInstances/],
    ['a key pair', fault('RunInstances', 'InvalidKeyPair.NotFound'), 'AWS_OPTION', 2, /InvalidKeyPair/],
  ] as const)('%s', async (_, given, code, exitCode, message) => {
    const { error, calls, left } = await createWith([given]);
    expect(error).toMatchObject({ code, exitCode, message: expect.stringMatching(message) as string });
    expect((error as { hints: readonly string[] }).hints.length).toBeGreaterThan(0);
    // One call, and not eight: it would be refused each time.
    expect(calls('RunInstances')).toBe(given.action === 'RunInstances' ? 1 : 0);
    // Six that look, four that make, three that take the group away again.
    expect(calls()).toBeLessThanOrEqual(14);
    expect(left).toEqual([]);
  });

  it('to look at what was launched: it stays on record, and is never launched again', async () => {
    bench = await openAwsBench();
    const host = bench.host('one', { swarm: 'blue', role: 'worker' });
    // The first look is for the other hosts of the swarm.
    bench.ec2.fault(fault('DescribeInstances', 'UnauthorizedOperation', { skip: 1, times: 99 }));
    await expect(bench.create(host)).rejects.toMatchObject({
      code: 'AWS_PERMISSION',
      exitCode: 1,
      message: expect.stringContaining('ec2:DescribeInstances') as string,
    });
    // The first look, the one that was refused, and whether anybody uses the group: it does not go on asking.
    expect([bench.ec2.count('DescribeInstances'), bench.ec2.count('RunInstances')]).toEqual([3, 1]);
    bench.ec2.heal();
    const [instance] = [...bench.ec2.world.instances.keys()];
    expect(host.state?.instance).toBe(instance);
    await bench.newProcess().create(host);
    expect([...bench.ec2.world.instances.keys()]).toEqual([instance]);
    await bench.remove(host);
    expect(bench.ec2.leftovers()).toEqual([]);
  });

  it('the quota after two of three hosts: those stay, and can be removed', async () => {
    bench = await openAwsBench({ vcpuQuota: 4 });
    const hosts = ['a', 'b', 'c'].map((name) => bench.host(name, { swarm: 'blue', role: 'worker' }));
    const done = await Promise.allSettled(hosts.map((host) => bench.create(host)));
    expect(done.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    expect(done.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'AWS_QUOTA', message: expect.stringContaining('vCPUs') as string },
    });
    expect([bench.ec2.count('RunInstances'), bench.ec2.world.instances.size]).toEqual([3, 2]);
    await Promise.all(hosts.map((host) => bench.remove(host)));
    expect(bench.ec2.leftovers()).toEqual([]);
  });

  it('names the address quota, and keeps the host that runs', async () => {
    bench = await openAwsBench({ addressQuota: 0 });
    const host = bench.host('one');
    await expect(bench.create(host, { 'elastic-ip': true })).rejects.toMatchObject({
      code: 'AWS_QUOTA',
      exitCode: 1,
      message: expect.stringContaining('Elastic IPs') as string,
    });
    expect(bench.ec2.count('AllocateAddress')).toBe(1);
    expect([...bench.ec2.world.instances.values()].map(({ state }) => state)).toEqual(['running']);
    await bench.remove(host);
    expect(bench.ec2.leftovers()).toEqual([]);
  });

  it('no default VPC: three ways out', async () => {
    const { error, calls } = await createWith([], { defaultVpc: false });
    expect(error).toMatchObject({
      code: 'AWS_NO_DEFAULT_VPC',
      exitCode: 3,
      message: 'the account has no default VPC in us-east-1',
    });
    expect((error as { hints: readonly string[] }).hints).toHaveLength(3);
    expect(calls('CreateSecurityGroup') + calls('RunInstances')).toBe(0);
  });

  it.each([
    ['ami-0123456789abcdef9', 'InvalidAMIID.NotFound'],
    ['ami-nonsense', 'InvalidAMIID.Malformed'],
  ])('an AMI that is not there, before anything is made: %s', async (ami, code) => {
    const { error, calls } = await createWith([], {}, { ami });
    expect(error).toMatchObject({
      exitCode: 2,
      message: expect.stringContaining(code) as string,
      hints: ['see --aws-ami'],
    });
    expect(calls('CreateSecurityGroup') + calls('RunInstances')).toBe(0);
  });
});

describe('where there is no capacity', { timeout: 120_000 }, () => {
  const full = (times: number): Fault => fault('RunInstances', 'InsufficientInstanceCapacity', { times });

  it('the next zone is tried, with another token, and one call each', async () => {
    const { error, calls } = await createWith([full(2)]);
    expect(error).toBeUndefined();
    expect(calls('RunInstances')).toBe(3);
    const runs = bench.ec2.calls.filter(({ action }) => action === 'RunInstances').map(({ query }) => query);
    expect(new Set(runs.map((run) => run.text('ClientToken'))).size).toBe(3);
    expect(new Set(runs.map((run) => run.text('NetworkInterface.1.SubnetId'))).size).toBe(3);
  });

  it('then the next type, then it says where it looked', async () => {
    const { error, calls } = await createWith([full(99)], {}, { 'instance-type': ['t3.small', 'm7i.large'] });
    expect(error).toMatchObject({ code: 'AWS_CAPACITY', exitCode: 1, retryable: true });
    expect((error as Error).message).toMatch(/t3\.small in us-east-1a.*m7i\.large in us-east-1c/s);
    expect(calls('RunInstances')).toBe(6);
  });

  it('spot falls back to on-demand when asked to', async () => {
    const given = { spot: true, 'spot-fallback': true };
    const { error } = await createWith([{ ...full(3), code: 'SpotMaxPriceTooLow' }], {}, given);
    expect(error).toBeUndefined();
    const last = bench.ec2.calls.findLast(({ action }) => action === 'RunInstances');
    expect(last?.query.has('InstanceMarketOptions.MarketType')).toBe(false);
  });

  it.each(['InsufficientFreeAddressesInSubnet', 'InsufficientAddressCapacity'])('the same for %s', async (code) => {
    const { error, calls } = await createWith([fault('RunInstances', code)]);
    expect([error, calls('RunInstances')]).toEqual([undefined, 2]);
  });

  it.each(['Server.SpotInstanceTermination', 'Server.InsufficientInstanceCapacity'])(
    'also when an instance ends for it before it runs: %s',
    async (reason) => {
      let launches = 0;
      const launch = async (): Promise<object> => {
        if (++launches === 1) throw new LaunchFailed(reason, 'as EC2 puts it');
        return {};
      };
      const { error } = await createWith([], { backend: { ...instantBackend, launch } }, { spot: true });
      expect([error, launches]).toEqual([undefined, 2]);
    },
  );

  it('a host that no zone had place for does not make the next one try them all', async () => {
    bench = await openAwsBench();
    bench.ec2.fault(full(2));
    const hosts = ['one', 'two'].map((name) => bench.host(name, { swarm: 'blue', role: 'worker' }));
    for (const host of hosts) await bench.create(host);
    expect(bench.ec2.count('RunInstances')).toBe(4);
    for (const host of hosts) await bench.remove(host);
  });
});

describe('an answer that is lost costs nothing', { timeout: 120_000 }, () => {
  const lost = (action: string): Fault => ({ action, when: 'after', drop: true });

  it.each([
    'RunInstances',
    'CreateSecurityGroup',
    'AuthorizeSecurityGroupIngress',
    'ImportKeyPair',
    'AllocateAddress',
    'AssociateAddress',
  ])('of %s', async (action) => {
    const given = { 'elastic-ip': true, 'import-key': await ownKeyFile() };
    const { error, calls } = await createWith([lost(action)], {}, given);
    expect(error).toBeUndefined();
    // The call that was lost, and the one that found out.
    expect(calls(action)).toBe(2);
  });

  it('nor does a 500 after the launch', async () => {
    const { error } = await createWith([fault('RunInstances', 'InternalError', { when: 'after' })]);
    expect(error).toBeUndefined();
    expect(bench.ec2.world.instances.size).toBe(1);
  });

  it('nor one that stays lost: the next run finds the host', async () => {
    bench = await openAwsBench();
    const host = bench.host('one');
    // The SDK asks again after the lost answer; by then the credentials have expired.
    bench.ec2.fault(lost('RunInstances'), fault('RunInstances', 'RequestExpired'));
    await expect(bench.create(host)).rejects.toMatchObject({ code: 'AWS_CREDENTIALS' });
    await bench.newProcess().create(host);
    expect(bench.ec2.world.instances.size).toBe(1);
    await bench.remove(host);
    expect(bench.ec2.leftovers()).toEqual([]);
  });
});

describe('an instance that ends before it runs', { timeout: 120_000 }, () => {
  it.each([
    ['Client.VolumeLimitExceeded', /quota for storage/],
    ['Client.InternalError', /key of the encrypted disk/],
  ])('is told with its reason: %s', async (reason, hint) => {
    let launches = 0;
    const backend = {
      ...instantBackend,
      launch: async () => {
        launches++;
        throw new LaunchFailed(reason, 'as EC2 puts it');
      },
    };
    const { error } = await createWith([], { backend });
    expect(error).toMatchObject({
      code: 'AWS_LAUNCH_FAILED',
      exitCode: 1,
      message: expect.stringContaining(`${reason}: as EC2 puts it`) as string,
      hints: [expect.stringMatching(hint) as string],
    });
    expect(launches).toBe(1);
  });
});

describe('what is of somebody else stays as it is', { timeout: 120_000 }, () => {
  it('a security group of the same name', async () => {
    bench = await openAwsBench();
    const { world } = bench.ec2;
    world.groups.set('sg-1', {
      id: 'sg-1',
      name: 'swarmup-blue',
      description: '',
      vpc: world.vpc.id,
      tags: {},
      rules: [],
    });
    const host = bench.host('one', { swarm: 'blue' });
    await expect(bench.create(host)).rejects.toMatchObject({
      code: 'AWS_GROUP_TAKEN',
      exitCode: 3,
      message: expect.stringContaining('but swarmup did not make it') as string,
    });
    expect(bench.ec2.count('CreateSecurityGroup') + bench.ec2.count('RunInstances')).toBe(0);
    await bench.remove(host);
    expect(bench.ec2.leftovers()).toEqual(['security-group sg-1']);
  });

  it('a protected host, until rm is forced', async () => {
    bench = await openAwsBench();
    const [kept, other] = [bench.host('kept', { swarm: 'blue' }), bench.host('other', { swarm: 'blue' })];
    await bench.create(kept, { protect: true });
    await bench.create(other);
    // In one call, which EC2 refuses as a whole.
    const [first, second] = await Promise.allSettled([bench.remove(kept), bench.remove(other)]);
    expect(first).toMatchObject({
      status: 'rejected',
      reason: {
        code: 'AWS_PROTECTED',
        exitCode: 1,
        message: expect.stringMatching(/^instance i-\w+ of kept is protected against termination$/) as string,
        hints: ['swarmup rm --force --yes kept removes it all the same'],
      },
    });
    // Both at once, then each on its own.
    expect(bench.ec2.count('TerminateInstances')).toBe(3);
    expect(second.status).toBe('fulfilled');
    await bench.remove(kept, { force: true });
    expect(bench.ec2.leftovers()).toEqual([]);
  });

  it('a spot host cannot be stopped, and no manager is made of one', async () => {
    bench = await openAwsBench();
    const host = bench.host('one', { swarm: 'blue', role: 'worker' });
    await bench.create(host, { spot: true });
    const { state } = host;
    if (state === undefined) expect.fail();
    await expect(bench.driver.stop(bench.context(), state, { force: true })).rejects.toMatchObject({
      code: 'AWS_SPOT_STOP',
      exitCode: 2,
      message: expect.stringContaining('can be removed but not stopped') as string,
    });
    expect(bench.ec2.count('StopInstances')).toBe(0);
    await bench.remove(host);
    const manager = bench.host('m', { swarm: 'blue', role: 'manager' });
    await expect(bench.create(manager, { spot: true })).rejects.toMatchObject({
      code: 'AWS_SPOT_MANAGER',
      exitCode: 2,
    });
    expect(manager.state).toBeUndefined();
    await expect(bench.driver.check(bench.context({ spot: true }), ['m'], ['m'])).rejects.toMatchObject({
      code: 'AWS_SPOT_MANAGER',
      exitCode: 2,
    });
    expect(bench.ec2.leftovers()).toEqual([]);
    // Who wants it all the same says so.
    const forced = { spot: true, force: true };
    const problems = await bench.driver.check(bench.context(forced), ['m'], ['m']);
    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    await bench.create(manager, forced);
    expect(bench.ec2.world.spotRequests.size).toBe(2);
    await bench.remove(manager);
    expect(bench.ec2.leftovers()).toEqual([]);
  });
});

describe('check', { timeout: 120_000 }, () => {
  it.each([
    [fault('RunInstances', 'UnauthorizedOperation', { dryRun: true }), 'AWS_PERMISSION'],
    [fault('CreateSecurityGroup', 'UnauthorizedOperation', { dryRun: true }), 'AWS_PERMISSION'],
    [fault('DescribeVpcs', 'AuthFailure'), 'AWS_CREDENTIALS'],
  ])('finds out beforehand: %s', async (given, code) => {
    bench = await openAwsBench();
    bench.ec2.fault({ ...given });
    expect(await bench.driver.check(bench.context(), ['one'], [])).toMatchObject([{ severity: 'error', code }]);
    expect(bench.ec2.leftovers()).toEqual([]);
  });
});
