import { afterEach, describe, expect, it } from 'vitest';
import { openAccount } from '../../../src/drivers/aws/aws-account.js';
import { awsOptions } from '../../../src/drivers/aws/aws-options.js';
import { awsTiming } from '../../../src/drivers/aws/aws-region.js';
import { planAllowing } from '../../../src/drivers/aws/allow-callers.js';
import { checkPermissions } from '../../../src/drivers/aws/check-permissions.js';
import { deleteOrphans, findOrphans, type Known } from '../../../src/drivers/aws/find-orphans.js';
import { actions, awsPolicy, changingActions, makingActions, readActions } from '../../../src/drivers/aws/policy.js';
import { type AwsBench, type AwsHost, hurried, openAwsBench, ownKeyFile } from './aws-bench.js';

let bench: AwsBench;
afterEach(() => bench[Symbol.asyncDispose]());

const signal = new AbortController().signal;
const account = () => openAccount({ region: 'us-east-1', endpoint: bench.ec2.url }, { ...awsTiming, ...hurried });

const knownOf = (...hosts: readonly AwsHost[]): Known => ({
  machines: new Set(hosts.map(({ identity }) => identity.id)),
  clusters: new Set(hosts.map(({ identity }) => identity.swarm ?? `host:${identity.id}`)),
});

describe('aws orphans', { timeout: 120_000 }, () => {
  it('are what no record knows; deleting them leaves the rest alone', async () => {
    bench = await openAwsBench();
    const kept = bench.host('kept', { swarm: 'blue' });
    const lost = bench.host('lost', { swarm: 'blue' });
    const other = bench.host('other', { swarm: 'green', owner: 'somebody else' });
    await bench.create(kept, { 'elastic-ip': true });
    await bench.create(lost, { 'elastic-ip': true });
    await bench.create(other, { 'import-key': await ownKeyFile() });
    const site = await account();
    expect(await findOrphans(site, knownOf(kept, lost, other), signal)).toEqual([]);
    bench.ec2.calls.length = 0;
    const found = await findOrphans(site, knownOf(kept), signal);
    expect(bench.ec2.calls).toHaveLength(3);
    expect(found.map(({ type, machine, owner }) => [type, machine, owner])).toEqual([
      ['elastic-ip', 'lost', 'tests'],
      ['instance', 'lost', 'tests'],
      ['instance', 'other', 'somebody else'],
    ]);
    await deleteOrphans(
      site,
      found.filter(({ owner }) => owner === 'tests'),
      signal,
    );
    const left = await findOrphans(site, knownOf(kept), signal);
    expect(left.map(({ type, machine }) => [type, machine])).toEqual([['instance', 'other']]);
    await deleteOrphans(site, left, signal);
    expect(await findOrphans(site, knownOf(kept), signal)).toEqual([]);
    await bench.remove(kept);
    expect(bench.ec2.leftovers()).toEqual([]);
  });

  it('may be a group alone, or a volume that the image told to stay', async () => {
    bench = await openAwsBench();
    const host = bench.host('one', { swarm: 'blue' });
    await bench.create(host);
    const [instance] = [...bench.ec2.world.instances.values()];
    const [volume] = [...bench.ec2.world.volumes.values()];
    if (instance === undefined || volume === undefined) expect.fail();
    bench.ec2.world.volumes.set(volume.id, { ...volume, deleteOnTermination: false });
    const site = await account();
    await site.terminate(instance.id, signal);
    await expect.poll(() => instance.state).toBe('terminated');
    const found = await findOrphans(site, knownOf(), signal);
    expect(found.map(({ type }) => type)).toEqual(['security-group', 'volume']);
    await deleteOrphans(site, found, signal);
    expect(bench.ec2.leftovers()).toEqual([]);
  });
});

