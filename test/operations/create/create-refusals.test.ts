import { describe, expect, it } from 'vitest';
import { createHosts } from '../../../src/operations/create/create-hosts.js';
import { killHosts } from '../../../src/operations/hosts/power.js';
import { generateSshKey } from '../../../src/ssh/keys.js';
import { hurry } from '../../support/hurry.js';
import { type Asked, type Lab, openLab } from '../../support/lab.js';

/** What there is before, what is asked for, and how it is refused; nothing may have changed then. */
const refusals: readonly (readonly [
  what: string,
  before: (lab: Lab) => Promise<unknown>,
  names: string,
  request: Asked,
  error: { readonly code: string; readonly exitCode: number; readonly message: RegExp; readonly hint?: RegExp },
])[] = [
  ['a bad name', nothing, 'm -a', {}, { code: 'NAME_INVALID', exitCode: 2, message: /-a/ }],
  ['a name twice', nothing, 'm a m', {}, { code: 'NAME_DUPLICATE', exitCode: 2, message: /m/ }],
  [
    'a swarm that no folder could be named for',
    nothing,
    'm',
    { swarm: '../x' },
    { code: 'NAME_INVALID', exitCode: 2, message: /"..\/x" is not a valid swarm name/ },
  ],
  [
    'an address pool that is none',
    nothing,
    'm',
    { addressPool: '10.0.0.300/8' },
    { code: 'CIDR_INVALID', exitCode: 2, message: /'10.0.0.300\/8' is not a network/ },
  ],
  [
    'more managers than names',
    nothing,
    'm',
    { managers: 2 },
    { code: 'MANAGERS_INVALID', exitCode: 2, message: /--managers 2 is not possible with 1 names/ },
  ],
  [
    'managers without a swarm',
    nothing,
    'm',
    { managers: 1, swarm: null },
    { code: 'MANAGERS_INVALID', exitCode: 2, message: /--managers and --no-swarm cannot be used together/ },
  ],
  [
    'an unknown driver',
    nothing,
    'm',
    { driver: 'fax' },
    { code: 'DRIVER_UNKNOWN', exitCode: 2, message: /no driver named 'fax'; the known drivers are fake/ },
  ],
  [
    'an unknown driver that a file names',
    nothing,
    'm',
    { driver: 'fax', driverSource: 'named in /etc/x.json' },
    { code: 'DRIVER_UNKNOWN', exitCode: 2, message: /no driver named 'fax'/, hint: /fax is named in \/etc\/x.json/ },
  ],
  [
    'a value that an option does not take',
    nothing,
    'm',
    { driver: 'fake', driverOptions: { 'fake-colour': 'blue' } },
    { code: 'OPTION_INVALID', exitCode: 2, message: /colour.*blue|blue.*colour/ },
  ],
  [
    'an option of another driver',
    nothing,
    'm',
    { driver: 'fake', driverOptions: { 'docker-subnet': '10.0.0.0/8' } },
    { code: 'OPTION_FOREIGN', exitCode: 2, message: /the driver fake does not have the option --docker-subnet/ },
  ],
  [
    'no manager for a new swarm',
    nothing,
    'a',
    { managers: 0 },
    {
      code: 'NO_MANAGER_WANTED',
      exitCode: 2,
      message: /swarm default does not exist yet and none of a would be its manager/,
    },
  ],
  [
    'a host of another swarm',
    (lab) => lab.create('m'),
    'n m',
    { swarm: 'other' },
    {
      code: 'HOST_EXISTS',
      exitCode: 2,
      message: /^m exists already and belongs to swarm default$/,
      hint: /^swarmup create m$/,
    },
  ],
  [
    'a plain host as a member',
    (lab) => lab.create('p', { swarm: null }),
    'p',
    {},
    {
      code: 'HOST_EXISTS',
      exitCode: 2,
      message: /^p exists already and is a plain Docker host$/,
      hint: /^swarmup create --no-swarm p$/,
    },
  ],
  [
    'a member as a plain host',
    (lab) => lab.create('m', { swarm: 'prod' }),
    'm',
    { swarm: null },
    { code: 'HOST_EXISTS', exitCode: 2, message: /belongs to swarm prod/, hint: /^swarmup create --swarm prod m$/ },
  ],
  [
    'a host of another lab',
    ofLab('first'),
    'm',
    { lab: { name: 'second', pool: 'web' } },
    { code: 'HOST_EXISTS', exitCode: 2, message: /^m exists already and does not belong to lab second$/ },
  ],
  [
    'a host that no lab made as one of a lab',
    (lab) => lab.create('m'),
    'm',
    { lab: { name: 'second', pool: 'web' } },
    { code: 'HOST_EXISTS', exitCode: 2, message: /^m exists already and does not belong to lab second$/ },
  ],
  [
    'a driver that did not make the host',
    madeByAnother,
    'm',
    { driver: 'fake' },
    { code: 'HOST_EXISTS', exitCode: 2, message: /^m exists already and was made by the driver telegraph$/ },
  ],
  [
    'a host that is half removed',
    halfRemoved,
    'm',
    {},
    {
      code: 'HOST_REMOVING',
      exitCode: 1,
      message: /^the removal of m was not finished$/,
      hint: /^swarmup rm --yes m$/,
    },
  ],
  [
    'workers for a swarm that was only begun',
    halfMade,
    'b',
    { swarm: 'prod' },
    {
      code: 'SWARM_HALF_MADE',
      exitCode: 1,
      message: /^the creation of swarm prod was not finished/,
      hint: /^swarmup create --swarm prod m resumes it$/,
    },
  ],
  [
    'a swarm whose managers are not on record',
    managerLost,
    'b',
    {},
    { code: 'NO_MANAGER', exitCode: 6, message: /^no host on record is a manager of swarm default/ },
  ],
];

