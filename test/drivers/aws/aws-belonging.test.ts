import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { AwsAllowResult } from '../../../src/drivers/aws/allow-command.js';
import type { AwsState } from '../../../src/drivers/aws/aws-state.js';
import type { AwsOrphansResult } from '../../../src/drivers/aws/orphans-command.js';
import type { CommandText, HostDescription, OptionValues, Problem } from '../../../src/drivers/driver.js';
import type { Group } from '../../support/ec2/world.js';
import { type AwsBench, type AwsHost, openAwsBench, ownKeyFile } from './aws-bench.js';

let bench: AwsBench;
afterEach(() => bench[Symbol.asyncDispose]());

/** A person with a store, which has one swarm `default`. */
interface Person {
  readonly owner: string;
  readonly swarmId: string;
  readonly hosts: AwsHost[];
  readonly check: (options?: OptionValues) => Promise<readonly Problem[]>;
  /** Makes a host, or makes it again. */
  readonly create: (host: string | AwsHost, options?: OptionValues) => Promise<HostDescription>;
  /** Runs `swarmup aws …`; the questions that it asks are kept, and answered with `answer`. */
  readonly aws: <R>(command: string, flags?: OptionValues, words?: readonly string[]) => Promise<R>;
  readonly asked: { readonly what: CommandText; readonly question: string }[];
  answer: boolean;
}

function person(owner: string): Person {
  const process = bench.newProcess();
  const swarmId = randomUUID();
  const hosts: AwsHost[] = [];
  const contextOf = (options: OptionValues = {}) => ({
    ...process.context({ 'allow-cidr': [`192.0.2.${owner.length}/32`], ...options }),
    belongsTo: { swarm: 'default', id: swarmId, owner },
    peers: async () => hosts.flatMap(({ state }) => state ?? []),
  });
  const me: Person = {
    owner,
    swarmId,
    hosts,
    asked: [],
    answer: false,
    check: (options) => process.driver.check(contextOf(options), ['new'], []),
    async create(given, options) {
      const host = typeof given === 'string' ? process.host(given, { swarm: 'default', swarmId, owner }) : given;
      if (!hosts.includes(host)) hosts.push(host);
      const save = async (state: AwsState): Promise<void> => {
        host.state = state;
      };
      return process.driver.create({ ...contextOf(options), save }, host.identity, host.state);
    },
    async aws<R>(command: string, flags: OptionValues = {}, words: readonly string[] = []): Promise<R> {
      const context = {
        ...contextOf(),
        owner,
        everyHost: async () => hosts.map(({ identity: { id, name, swarm } }) => ({ id, name, swarm })),
        ownHosts: async () =>
          hosts.flatMap(({ identity: { id, name, swarm }, state }) =>
            state === undefined ? [] : [{ id, name, swarm, state }],
          ),
        confirm: async (what: CommandText, question: string) => {
          me.asked.push({ what, question });
          return me.answer;
        },
      };
      const outcome = await process.driver.runCommand?.(context, { command, words, flags });
      return outcome?.result as R;
    },
  };
  return me;
}

const groups = (): readonly Group[] => [...bench.ec2.world.groups.values()];
/** Who may come in from outside: `80 0.0.0.0/0`. */
const openings = (group: Group | undefined): readonly string[] =>
  (group?.rules ?? []).filter(({ egress, cidr }) => !egress && cidr).map(({ from, cidr = '' }) => `${from} ${cidr}`);
const groupOf = ({ swarmId }: Person): Group | undefined =>
  groups().find(({ tags }) => tags['swarmup:cluster'] === `default/${swarmId}`);

/** The group of an older swarmup, which all swarms of this name shared, with a host of each owner in it. */
async function sharedGroup(...people: readonly Person[]): Promise<Group> {
  for (const one of people) {
    const old = bench.host('old', { swarm: 'default', swarmId: null, owner: one.owner });
    await one.create(old);
  }
  const [group, ...more] = groups();
  if (group === undefined || more.length > 0) expect.fail();
  expect(group.name).toBe('swarmup-default');
  return group;
}

/** As the older swarmup did, which did not ask whose hosts were in a group. */
const opened = (group: Group, cidr: string): void => {
  const rule = { egress: false, protocol: 'tcp', cidr, tags: {} };
  const rules = [
    { ...rule, id: `sgr-a${cidr}`, from: 22, to: 22, description: 'swarmup: ssh' },
    { ...rule, id: `sgr-b${cidr}`, from: 2376, to: 2376, description: 'swarmup: Docker Engine, TLS' },
  ];
  group.rules = [...group.rules, ...rules];
};