describe('aws allow', { timeout: 120_000 }, () => {
  it('lets other networks in, and those before no more; rules of others stay', async () => {
    bench = await openAwsBench();
    const host = bench.host('one', { swarm: 'blue' });
    await bench.create(host, { 'allow-cidr': ['192.0.2.1/32'], 'ssh-port': 2222, 'open-port': ['80'] });
    const site = await account();
    const [group] = [...bench.ec2.world.groups.values()];
    if (group === undefined) expect.fail();
    const rule = { egress: false, protocol: 'tcp', from: 2222, to: 2222, tags: {} };
    group.rules = [...group.rules, { ...rule, id: 'sgr-foreign', cidr: '198.51.100.1/32', description: 'mine' }];
    const allow = async (networks: readonly string[], revokeOld = false, dryRun = false) => {
      const own = { clusters: ['blue'], owner: 'tests', machines: [] };
      const [planned] = await planAllowing(site, { ...own, networks, revokeOld }, signal);
      if (!dryRun) await planned?.apply(signal);
      return [planned?.result.opened, planned?.result.closed];
    };
    const sources = (): readonly string[] =>
      group.rules.filter(({ egress, from }) => !egress && from === 2222).map(({ cidr = '' }) => cidr);
    expect(await allow(['203.0.113.0/24'], true, true)).toEqual([
      ['2222 from 203.0.113.0/24', '2376 from 203.0.113.0/24'],
      ['2222 from 192.0.2.1/32', '2376 from 192.0.2.1/32'],
    ]);
    expect(sources()).toEqual(['192.0.2.1/32', '198.51.100.1/32']);
    await allow(['203.0.113.0/24']);
    expect(sources()).toEqual(['192.0.2.1/32', '198.51.100.1/32', '203.0.113.0/24']);
    // Somebody else closes one at the same time.
    bench.ec2.fault({ action: 'RevokeSecurityGroupIngress', code: 'InvalidPermission.NotFound', when: 'after' });
    await allow(['203.0.113.0/24', '2001:db8::/64'], true);
    expect(sources()).toEqual(['198.51.100.1/32', '203.0.113.0/24', '']);
    expect(await allow(['203.0.113.0/24', '2001:db8::/64'], true)).toEqual([[], []]);
    expect(group.rules.filter(({ egress }) => !egress)).toHaveLength(1 + 1 + 4 + 6);
    await bench.remove(host);
    expect(bench.ec2.leftovers()).toEqual([]);
  });
});

describe('aws policy and check', { timeout: 120_000 }, () => {
  it('name every action that the driver calls on what it made, and let no role be given unless asked to', () => {
    const policy = awsPolicy();
    const allowed = JSON.stringify(policy);
    // Others cannot be called: the client's type is made of this list.
    for (const action of actions) expect(allowed).toContain(`"ec2:${action}"`);
    expect(allowed).not.toContain('iam:');
    expect(JSON.stringify(awsPolicy({ roles: ['arn:aws:iam::1:role/x'] }))).toContain('iam:PassRole');
    expect(JSON.stringify(awsPolicy({ owner: 'anna@laptop/3f9a21' }))).toContain(
      '"Condition":{"StringEquals":{"aws:ResourceTag/swarmup:owner":"anna@laptop/3f9a21"}}',
    );
  });

  it('tries each of them and does nothing', async () => {
    bench = await openAwsBench();
    const options = awsOptions({ 'allow-cidr': ['192.0.2.1/32'] });
    const before = await checkPermissions(await account(), options, 'tests', signal);
    expect(before.filter(({ allowed }) => allowed === null)).toHaveLength(changingActions.length);
    expect(bench.ec2.leftovers()).toEqual([]);
    // What others made would not be allowed to be changed, and proves nothing.
    await bench.create(bench.host('other', { owner: 'somebody else' }));
    expect(await checkPermissions(await account(), options, 'tests', signal)).toEqual(before);
    const host = bench.host('one');
    await bench.create(host, { 'elastic-ip': true, 'import-key': await ownKeyFile() });
    const things = bench.ec2.leftovers();
    bench.ec2.fault({ action: 'StopInstances', code: 'UnauthorizedOperation', message: 'no' });
    const after = await checkPermissions(await account(), options, 'tests', signal);
    expect(after).toHaveLength(readActions.length + makingActions.length + changingActions.length);
    expect(after.filter(({ allowed }) => allowed !== true)).toEqual([
      { action: 'ec2:StopInstances', allowed: false, detail: 'no' },
    ]);
    expect(bench.ec2.leftovers()).toEqual(things);
    await bench.remove(host);
  });
});

describe('estimate', { timeout: 120_000 }, () => {
  it('adds up what hosts cost, and says of when the prices are', async () => {
    bench = await openAwsBench();
    const cost = await bench.driver.estimate?.(bench.context(), ['a', 'b', 'c']);
    expect(cost?.asOf).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    expect(cost?.lines.map(({ what }) => what)).toEqual([
      '3 × t3.small in us-east-1',
      '3 × 16 GiB of gp3',
      '3 × a public IPv4 address',
    ]);
    expect(cost?.perHour).toBeCloseTo(3 * (0.0208 + (16 * 0.08) / 730 + 0.005), 6);
    expect(cost?.perMonth).toBeCloseTo((cost?.perHour ?? 0) * 730, 6);
    expect(bench.ec2.calls).toEqual([]);
  });

  it('asks for the price of spot instances, and knows when it does not know', async () => {
    bench = await openAwsBench();
    const spot = await bench.driver.estimate?.(bench.context({ spot: true }), ['a']);
    expect(spot?.lines[0]).toEqual({ what: '1 × t3.small, spot in us-east-1', perHour: 0.0062 });
    const unknown = await bench.driver.estimate?.(bench.context({ 'instance-type': ['x99.huge'] }), ['a']);
    expect(unknown).toMatchObject({ perHour: null, perMonth: null });
  });
});
