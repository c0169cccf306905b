import type {
  Driver,
  DriverCapabilities,
  HostDescription,
  HostIdentity,
  LastWords,
  MadeThing,
  Problem,
} from '../../src/drivers/driver.js';
import { reservedFor } from '../../src/drivers/reserved-addresses.js';
import type { DriverEntry } from '../../src/drivers/registry.js';

/** A host of a fake world. */
interface FakeHost {
  readonly identity: HostIdentity;
  readonly description: HostDescription;
  /** Changes of its labels by hand. */
  labels?: Partial<MadeThing>;
  power: 'running' | 'stopped';
}

/** What hosts of the fake driver exist in; outlives the driver, as real hosts outlive a process. */
export interface FakeWorld {
  readonly hosts: Map<string, FakeHost>;
  /** Where ssh of a host that is made (or started again) answers: tests start an in-process ssh server here. */
  boot: (host: HostIdentity, address: string) => Promise<{ readonly host: string; readonly port: number }>;
  /** Called when a host loses its power or is removed. */
  shutDown: (host: HostIdentity) => Promise<void>;
  /** Answers of `check` besides the one that says that it works. */
  problems: Problem[];
  capabilities: DriverCapabilities;
  /** What all hosts said last. */
  lastWords: LastWords | undefined;
  /** Every verb as it was called: `create manager`. */
  readonly calls: string[];
  /** How many addresses were given away: the next one is the next number. */
  made: number;
  /** False: a host that is made again gets a new address, as in a cloud. */
  keepsAddresses: boolean;
  /** Gives a host that runs new keys; undefined: the driver cannot. */
  putKeys: ((host: HostIdentity) => Promise<void>) | undefined;
}

interface FakeState {
  readonly id: string;
}

export function fakeWorld(changes: Partial<FakeWorld> = {}): FakeWorld {
  return {
    hosts: new Map(),
    boot: async () => ({ host: '127.0.0.1', port: 22 }),
    shutDown: async () => undefined,
    problems: [],
    capabilities: {
      power: true,
      snapshots: false,
      injectsHostKey: true,
      stableAddresses: true,
      choosesAddresses: true,
    },
    lastWords: undefined,
    calls: [],
    made: 0,
    keepsAddresses: true,
    putKeys: () => Promise.resolve(),
    ...changes,
  };
}

