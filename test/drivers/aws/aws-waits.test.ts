import { afterEach, describe, expect, it } from 'vitest';
import { type AwsBench, hurried, openAwsBench } from './aws-bench.js';
import { createFaulty, fault } from './create-faulty.js';

let bench: AwsBench;
afterEach(() => bench[Symbol.asyncDispose]());

describe('what passes by itself is waited for', { timeout: 120_000 }, () => {
  it('throttling', async () => {
    bench = await openAwsBench();
    const { error } = await createFaulty(bench, [fault('RunInstances', 'RequestLimitExceeded', { times: 2 })]);
    expect(error).toBeUndefined();
    // The check does not come here: these are two noes and a yes.
    expect(bench.ec2.count('RunInstances')).toBe(3);
    expect(bench.ec2.world.instances.size).toBe(1);
  });

  it('an instance that is not seen yet, also by rm', async () => {
    bench = await openAwsBench({ visibleAfterMs: 150 });
    const host = bench.host('one');
    await bench.create(host);
    await bench.remove(host);
    const young = bench.host('two');
    const killed = new Error('killed');
    let saves = 0;
    const onSave = (): void => {
      if (++saves === 3) throw killed;
    };
    await expect(bench.create(young, {}, { onSave })).rejects.toBe(killed);
    expect(bench.ec2.world.instances.size).toBe(2);
    await bench.newProcess().remove(young);
    expect(bench.ec2.leftovers()).toEqual([]);
  });

  it.each([
    ['a group that is not seen yet', fault('AuthorizeSecurityGroupIngress', 'InvalidGroup.NotFound', { times: 2 })],
    ['the same at the launch', fault('RunInstances', 'InvalidGroup.NotFound', { times: 2 })],
    ['rules that somebody else makes', fault('AuthorizeSecurityGroupIngress', 'InvalidPermission.Duplicate')],
    [
      'a new instance profile',
      fault('RunInstances', 'InvalidParameterValue', {
        message: 'Value for parameter iamInstanceProfile.name is invalid',
      }),
    ],
    ['a new address that is not seen yet', fault('AssociateAddress', 'InvalidAllocationID.NotFound', { times: 2 })],
    ['an address that somebody else is moving', fault('AssociateAddress', 'Resource.AlreadyAssociated', { times: 2 })],
    ['an instance that may not have it yet', fault('AssociateAddress', 'IncorrectInstanceState', { times: 2 })],
  ])('%s', async (_, given) => {
    bench = await openAwsBench();
    const options = { 'elastic-ip': given.action === 'AssociateAddress' };
    const { error, calls } = await createFaulty(bench, [given], options);
    expect(error).toBeUndefined();
    expect(calls(given.action)).toBe((given.times ?? 1) + 1);
  });

  it('being asked less often, also about what is waited for', async () => {
    bench = await openAwsBench();
    const faults = [fault('DescribeInstances', 'RequestLimitExceeded', { skip: 1, times: 2 })];
    const { error } = await createFaulty(bench, faults);
    expect([error, bench.ec2.world.instances.size]).toEqual([undefined, 1]);
  });

  it('an instance that EC2 denies to know when it is to end, though it runs', async () => {
    bench = await openAwsBench();
    const host = bench.host('one');
    await bench.create(host);
    bench.ec2.fault(fault('TerminateInstances', 'InvalidInstanceID.NotFound', { times: 2 }));
    await bench.remove(host);
    expect(bench.ec2.count('TerminateInstances')).toBe(3);
    expect(bench.ec2.leftovers()).toEqual([]);
  });

  it('an address that is still in use', async () => {
    bench = await openAwsBench();
    const host = bench.host('one');
    await bench.create(host, { 'elastic-ip': true });
    bench.ec2.fault(fault('ReleaseAddress', 'InvalidIPAddress.InUse', { times: 2 }));
    await bench.remove(host);
    expect(bench.ec2.count('ReleaseAddress')).toBe(3);
    expect(bench.ec2.leftovers()).toEqual([]);
  });

  it('an address that stays in use is told, and goes with the next try', async () => {
    bench = await openAwsBench({}, { ...hurried, busyMs: 100 });
    const host = bench.host('one');
    await bench.create(host, { 'elastic-ip': true });
    bench.ec2.fault(fault('ReleaseAddress', 'InvalidIPAddress.InUse', { times: 9999 }));
    await expect(bench.remove(host)).rejects.toMatchObject({
      code: 'AWS_BUSY',
      exitCode: 1,
      retryable: true,
      message: expect.stringContaining('refused ReleaseAddress') as string,
    });
    expect(bench.ec2.count('ReleaseAddress')).toBeGreaterThan(1);
    bench.ec2.heal();
    await bench.remove(host);
    expect(bench.ec2.leftovers()).toEqual([]);
  });

  it('an address that the instance before still has: it moves with the host', async () => {
    bench = await openAwsBench();
    const host = bench.host('one');
    const { ssh } = await bench.create(host, { 'elastic-ip': true });
    const [first] = [...bench.ec2.world.instances.values()];
    if (first === undefined) expect.fail();
    // Somebody else has ended it; EC2 has not noticed for its address yet.
    first.state = 'terminated';
    bench.ec2.world.interfaces.clear();
    bench.ec2.world.volumes.clear();
    expect((await bench.create(host, { 'elastic-ip': true })).ssh.host).toBe(ssh.host);
    expect(bench.ec2.calls.filter(({ code }) => code === 'Resource.AlreadyAssociated')).toEqual([]);
    expect(bench.ec2.world.addresses.size).toBe(1);
    await bench.remove(host);
    expect(bench.ec2.leftovers()).toEqual([]);
  });

  it('another process that makes the group of the same swarm: there is one, with each rule once', async () => {
    bench = await openAwsBench({ latencyMs: 5 });
    const [a, b] = [bench.host('a', { swarm: 'blue' }), bench.host('b', { swarm: 'blue' })];
    await Promise.all([bench.create(a), bench.newProcess().create(b)]);
    const groups = [...bench.ec2.world.groups.values()].map(
      ({ rules }) => rules.filter(({ egress }) => !egress).length,
    );
    expect(groups).toEqual([8]);
    for (const host of [a, b]) await bench.remove(host);
    expect(bench.ec2.leftovers()).toEqual([]);
  });

  it('a state between two', async () => {
    bench = await openAwsBench();
    const host = bench.host('one');
    await bench.create(host);
    const { state } = host;
    if (state === undefined) expect.fail();
    bench.ec2.fault(fault('StopInstances', 'IncorrectInstanceState', { times: 2 }));
    await bench.driver.stop(bench.context(), state, { force: false });
    bench.ec2.fault(fault('StartInstances', 'IncorrectInstanceState', { times: 2 }));
    await bench.driver.start({ ...bench.context(), save: async () => undefined }, state);
    await bench.remove(host);
  });

  it('a group that is still in use; when it stays so, what uses it is named', async () => {
    bench = await openAwsBench();
    const host = bench.host('one');
    await bench.create(host);
    bench.ec2.fault(fault('DeleteSecurityGroup', 'DependencyViolation', { times: 3 }));
    await bench.remove(host);
    expect(bench.ec2.leftovers()).toEqual([]);
    const other = bench.host('two');
    await bench.create(other);
    bench.ec2.fault(fault('DeleteSecurityGroup', 'DependencyViolation', { times: 9999 }));
    const { world } = bench.ec2;
    const [group] = [...world.groups.values()];
    const [subnet] = world.subnets;
    if (group === undefined || subnet === undefined) expect.fail();
    world.interfaces.set('eni-1', { id: 'eni-1', instance: 'i-foreign', subnet, groups: [group.id], tags: {} });
    await expect(bench.remove(other)).rejects.toMatchObject({
      code: 'AWS_GROUP_IN_USE',
      exitCode: 1,
      message: expect.stringContaining('eni-1 of i-foreign') as string,
    });
    bench.ec2.heal();
    world.interfaces.delete('eni-1');
    await bench.remove(other);
    expect(bench.ec2.leftovers()).toEqual([]);
  });
});
