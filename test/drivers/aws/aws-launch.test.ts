import { afterEach, describe, expect, it } from 'vitest';
import { awsOptions } from '../../../src/drivers/aws/aws-options.js';
import { describeHost } from '../../../src/drivers/aws/describe-host.js';
import type { OptionValues } from '../../../src/drivers/driver.js';
import type { Query } from '../../support/ec2/protocol.js';
import { type AwsBench, type AwsHost, openAwsBench, ownKeyFile } from './aws-bench.js';

let bench: AwsBench;
afterEach(() => bench[Symbol.asyncDispose]());

/** Creates a worker of the swarm blue; gives what RunInstances was asked for. */
async function launched(given: OptionValues = {}): Promise<Query> {
  bench = await openAwsBench();
  await bench.create(bench.host('one', { swarm: 'blue', role: 'worker' }), {
    'allow-cidr': ['203.0.113.5/32'],
    ...given,
  });
  return bench.ec2.calls.find(({ action }) => action === 'RunInstances')?.query ?? expect.fail('nothing was launched');
}

async function launchedWith(keyFile: string): Promise<AwsHost> {
  bench = await openAwsBench();
  const host = bench.host('one', { swarm: 'blue' });
  await bench.create(host, { 'import-key': keyFile });
  return host;
}

describe('a launch', { timeout: 120_000 }, () => {
  it('is safe and cheap by default', async () => {
    const asked = await launched();
    expect(asked.text('InstanceType')).toBe('t3.small');
    expect(asked.text('CreditSpecification.CpuCredits')).toBe('standard');
    expect(asked.text('InstanceInitiatedShutdownBehavior')).toBe('stop');
    // IMDSv2 alone, and not for containers.
    const metadata = { HttpTokens: 'required', HttpPutResponseHopLimit: '1', HttpEndpoint: 'enabled' };
    const [instance] = [...bench.ec2.world.instances.values()];
    expect(instance?.metadata).toMatchObject(metadata);
    // One disk: that of the image.
    expect([...bench.ec2.world.volumes.values()]).toMatchObject([
      { device: '/dev/sda1', size: 16, type: 'gp3', encrypted: true, deleteOnTermination: true },
    ]);
    const absent = ['KeyName', 'InstanceMarketOptions.MarketType', 'Monitoring.Enabled', 'IamInstanceProfile.Name'];
    expect(absent.filter((name) => asked.has(name))).toEqual([]);
  });

  it('has tags on everything, in the creating call', async () => {
    await launched({ tag: ['team=web'] });
    const { world, count } = bench.ec2;
    const everything = [
      ...world.instances.values(),
      ...world.volumes.values(),
      ...world.interfaces.values(),
      ...world.groups.values(),
      ...[...world.groups.values()].flatMap(({ rules }) => rules.filter(({ egress }) => !egress)),
    ];
    expect(everything).toHaveLength(1 + 1 + 1 + 1 + 8);
    expect(everything.filter(({ tags }) => tags['team'] !== 'web')).toEqual([]);
    const [instance] = [...world.instances.values()];
    const [group] = [...world.groups.values()];
    const shared = { 'swarmup:cluster': 'blue', 'swarmup:owner': 'tests' };
    expect(instance?.tags).toMatchObject({
      ...shared,
      Name: 'one',
      'swarmup:machine': 'one',
      'swarmup:role': 'worker',
    });
    expect(instance?.tags['swarmup:machine-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(group?.tags).toMatchObject(shared);
    expect(count('CreateTags')).toBe(0);
  });

  it('opens ssh and the engine to the caller, and the ports of a swarm to the group itself', async () => {
    await launched({ 'open-port': ['80', '8000-8010@10.0.0.0/8', '53/udp'] });
    const [group] = [...bench.ec2.world.groups.values()];
    const rules = group?.rules
      .filter(({ egress }) => !egress)
      .map(({ protocol, from, to, cidr, peer }) => [protocol, from, to, peer === group.id ? 'itself' : cidr].join(' '));
    expect(rules).toEqual([
      'tcp 22 22 203.0.113.5/32',
      'tcp 2376 2376 203.0.113.5/32',
      'tcp 2377 2377 itself',
      'tcp 7946 7946 itself',
      'udp 7946 7946 itself',
      'udp 4789 4789 itself',
      '50 -1 -1 itself',
      'icmp 3 4 itself',
      'tcp 80 80 0.0.0.0/0',
      'tcp 8000 8010 10.0.0.0/8',
      'udp 53 53 0.0.0.0/0',
    ]);
  });

  it('opens the port of overlay traffic that the swarm has', async () => {
    bench = await openAwsBench();
    const { identity } = bench.host('one', { swarm: 'blue', role: 'worker' });
    await bench.driver.create(
      { ...bench.context(), overlayPort: 7789, save: async () => undefined },
      identity,
      undefined,
    );
    const [group] = [...bench.ec2.world.groups.values()];
    const udp = group?.rules.filter(({ protocol, egress }) => protocol === 'udp' && !egress).map(({ from }) => from);
    expect(udp).toEqual([7946, 7789]);
  });

  it.each<[OptionValues, Readonly<Record<string, string>>]>([
    [{ 'iam-instance-profile': 'web' }, { 'IamInstanceProfile.Name': 'web' }],
    [
      { 'iam-instance-profile': 'arn:aws:iam::1:instance-profile/web' },
      { 'IamInstanceProfile.Arn': 'arn:aws:iam::1:instance-profile/web' },
    ],
    [{ 'imds-hops': 2 }, { 'MetadataOptions.HttpPutResponseHopLimit': '2' }],
    [{ monitoring: true }, { 'Monitoring.Enabled': 'true' }],
    [{ protect: true }, { DisableApiTermination: 'true' }],
    [{ 'placement-group': 'apart' }, { 'Placement.GroupName': 'apart' }],
    [
      { 'root-size': 30, 'volume-type': 'gp2' },
      { 'BlockDeviceMapping.1.Ebs.VolumeSize': '30', 'BlockDeviceMapping.1.Ebs.VolumeType': 'gp2' },
    ],
    // The disk of an image is not made smaller.
    [{ 'root-size': 4 }, { 'BlockDeviceMapping.1.Ebs.VolumeSize': '8' }],
    [{ 'volume-encrypted': false }, { 'BlockDeviceMapping.1.Ebs.Encrypted': 'false' }],
    [{ 'volume-kms-key': 'alias/mine' }, { 'BlockDeviceMapping.1.Ebs.KmsKeyId': 'alias/mine' }],
    [{ 'public-ip': 'no', address: 'private' }, { 'NetworkInterface.1.AssociatePublicIpAddress': 'false' }],
    [
      { spot: true, 'spot-price': '0.01' },
      {
        'InstanceMarketOptions.MarketType': 'spot',
        'InstanceMarketOptions.SpotOptions.SpotInstanceType': 'one-time',
        'InstanceMarketOptions.SpotOptions.MaxPrice': '0.01',
      },
    ],
    [{ 'instance-type': ['t4g.small'] }, { ImageId: 'ami-00000000000000003' }],
    [{ ami: 'debian:12' }, { ImageId: 'ami-00000000000000004', 'BlockDeviceMapping.1.DeviceName': '/dev/xvda' }],
    [{ ami: 'al2023' }, { ImageId: 'ami-00000000000000005' }],
    [{ ami: '999999999999/ubuntu/images/*' }, { ImageId: 'ami-00000000000000006' }],
    [{ ami: 'ami-00000000000000001' }, { ImageId: 'ami-00000000000000001' }],
  ])('with %j asks for %j', async (given, parameters) => {
    const asked = await launched(given);
    for (const [name, value] of Object.entries(parameters)) expect(asked.text(name), name).toBe(value);
  });

  it('may have a key pair of the user, and is in the zones that are named', async () => {
    bench = await openAwsBench();
    bench.ec2.world.keyPairs.set('mine', { id: 'key-1', name: 'mine', publicKey: '', tags: {} });
    const host = bench.host('one');
    await bench.create(host, { 'key-pair': 'mine', zone: ['b'] });
    const [instance] = [...bench.ec2.world.instances.values()];
    expect([instance?.keyName, instance?.subnet.zone]).toEqual(['mine', 'us-east-1b']);
    await bench.remove(host);
    // A key pair of somebody else's stays.
    expect(bench.ec2.leftovers()).toEqual(['key-pair key-1']);
  });

  it('lets a key of the user in, imported once for the swarm, and removed with its last host', async () => {
    bench = await openAwsBench();
    const options = { 'import-key': await ownKeyFile(), tag: ['team=web'] };
    const hosts = ['a', 'b'].map((name) => bench.host(name, { swarm: 'blue', role: 'worker' }));
    await Promise.all(hosts.map((host) => bench.create(host, options)));
    const { world } = bench.ec2;
    const [pair, ...others] = [...world.keyPairs.values()];
    expect(others).toEqual([]);
    expect(pair?.name).toMatch(/^swarmup-blue-[0-9a-f]{8}$/);
    expect(pair?.tags).toMatchObject({ 'swarmup:cluster': 'blue', 'swarmup:owner': 'tests', team: 'web' });
    expect([...world.instances.values()].map(({ keyName }) => keyName)).toEqual([pair?.name, pair?.name]);
    expect(bench.ec2.count('ImportKeyPair')).toBe(1);
    // Another process makes a further host with it.
    const third = bench.host('c', { swarm: 'blue', role: 'worker' });
    await bench.newProcess().create(third, options);
    expect([bench.ec2.count('ImportKeyPair'), world.keyPairs.size]).toEqual([2, 1]);
    for (const host of hosts) await bench.remove(host);
    expect(world.keyPairs.size).toBe(1);
    await bench.remove(third);
    expect(bench.ec2.leftovers()).toEqual([]);
  });

  it('whose key cannot be imported is not made', async () => {
    const file = await ownKeyFile();
    const host = await launchedWith(file);
    const [name] = [...bench.ec2.world.keyPairs.keys()];
    await bench.remove(host);
    // Somebody else has a pair of that name.
    bench.ec2.world.keyPairs.set(name ?? '', { id: 'key-1', name: name ?? '', publicKey: 'ssh-rsa AAAA', tags: {} });
    bench.ec2.calls.length = 0;
    const next = bench.newProcess().host('two', { swarm: 'blue' });
    await expect(bench.create(next, { 'import-key': file })).rejects.toMatchObject({
      code: 'AWS_KEY_TAKEN',
      exitCode: 3,
      message: `a key pair named ${name ?? ''} exists, but swarmup did not make it`,
    });
    expect([bench.ec2.count('ImportKeyPair'), bench.ec2.count('RunInstances')]).toEqual([1, 0]);
    expect(bench.ec2.leftovers()).toEqual(['key-pair key-1']);
  });

  it.each([
    ['absent', '/nowhere/id', /ENOENT.*\/nowhere\/id\.pub/],
    ['of a kind that EC2 does not take', undefined, /has no public key that EC2 accepts/],
  ])('with a key %s is refused before anything is asked', async (_, path, message) => {
    bench = await openAwsBench();
    const file = path ?? (await ownKeyFile('ecdsa-sha2-nistp256 AAAA anna'));
    const options = bench.context({ 'import-key': file });
    await expect(bench.driver.check(options, ['one'])).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      exitCode: 2,
      message: expect.stringMatching(message) as string,
    });
    expect(() => awsOptions({ 'import-key': file, 'key-pair': 'mine' })).toThrow(/cannot be used together/);
    expect(bench.ec2.leftovers()).toEqual([]);
  });

  it('keeps its elastic address over stop and start', async () => {
    bench = await openAwsBench();
    const host = bench.host('one');
    // Also where instances get no public address of themselves.
    const made = await bench.create(host, { 'elastic-ip': true, 'public-ip': 'no' });
    expect(made.ssh.host).toMatch(/^203\.0\.113\./);
    const [address] = [...bench.ec2.world.addresses.values()];
    expect(address?.tags['swarmup:machine-id']).toBe(host.identity.id);
    const { state } = host;
    if (state === undefined) expect.fail();
    await bench.driver.stop(bench.context(), state, { force: false });
    const again = await bench.driver.start({ ...bench.context(), save: async () => undefined }, state);
    expect(again.ssh.host).toBe(made.ssh.host);
    await bench.remove(host);
    expect(bench.ec2.leftovers()).toEqual([]);
  });
});