/** A driver whose hosts are entries of a map. It passes the driver contract. */
export function fakeDriver(world: FakeWorld, name = 'fake'): Driver<FakeState> {
  const powerOff = async (host: FakeHost): Promise<void> => {
    if (host.power === 'running') await world.shutDown(host.identity);
    host.power = 'stopped';
  };
  const powerOn = async (host: FakeHost): Promise<HostDescription> => {
    if (host.power === 'stopped') await world.boot(host.identity, host.description.privateAddresses[0] ?? '');
    host.power = 'running';
    return host.description;
  };
  const require = (state: FakeState): FakeHost => {
    const host = world.hosts.get(state.id);
    if (host === undefined) throw new Error(`there is no fake host ${state.id}`);
    return host;
  };
  return {
    ...fakeDeclaration(world, name),
    async fix(_, problem) {
      await Promise.resolve();
      world.calls.push(`fix ${problem.code}`);
      world.problems = world.problems.filter(({ code }) => code !== problem.code);
    },
    async check(context, names) {
      context.signal.throwIfAborted();
      world.calls.push(`check ${names.join(' ')}`);
      return [...world.problems, { severity: 'info', code: 'FAKE', message: 'fake hosts are always there', hints: [] }];
    },
    async checkStart(_, hosts) {
      const off = hosts.some(({ state }) => world.hosts.get(state.id)?.power === 'stopped');
      return off ? world.problems : [];
    },
    async create(context, identity) {
      context.signal.throwIfAborted();
      world.calls.push(`create ${identity.name}`);
      await context.save({ id: identity.id });
      context.signal.throwIfAborted();
      const found = world.hosts.get(identity.id);
      if (found !== undefined) return powerOn(found);
      const { own, others } = await reservedFor(context, identity.id);
      const address = (world.keepsAddresses ? own[0] : undefined) ?? nextAddress(world, others);
      const description = await describeNew(world, identity, address);
      world.hosts.set(identity.id, { identity, description, power: 'running' });
      await context.save({ id: identity.id });
      return description;
    },
    async inspect(_context, states) {
      return states.map((state) => {
        const host = state && world.hosts.get(state.id);
        if (host === undefined) return { state: 'absent', detail: 'there is no such fake host' };
        return host.power === 'stopped' ? { state: 'stopped' } : { state: 'running', description: host.description };
      });
    },
    async lastWords() {
      return world.lastWords;
    },
    async start(_context, state) {
      world.calls.push(`start ${require(state).identity.name}`);
      return powerOn(require(state));
    },
    async stop(_context, state, { force }) {
      world.calls.push(`${force ? 'kill' : 'stop'} ${require(state).identity.name}`);
      await powerOff(require(state));
    },
    inventory: {
      async list() {
        return { things: [...world.hosts.values()].map(fakeThing), unseen: [] };
      },
      async remove(_context, things) {
        for (const { machineId, name: host } of things) {
          world.calls.push(`remove ${host}`);
          const found = world.hosts.get(machineId ?? '');
          if (found !== undefined) await powerOff(found);
          world.hosts.delete(machineId ?? '');
        }
      },
      async rebuild(_context, machine) {
        return { state: { id: machine }, options: {} };
      },
      ...(world.putKeys !== undefined && {
        putKeys: async (_context, { id }, host) => {
          await world.putKeys?.(host);
          const found = world.hosts.get(id);
          if (found !== undefined) world.hosts.set(id, { ...found, identity: { ...found.identity, ...keysOf(host) } });
        },
      }),
    },
    async remove(_context, { id, name: host }) {
      world.calls.push(`remove ${host}`);
      const found = world.hosts.get(id);
      if (found !== undefined) await powerOff(found);
      world.hosts.delete(id);
    },
  };
}

const keysOf = ({ authorizedKey, hostKey }: HostIdentity) => ({ authorizedKey, hostKey });

/** What the labels of a fake host tell. */
function fakeThing({ identity, power, labels }: FakeHost): MadeThing {
  const { id, name, swarm, swarmId, owner } = identity;
  return {
    kind: 'fake',
    name: `fake-${name}`,
    place: 'here',
    isHost: true,
    machineId: id,
    host: name,
    swarm: swarm ?? 'no-swarm',
    swarmId,
    owner,
    madeAt: '2026-11-21T09:00:00.000Z',
    running: power === 'running',
    ...labels,
  };
}

/** The same driver as a registry takes it. */
export function fakeDriverEntry(world: FakeWorld, name = 'fake'): DriverEntry {
  return { declaration: fakeDeclaration(world, name), load: async () => fakeDriver(world, name) };
}

function fakeDeclaration(world: FakeWorld, name: string) {
  return {
    apiVersion: 1,
    name,
    description: 'hosts that exist in a test only',
    options: {
      colour: { type: 'string', choices: ['red', 'green'], default: 'green', description: 'of no use' },
      shade: { type: 'string', dependsOn: ['colour'], description: 'of no use without the colour' },
      seats: { type: 'integer', description: 'of no use either' },
      door: { type: 'string', perHost: true, description: 'no two hosts have the same' },
      place: {
        type: 'string',
        default: 'here',
        description: 'where hosts are',
        differing: { consequence: 'hosts in different places cannot meet', refused: true },
      },
    },
    capabilities: world.capabilities,
    preference: 1,
  } as const;
}

function nextAddress(world: FakeWorld, others: readonly string[]): string {
  const address = `192.0.2.${++world.made}`;
  return others.includes(address) ? nextAddress(world, others) : address;
}

async function describeNew(world: FakeWorld, identity: HostIdentity, address: string): Promise<HostDescription> {
  const ssh = await world.boot(identity, address);
  return {
    ssh: { ...ssh, user: 'root' },
    engine: { host: ssh.host, port: 2376 },
    privateAddresses: [address],
  };
}