async function nothing(): Promise<void> {
  // An empty store.
}

async function madeByAnother(lab: Lab): Promise<void> {
  await lab.create('m');
  await lab.store.update('m', (record) => ({ ...record, driver: 'telegraph' }));
}

function ofLab(name: string): (lab: Lab) => Promise<unknown> {
  return (lab) => lab.create('m', { lab: { name, pool: 'web' } });
}

async function halfRemoved(lab: Lab): Promise<void> {
  await lab.create('m');
  await lab.store.update('m', (record) => ({ ...record, phase: 'removing' }));
}

async function halfMade(lab: Lab): Promise<void> {
  lab.onBoot = () => ({ faults: [{ call: 'POST /swarm/init', answer: { status: 500, message: 'no' } }] });
  await lab.create('m', { swarm: 'prod' });
}

async function managerLost(lab: Lab): Promise<void> {
  await lab.create('m a');
  await lab.store.remove('m');
}

describe('create refuses', () => {
  it.each(refusals)('%s, and changes nothing', async (_what, before, names, request, { hint, ...error }) => {
    await using lab = await openLab();
    await before(lab);
    const [files, hosts] = [await lab.files(), lab.world.hosts.size];
    const { create, events } = lab.process();
    await expect(create(names, request)).rejects.toMatchObject({
      ...error,
      message: expect.stringMatching(error.message) as unknown,
      ...(hint !== undefined && { hints: expect.arrayContaining([expect.stringMatching(hint)]) as unknown }),
    });
    expect(await lab.files()).toEqual(files);
    expect(lab.world.hosts.size).toBe(hosts);
    expect(events.filter((event) => event.type.startsWith('step'))).toEqual([]);
  });

  it('what the driver cannot do here (exit 3), with all its reasons, and leaves no record', async () => {
    await using lab = await openLab();
    lab.world.problems.push(
      { severity: 'error', code: 'NO_FUEL', message: 'there is no fuel', hints: ['buy some'] },
      { severity: 'error', code: 'NO_ROAD', message: 'there is no road', hints: ['build one'] },
    );
    for (const driver of [undefined, 'fake'])
      await expect(lab.create('m a', { driver })).rejects.toMatchObject({
        code: 'NO_FUEL',
        exitCode: 3,
        message: expect.stringContaining('there is no fuel') as unknown,
      });
    await expect(lab.create('m', { driver: 'fake' })).rejects.toMatchObject({
      message: 'there is no fuel; there is no road',
      hints: ['buy some', 'build one'],
    });
    expect(await lab.files()).toEqual(new Map());
    lab.world.problems.splice(0, 2, { severity: 'warning', code: 'RAIN', message: 'it rains', hints: ['take a coat'] });
    expect((await lab.create('m')).warnings).toEqual(['it rains; take a coat']);
  });

  it('when no driver works here: one sentence for all of them', async () => {
    await using lab = await openLab();
    lab.world.problems.push({ severity: 'error', code: 'NO_FUEL', message: 'there is no fuel', hints: [] });
    const { context } = lab.process();
    const declarations = context.drivers.declarations.flatMap((one) => [one, one]);
    const drivers = { ...context.drivers, declarations };
    await expect(createHosts({ ...context, drivers }, lab.request(['m']))).rejects.toMatchObject({
      code: 'DRIVER_NONE',
      exitCode: 3,
      message: 'no driver can make hosts on this computer (fake: there is no fuel; fake: there is no fuel)',
    });
  });

  it('to begin while another command works on the swarm; Ctrl-C ends the waiting', async () => {
    await using lab = await openLab();
    const waiting = lab.process();
    waiting.onEvent = (event) => {
      if (event.type === 'info') waiting.interrupt();
    };
    await lab.store.withLock('swarm-default', {}, async () => {
      await expect(waiting.create('m')).rejects.toMatchObject({ code: 'INTERRUPTED', exitCode: 130 });
    });
    expect(await lab.files()).toEqual(new Map());
  });
});