describe('where a host is reached', () => {
  const launch = { ssh: { user: 'ubuntu', port: 22, by: 'public' } } as never;
  const both = { PrivateIpAddress: '172.31.0.5', PublicIpAddress: '198.51.100.7' };
  it('is its public address, or the private one when asked for; the swarm is on the private one', async () => {
    bench = await openAwsBench();
    const state = { launch } as never;
    expect(describeHost(both, state)).toMatchObject({
      ssh: { host: '198.51.100.7' },
      engine: { host: '198.51.100.7', port: 2376 },
      privateAddresses: ['172.31.0.5'],
    });
    const inside = await bench.create(bench.host('one'), { address: 'private', 'public-ip': 'no' });
    expect(inside.ssh.host).toMatch(/^172\.31\./);
    expect(inside.engine.host).toBe(inside.ssh.host);
    expect(inside.privateAddresses).toEqual([inside.ssh.host]);
  });
});

describe('managers', { timeout: 120_000 }, () => {
  it.each([
    [['a', 'b'], 3, true],
    [['a', 'b', 'c'], 3, false],
    [['a'], 1, false],
  ])('in zones %j, %i of them: a warning is %s', async (zones, count, isWarned) => {
    bench = await openAwsBench({ zones });
    const names = Array.from({ length: count }, (_, i) => `m${i}`);
    const problems = await bench.driver.check(bench.context(), names, names);
    expect(problems.some(({ code }) => code === 'AWS_ZONES')).toBe(isWarned);
  });
});
