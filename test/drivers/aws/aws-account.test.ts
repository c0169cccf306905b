import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openAccount } from '../../../src/drivers/aws/aws-account.js';
import { awsOptions } from '../../../src/drivers/aws/aws-options.js';
import { awsTiming } from '../../../src/drivers/aws/aws-region.js';
import { checkPermissions } from '../../../src/drivers/aws/check-permissions.js';
import { deleteOrphans, findOrphans, type Known } from '../../../src/drivers/aws/find-orphans.js';
import { awsPolicy, changingActions, makingActions, readActions } from '../../../src/drivers/aws/policy.js';
import { type AwsBench, type AwsHost, hurried, openAwsBench } from './aws-bench.js';

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
    await bench.create(other);
    const site = await account();
    expect(await findOrphans(site, knownOf(kept, lost, other), signal)).toEqual([]);
    const found = await findOrphans(site, knownOf(kept), signal);
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

describe('aws policy and check', { timeout: 120_000 }, () => {
  it('name every action that the driver calls, and no other', async () => {
    bench = await openAwsBench();
    const source = readFileSync(join(import.meta.dirname, '../../../src/drivers/aws/ec2-client.ts'), 'utf8');
    const called = [...source.matchAll(/^ {2}([A-Z]\w+): \[/gm)].map(([, action]) => action);
    expect([...readActions, ...makingActions, ...changingActions].sort()).toEqual(called.sort());
    expect(JSON.stringify(awsPolicy())).not.toContain('iam:');
    expect(JSON.stringify(awsPolicy(['arn:aws:iam::1:role/x']))).toContain('iam:PassRole');
  });

  it('tries each of them and does nothing', async () => {
    bench = await openAwsBench();
    const options = awsOptions({ 'allow-cidr': ['192.0.2.1/32'] });
    const before = await checkPermissions(await account(), options, signal);
    expect(before.filter(({ allowed }) => allowed === null)).toHaveLength(changingActions.length);
    expect(bench.ec2.leftovers()).toEqual([]);
    const host = bench.host('one');
    await bench.create(host, { 'elastic-ip': true });
    const things = bench.ec2.leftovers();
    bench.ec2.fault({ action: 'StopInstances', code: 'UnauthorizedOperation', message: 'no' });
    const after = await checkPermissions(await account(), options, signal);
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