describe('a host that cannot be reached', () => {
  it('because ssh is refused: its last cause, after its time', async () => {
    await using lab = await openLab();
    lab.onBoot = () => ({ refuseAuth: true });
    const { hosts } = await hurry(4 * 60_000, 300, () => lab.create('a'));
    expect(hosts).toMatchObject([
      { name: 'a', status: 'failed', error: { code: 'TIMEOUT', host: 'a', exitCode: 124 } },
    ]);
    expect(hosts[0]?.error?.message).toMatch(/^waited 240 s for SSH of a to answer; last: a .*/);
  });

  it('because another one answers: both fingerprints, at once, and no way around', async () => {
    await using lab = await openLab();
    const other = generateSshKey('other');
    lab.onBoot = (name) => (name === 'a' ? { hostKey: other } : {});
    const { hosts } = await lab.create('m a');
    expect(hosts[1]).toMatchObject({ name: 'a', status: 'failed', error: { code: 'HOST_KEY_MISMATCH', host: 'a' } });
    expect(JSON.stringify(hosts[1]?.error)).toMatch(/SHA256:.*SHA256:/);
    expect(lab.host('a').scripts).toEqual([]);
  });
});

describe('a node', () => {
  it('that is never Ready: host, cause and time', async () => {
    await using lab = await openLab();
    lab.onBoot = (name) => (name === 'm' ? { faults: [{ call: 'GET /nodes/*', before: keepUnready }] } : {});
    function keepUnready(): void {
      const node = lab.clusterOf('m').nodes.find(({ Description }) => Description.Hostname === 'a');
      if (node !== undefined) lab.clusterOf('m').keepUnready(node.ID, 'gossip is blocked');
    }
    const { hosts, nodes } = await hurry(60_000, 700, () => lab.create('m a'));
    expect(hosts).toMatchObject([
      { name: 'm', status: 'created' },
      { name: 'a', status: 'failed', error: { code: 'TIMEOUT', host: 'a', exitCode: 124 } },
    ]);
    expect(hosts[1]?.error?.message).toBe(
      'waited 60 s for a to be Ready; last: the state of the node is unknown (gossip is blocked)',
    );
    expect(nodes.map(({ name, state }) => [name, state])).toEqual([
      ['m', 'ready'],
      ['a', 'unknown'],
    ]);
  });

  it('whose join hangs: what did not answer', async () => {
    await using lab = await openLab();
    lab.onBoot = (name) => (name === 'a' ? { faults: [{ call: 'POST /swarm/join', answer: 'hang', times: 1 }] } : {});
    const { hosts } = await hurry(60_000, 700, () => lab.create('m a'));
    expect(hosts[1]?.error).toMatchObject({ code: 'TIMEOUT', host: 'a' });
    expect(hosts[1]?.error?.message).toBe('waited 60 s for the engine of a to answer POST /swarm/join');
    expect((await lab.create('m a')).hosts.map(({ status }) => status)).toEqual(['unchanged', 'resumed']);
  });

  it('whose engine gives up waiting but goes on joining is waited for', async () => {
    await using lab = await openLab();
    const message =
      'Timeout was reached before node joined. The attempt to join the swarm will continue in the background. Use the ' +
      '"docker info" command to see the current swarm status of your node.';
    lab.onBoot = (name) =>
      name === 'a' ? { faults: [{ call: 'POST /swarm/join', late: { status: 503, message }, times: 1 }] } : {};
    const { hosts } = await lab.create('m a');
    expect(hosts.map(({ status }) => status)).toEqual(['created', 'created']);
  });

  it('of another swarm is refused with an explanation and left as it is', async () => {
    await using lab = await openLab();
    await lab.create('m');
    lab.onScript = (host, title) => {
      // Before swarmup looks for the first time, somebody else was quicker.
      if (host === 'a' && title === 'read facts') lab.host('a').engine.initByHand();
      return undefined;
    };
    const { hosts } = await lab.create('a');
    expect(hosts[0]).toMatchObject({ status: 'failed', error: { code: 'FOREIGN_SWARM', host: 'a', exitCode: 3 } });
    expect(hosts[0]?.error?.message).toMatch(/^a belongs to a swarm other than default \(the node ID of the host is /);
    expect(lab.host('a').engine.calls).not.toContain('POST /swarm/leave');
    expect(lab.clusterOf('a')).not.toBe(lab.clusterOf('m'));
  });

  it('that is locked is not taken for a stranger', async () => {
    await using lab = await openLab();
    await lab.create('m1 m2', { managers: 2 });
    await lab.create('m3', { managers: 1 });
    lab.host('m3').engine.lock();
    const { hosts } = await lab.create('m3');
    expect(hosts[0]?.error).toMatchObject({ code: 'MANAGER_LOCKED', host: 'm3' });
  });

  it('whose managers are another cluster than the one on record is refused', async () => {
    await using lab = await openLab();
    await lab.create('m');
    const record = await lab.store.readSwarm('default');
    if (record !== undefined) await lab.store.writeSwarm({ ...record, clusterId: 'another' });
    const { hosts } = await lab.create('a');
    expect(hosts[0]?.error?.message).toMatch(/its cluster ID differs from that of the swarm that swarmup made/);
    expect(lab.host('a').engine.nodeId).toBeUndefined();
  });

  it('whose address pool overlaps a network of the hosts is refused before the swarm is made', async () => {
    await using lab = await openLab();
    const { hosts } = await lab.create('m', { addressPool: '192.0.2.0/24' });
    expect(hosts[0]?.error).toMatchObject({ code: 'ADDRESS_POOL_OVERLAP', exitCode: 3 });
    expect(hosts[0]?.error?.message).toMatch(/192\.0\.2\.0\/24.*m/);
    expect(lab.host('m').engine.nodeId).toBeUndefined();
    expect((await lab.create('m')).hosts[0]?.status).toBe('resumed');
  });
});

describe('create of a stopped swarm', () => {
  it.each([
    ['whose node certificate has ended meanwhile', undefined],
    [
      'which was restarted while its certificate still said that it is a manager',
      "manager stopped: can't initialize raft node: rpc error: code = Unavailable desc = connection refused",
    ],
  ])('lets a host join anew %s', async (_, trouble) => {
    await using lab = await openLab();
    await lab.create('m w');
    const before = (await lab.store.read('w'))?.nodeId;
    // An engine that has just been started does not know it yet.
    const pending = { NodeID: '', NodeAddr: '', LocalNodeState: 'pending', ControlAvailable: false, Error: '' };
    lab.host('w').engine.inject({ call: 'GET /info', times: 2, body: { Name: 'w', Swarm: pending } });
    lab.host('w').engine.expire(trouble);
    const { hosts, nodes } = await lab.create('w');
    expect(hosts).toMatchObject([{ name: 'w', status: 'resumed' }]);
    expect(nodes.map(({ name, role, state }) => [name, role, state])).toEqual([
      ['m', 'manager', 'ready'],
      ['w', 'worker', 'ready'],
    ]);
    expect(nodes.find(({ name }) => name === 'w')?.id).not.toBe(before);
    expect(lab.clusterOf('m').nodes).toHaveLength(2);
  });

  it('says what helps when the node certificates of all its managers have ended', async () => {
    await using lab = await openLab();
    await lab.create('m1 m2 m3', { managers: 3 });
    await killHosts(lab.process().context, ['m1', 'm2', 'm3'], { force: true });
    for (const name of ['m1', 'm2', 'm3']) lab.host(name).engine.expire();
    const { hosts } = await lab.create('m1 m2 m3', { managers: 3 });
    for (const { error } of hosts) {
      expect(error?.message).toMatch(/node certificates of all managers of swarm default \(m1, m2, m3\) expired/);
      expect(error?.hints).toContain('swarmup swarm recover --swarm default, then this command again');
    }
  });

  it('starts its hosts again', async () => {
    await using lab = await openLab();
    await lab.create('m a');
    await killHosts(lab.process().context, ['m', 'a']);
    const { hosts, nodes } = await lab.create('m a');
    expect(hosts.map(({ status }) => status)).toEqual(['resumed', 'resumed']);
    expect(nodes.map(({ state }) => state)).toEqual(['ready', 'ready']);
    expect(lab.world.calls.filter((call) => call.startsWith('create')).sort()).toEqual(['create a', 'create m']);
  });
});