describe('two owners with swarms of one name in one VPC', { timeout: 120_000 }, () => {
  it('have groups and key pairs of their own; what one opens or revokes leaves the other', async () => {
    bench = await openAwsBench();
    const [anna, bob] = [person('anna'), person('bobby')];
    const key = { 'import-key': await ownKeyFile() };
    await Promise.all([anna.create('web', { ...key, 'open-port': ['80'] }), bob.create('web', key)]);
    expect(
      groups()
        .map(({ name }) => name)
        .sort(),
    ).toEqual([anna, bob].map(({ swarmId }) => `swarmup-default-${swarmId.slice(0, 8)}`).sort());
    expect(bench.ec2.world.keyPairs.size).toBe(2);
    expect(openings(groupOf(anna))).toContain('80 0.0.0.0/0');
    expect(openings(groupOf(bob))).toEqual(['22 192.0.2.5/32', '2376 192.0.2.5/32']);

    const { groups: changed } = await anna.aws<AwsAllowResult>('allow', { 'revoke-old': true }, ['203.0.113.0/24']);
    expect(changed.map(({ group, sharedWith }) => [group, sharedWith])).toEqual([[groupOf(anna)?.id, []]]);
    expect(openings(groupOf(anna))).toEqual(['80 0.0.0.0/0', '22 203.0.113.0/24', '2376 203.0.113.0/24']);
    expect(openings(groupOf(bob))).toEqual(['22 192.0.2.5/32', '2376 192.0.2.5/32']);

    const [mine] = anna.hosts;
    if (mine === undefined) expect.fail();
    await bench.remove(mine);
    expect(groups()).toEqual([groupOf(bob)]);
    expect(bench.ec2.world.keyPairs.size).toBe(1);
  });

  it('see only their own orphans, unless they ask for all; then they see whose those are', async () => {
    bench = await openAwsBench();
    const [anna, bob] = [person('anna'), person('bobby')];
    await Promise.all([anna.create('web'), anna.create('lost'), bob.create('live')]);
    anna.hosts.pop();
    const mine = await anna.aws<AwsOrphansResult>('orphans');
    expect(mine).toMatchObject({ orphans: [{ machine: 'lost', mine: true, swarm: 'default' }], others: 1 });
    expect(mine.orphans[0]?.madeAt).toMatch(/^\d{4}-.*Z$/);
    const all = await anna.aws<AwsOrphansResult>('orphans', { 'any-owner': true });
    expect(all.orphans.map(({ machine, owner, swarmId }) => [machine, owner, swarmId]).sort()).toEqual([
      ['live', 'bobby', bob.swarmId],
      ['lost', 'anna', anna.swarmId],
    ]);
    await expect(anna.aws('orphans', { 'any-owner': true, delete: true })).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(anna.asked.map(({ question }) => question)).toEqual([
      'Remove all of these resources, also those of bobby, who may be using them?',
    ]);
    expect(await anna.aws<AwsOrphansResult>('orphans', { delete: true, yes: true })).toMatchObject({ others: 1 });
    const alive = [...bench.ec2.world.instances.values()].filter(({ state }) => state !== 'terminated');
    expect(alive.map(({ tags }) => tags['swarmup:machine']).sort()).toEqual(['live', 'web']);
  });

  it('a group or a key pair of something else with the name is found beforehand, and nothing is made', async () => {
    bench = await openAwsBench();
    const { world } = bench.ec2;
    const anna = person('anna');
    const name = `swarmup-default-${anna.swarmId.slice(0, 8)}`;
    const key = { 'import-key': await ownKeyFile() };
    await anna.create('web', key);
    const [host] = anna.hosts;
    if (host === undefined) expect.fail();
    const pair = [...world.keyPairs.keys()][0] ?? '';
    await bench.remove(host);
    anna.hosts.length = 0;
    world.groups.set('sg-1', { id: 'sg-1', name, description: '', vpc: world.vpc.id, tags: {}, rules: [] });
    expect(await anna.check()).toMatchObject([{ severity: 'error', code: 'AWS_GROUP_TAKEN' }]);
    world.groups.delete('sg-1');
    world.keyPairs.set(pair, { id: 'key-1', name: pair, publicKey: 'ssh-ed25519 AAAA', tags: {} });
    expect(await anna.check(key)).toMatchObject([{ severity: 'error', code: 'AWS_KEY_TAKEN' }]);
    expect(await anna.check()).toMatchObject([{ severity: 'info' }]);
    expect(bench.ec2.leftovers()).toEqual(['key-pair key-1']);
  });
});

