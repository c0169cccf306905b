import { afterEach, expect, it } from 'vitest';
import { type AwsBench, openAwsBench } from './aws-bench.js';

/** What docker-machine's users suffered from on AWS, see docs/from-docker-machine.md. */
let bench: AwsBench;
afterEach(() => bench[Symbol.asyncDispose]());

it('nothing is open to the world, and a group of the user stays as it is', { timeout: 120_000 }, async () => {
  bench = await openAwsBench();
  const { world } = bench.ec2;
  const own = { id: 'sg-own', name: 'web', description: 'mine', vpc: world.vpc.id, tags: {}, rules: [] };
  world.groups.set(own.id, own);
  const before = structuredClone([...world.groups.values()]);
  const host = bench.host('one', { swarm: 'blue', role: 'manager' });
  await bench.create(host, { 'allow-cidr': ['203.0.113.5/32'], 'security-group': ['sg-own'] });
  for (const group of before) expect(world.groups.get(group.id)).toEqual(group);
  const rules = [...world.groups.values()]
    .filter(({ id }) => !before.some((known) => known.id === id))
    .flatMap((group) => group.rules)
    .filter(({ egress }) => !egress);
  expect(rules.length).toBeGreaterThan(0);
  // From the caller's address, and from members of the same group.
  expect(rules.filter(({ peer, cidr }) => peer === undefined && cidr !== '203.0.113.5/32')).toEqual([]);
  await bench.remove(host);
});

it('the newest image of its owner is asked for, in whatever region there is', { timeout: 120_000 }, async () => {
  bench = await openAwsBench({ region: 'xx-newest-7' });
  const host = bench.host('one');
  await bench.create(host);
  const [instance] = [...bench.ec2.world.instances.values()];
  expect(instance?.image.name).toContain('ubuntu-noble-24.04-amd64-server-20261015');
  expect(instance?.image.owner).toBe('099720109477');
  await bench.remove(host);
});