describe('a swarm of an older swarmup', { timeout: 120_000 }, () => {
  it('gets new hosts into its group, and another swarm of the name does not', async () => {
    bench = await openAwsBench();
    const [anna, bob] = [person('anna'), person('bobby')];
    const group = await sharedGroup(anna);
    await anna.create('new');
    await bob.create('web');
    expect(anna.hosts.map(({ state }) => state?.cluster)).toEqual(['default', 'default']);
    expect(anna.hosts[1]?.state?.launch?.group).toBe(group.id);
    expect(bob.hosts[0]?.state?.launch?.group).toBe(groupOf(bob)?.id);
    // The states of another region say nothing of this one.
    const [old] = anna.hosts;
    if (old?.state === undefined) expect.fail();
    const elsewhere = person('carla');
    elsewhere.hosts.push({ ...old, state: { ...old.state, region: 'eu-central-1' } });
    await elsewhere.create('web');
    expect(elsewhere.hosts[1]?.state?.cluster).toBe(`default/${elsewhere.swarmId}`);
    // With its last host, also the old group goes.
    for (const host of [...anna.hosts]) await bench.remove(host);
    expect(groups()).not.toContain(group);
  });

  it('that shares its group with another owner opens nothing for the hosts of both', async () => {
    bench = await openAwsBench();
    const [anna, bob] = [person('anna'), person('bobby')];
    const group = await sharedGroup(anna);
    opened(group, '192.0.2.5/32');
    await sharedGroup(bob);
    const before = openings(group);
    const shared = {
      code: 'AWS_GROUP_SHARED',
      message: expect.stringContaining('(old of bobby)') as string,
    };
    expect(await anna.check({ 'open-port': ['80'] })).toMatchObject([{ severity: 'error', ...shared }]);
    await expect(anna.create('new', { 'open-port': ['80'] })).rejects.toMatchObject({ ...shared, exitCode: 3 });
    expect(anna.hosts.pop()?.state?.instance).toBeUndefined();
    for (const flags of [{}, { 'revoke-old': true }, { 'dry-run': true }])
      await expect(anna.aws('allow', flags, ['203.0.113.0/24'])).rejects.toMatchObject({ ...shared, exitCode: 3 });
    expect(openings(group)).toEqual(before);
    // What is open already can be used, and changed by those who accept that.
    await anna.create('next');
    await expect(anna.aws('allow', { 'any-owner': true }, ['203.0.113.0/24'])).rejects.toMatchObject({
      code: 'CANCELLED',
    });
    expect(anna.asked).toHaveLength(1);
    expect(openings(group)).toEqual(before);
    anna.answer = true;
    const { groups: changed } = await anna.aws<AwsAllowResult>('allow', { 'any-owner': true }, ['203.0.113.0/24']);
    expect(changed[0]?.sharedWith).toEqual([{ host: 'old', owner: 'bobby' }]);
    expect(openings(group)).toEqual([...before, '22 203.0.113.0/24', '2376 203.0.113.0/24']);
    // Hosts on record are one's own, also after the store was moved, which changes its owner.
    const moved = person('bobby');
    moved.hosts.push(...anna.hosts);
    expect(await moved.aws<AwsAllowResult>('allow', { 'dry-run': true }, ['198.51.100.0/24'])).toMatchObject({
      groups: [{ sharedWith: [] }],
    });
  });

  it('a host that is made again goes where its swarm is now, and leaves nothing behind', async () => {
    bench = await openAwsBench();
    const anna = person('anna');
    const plain = bench.host('web', { owner: 'anna' });
    const key = { 'import-key': await ownKeyFile() };
    await anna.create(plain, key);
    expect(groups().map(({ name }) => name)).toEqual([`swarmup-host-${plain.identity.id.slice(0, 8)}`]);
    for (const instance of bench.ec2.world.instances.values()) instance.state = 'terminated';
    bench.ec2.world.interfaces.clear();
    const joined = { ...plain, identity: { ...plain.identity, swarm: 'default', swarmId: anna.swarmId } };
    anna.hosts.splice(0, 1, joined);
    await anna.create(joined, key);
    expect(groups()).toEqual([groupOf(anna)]);
    expect([...bench.ec2.world.keyPairs.keys()]).toEqual([expect.stringContaining(anna.swarmId.slice(0, 8))]);
  });
});
