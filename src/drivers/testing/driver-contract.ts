import assert from 'node:assert/strict';
import type {
  CreateContext,
  Driver,
  DriverContext,
  HostDescription,
  HostIdentity,
  ReservedAddresses,
} from '../driver.js';

/** The parts of a test framework that the contract needs: vitest, jest, mocha-like ones and node:test have them. */
export interface TestFramework {
  readonly describe: (name: string, suite: () => void) => void;
  readonly it: (name: string, test: () => Promise<void>, timeoutMs?: number) => void;
}

/** The suite itself says which addresses are reserved, and, if the setup does not, whom hosts belong to. */
type Ours = 'reservedAddresses' | 'belongsTo' | 'peers';
type TestContext = Omit<DriverContext, Ours> & Partial<Pick<DriverContext, Ours>>;

/** The facts that the contract needs about the driver under test. */
export interface DriverContractSetup {
  /** A new instance at each call: as a new process has one. */
  readonly driver: () => Driver | Promise<Driver>;
  /** A context with a place of its own for the hosts of this suite (a network, a folder, a region). */
  readonly context: (signal: AbortSignal, log: (message: string) => void) => TestContext;
  /** A new host that does not exist yet, with fresh keys. */
  readonly identity: () => HostIdentity | Promise<HostIdentity>;
  /**
   * Logs in with the private half of `authorizedKey`, and accepts only the identity's host key; waits while the host
   * boots. Left out if hosts have no SSH.
   */
  readonly connect?: (host: HostIdentity, description: HostDescription) => Promise<void>;
  /** Names of everything that exists in the place of this suite: hosts, disks, networks. */
  readonly leftovers: () => Promise<readonly string[]>;
  /** For one test; default 60 s. */
  readonly timeoutMs?: number;
}

/** More saves than any driver needs while it creates one host. */
const maxSaves = 20;

/**
 * The tests that every driver passes, with any kind of hosts. Each test makes its own hosts and removes them. Call it
 * at the top of a test file: `driverContract(setup, { describe, it })`.
 */
export function driverContract(setup: DriverContractSetup, { describe, it }: TestFramework): void {
  const test = (name: string, run: (bench: Bench) => Promise<void>): void => {
    it(
      name,
      async () => {
        const bench = newBench(setup);
        try {
          await run(bench);
        } finally {
          await bench.removeAll();
        }
        assert.deepEqual(await setup.leftovers(), [], 'something is left after all hosts were removed');
      },
      setup.timeoutMs ?? 60_000,
    );
  };
  describe('driver contract', () => {
    test('declares itself, and checks without changing anything', declaresAndChecks);
    test('creates a host that runs, and adopts it when asked again', createsAndAdopts);
    test('tells where a host is that exists already', locates);
    test('stops and starts a host', stopsAndStarts);
    test('removes a host, and succeeds when it is absent', removes);
    test('gives no host an address that another host has on record, and a host that is made again its own', reserves);
    test('tells the states of several hosts in their order', inspectsInOrder);
    test('resumes a creation that was killed at any save', resumesAfterKill);
    test('removes what a creation left that was killed at any save', removesAfterKill);
    test('lists what it made, rebuilds the state of a host, gives it new keys, and removes it by its labels', lists);
    test('stops at once when it is aborted', aborts);
  });
}

/** A host under test: its identity, and what a machine record would hold of it. */
interface TestHost {
  readonly identity: HostIdentity;
  state: unknown;
}

interface Bench {
  readonly setup: DriverContractSetup;
  readonly context: (signal?: AbortSignal) => DriverContext;
  readonly host: () => Promise<TestHost>;
  /** Creates as core does it; `onSave` may throw, as a kill would end it. */
  readonly create: (host: TestHost, onSave?: () => void, signal?: AbortSignal) => Promise<HostDescription>;
  readonly remove: (host: TestHost) => Promise<void>;
  /** The addresses that hosts on record have. */
  readonly reserved: ReservedAddresses[];
  readonly removeAll: () => Promise<void>;
}

function newBench(setup: DriverContractSetup): Bench {
  const hosts: TestHost[] = [];
  const reserved: ReservedAddresses[] = [];
  const context = (signal = new AbortController().signal): DriverContext => ({
    belongsTo: { swarm: 'no-swarm', id: '00000000-0000-4000-8000-000000000000', owner: 'tests' },
    peers: () => Promise.resolve([]),
    ...setup.context(signal, (message) => {
      for (const { identity } of hosts) assertNoSecret(message, identity, 'the progress display');
    }),
    reservedAddresses: () => Promise.resolve(reserved),
  });
  const remove = async ({ identity, state }: TestHost): Promise<void> => {
    await (await setup.driver()).remove(context(), { id: identity.id, name: identity.name }, state);
  };
  return {
    setup,
    context,
    remove,
    reserved,
    async host() {
      const host: TestHost = { identity: await setup.identity(), state: undefined };
      hosts.push(host);
      return host;
    },
    async create(host, onSave, signal) {
      const createContext: CreateContext<unknown> = { ...context(signal), save: saveInto(host, onSave) };
      return (await setup.driver()).create(createContext, host.identity, host.state);
    },
    async removeAll() {
      for (const host of hosts) await remove(host);
    },
  };
}

/** Keeps the state as JSON, as a machine record does. */
function saveInto(host: TestHost, onSave?: () => void): (state: unknown) => Promise<void> {
  return (state) =>
    new Promise((resolve) => {
      const text = JSON.stringify(state);
      assertNoSecret(text, host.identity, 'the state');
      assert.deepEqual(JSON.parse(text), state, 'the state is not plain JSON');
      onSave?.();
      host.state = JSON.parse(text);
      resolve();
    });
}

function assertNoSecret(text: string, { hostKey }: HostIdentity, where: string): void {
  const lines = hostKey.privateKey.split('\n').filter((line) => line !== '' && !line.startsWith('-----'));
  assert.ok(!lines.some((line) => text.includes(line)), `the host's private key is in ${where}`);
}

async function reserves({ setup, host, create, remove, reserved }: Bench): Promise<void> {
  if ((await setup.driver()).capabilities.choosesAddresses !== true) return;
  const lost = await host();
  const { privateAddresses } = await create(lost);
  const { id, name, swarm } = lost.identity;
  reserved.push({ id, name, swarm, addresses: privateAddresses });
  await remove(lost);
  const other = await create(await host());
  const taken = other.privateAddresses.filter((address) => privateAddresses.includes(address));
  assert.deepEqual(taken, [], 'a host got an address that another host has on record');
  const again = await create({ identity: lost.identity, state: undefined });
  assert.deepEqual(again.privateAddresses, privateAddresses, 'a host that was made again did not get its own address');
  await remove({ identity: lost.identity, state: undefined });
}

async function declaresAndChecks({ setup, context }: Bench): Promise<void> {
  const driver = await setup.driver();
  assert.equal(driver.apiVersion, 1);
  assert.match(driver.name, /^[a-z][a-z0-9-]*$/);
  assert.ok(driver.description.length > 0);
  for (const name of Object.keys(driver.options)) assert.match(name, /^[a-z][a-z0-9-]*$/);
  declaresCommands(driver);
  const before = await setup.leftovers();
  const problems = await driver.check(context(), ['some-host']);
  assert.deepEqual(
    problems.filter(({ severity }) => severity === 'error'),
    [],
  );
  assert.ok(
    problems.some(({ severity }) => severity === 'info'),
    'check says nothing about what it found',
  );
  assert.deepEqual(await setup.leftovers(), before, 'check changed something');
}

function declaresCommands(driver: Driver): void {
  const { commands, options } = driver;
  assert.equal('runCommand' in driver, commands !== undefined, 'commands and runCommand belong together');
  if (commands === undefined) return;
  assert.ok(commands.about.length > 0);
  const names = commands.list.map(({ name }) => name);
  assert.deepEqual(names, [...new Set(names)], 'two commands have the same name');
  for (const { name, summary, flags = {}, options: taken = [] } of commands.list) {
    for (const word of [name, ...Object.keys(flags)]) assert.match(word, /^[a-z][a-z0-9-]*$/);
    assert.ok(summary.length > 0, `${name} does not say what it does`);
    const known = [...Object.keys(flags), 'json', 'debug'];
    for (const { needs = [] } of Object.values(flags))
      for (const flag of needs) assert.ok(known.includes(flag), `${name} has no flag ${flag}`);
    for (const option of taken === 'all' ? [] : taken)
      assert.ok(Object.hasOwn(options, option), `${name} takes an option that the driver does not have: ${option}`);
  }
}

async function createsAndAdopts(bench: Bench): Promise<void> {
  const host = await bench.host();
  const made = await bench.create(host);
  assert.ok(made.privateAddresses.length > 0, 'other hosts have no address to reach it');
  await expectState(bench, host, 'running', made);
  await bench.setup.connect?.(host.identity, made);
  const things = [...(await bench.setup.leftovers())].sort();
  assert.deepEqual(await bench.create(host), made, 'a host that runs is described in another way when it is adopted');
  assert.deepEqual([...(await bench.setup.leftovers())].sort(), things, 'adopting made something new');
}

async function locates(bench: Bench): Promise<void> {
  const driver = await bench.setup.driver();
  if (driver.locate === undefined) return;
  const host = await bench.host();
  const things = [...(await bench.setup.leftovers())].sort();
  const found = await driver.locate(bench.context(), host.identity);
  assert.deepEqual([...(await bench.setup.leftovers())].sort(), things, 'locate changed something');
  assert.deepEqual(await bench.create(host), found, 'create describes another host than locate');
}

/** Hosts that existed before swarmup outlive it. */
async function expectRemoved(bench: Bench, host: TestHost): Promise<void> {
  if ((await bench.setup.driver()).locate === undefined) await expectState(bench, host, 'absent');
}

async function stopsAndStarts(bench: Bench): Promise<void> {
  const driver = await bench.setup.driver();
  if (!driver.capabilities.power) return;
  const host = await bench.host();
  const made = await bench.create(host);
  for (const force of [false, true]) {
    await driver.stop(bench.context(), host.state, { force });
    await expectState(bench, host, 'stopped');
    await driver.stop(bench.context(), host.state, { force });
    const started = await driver.start({ ...bench.context(), save: saveInto(host) }, host.state);
    if (driver.capabilities.stableAddresses) assert.deepEqual(started, made, 'start changed the addresses');
    await expectState(bench, host, 'running', started);
    await bench.setup.connect?.(host.identity, started);
  }
  await driver.stop(bench.context(), host.state, { force: true });
  await bench.create(host);
  await expectState(bench, host, 'running');
}

async function removes(bench: Bench): Promise<void> {
  const never = await bench.host();
  await bench.remove(never);
  const host = await bench.host();
  await bench.create(host);
  await bench.remove(host);
  await expectRemoved(bench, host);
  await bench.remove(host);
}

async function inspectsInOrder(bench: Bench): Promise<void> {
  const [gone, runs, never] = [await bench.host(), await bench.host(), await bench.host()];
  const made = await Promise.allSettled([bench.create(gone), bench.create(runs)]);
  for (const result of made) if (result.status === 'rejected') throw result.reason;
  await bench.remove(gone);
  const driver = await bench.setup.driver();
  const found = await driver.inspect(bench.context(), [gone.state, runs.state, never.state]);
  assert.deepEqual(
    found.map(({ state }) => state),
    [driver.locate === undefined ? 'absent' : 'running', 'running', 'absent'],
  );
  assert.deepEqual(await driver.inspect(bench.context(), []), []);
}

async function resumesAfterKill(bench: Bench): Promise<void> {
  await killAtEachSave(bench, async (host) => {
    const made = await bench.create(host);
    await expectState(bench, host, 'running', made);
    await bench.setup.connect?.(host.identity, made);
    await bench.remove(host);
  });
}

async function removesAfterKill(bench: Bench): Promise<void> {
  await killAtEachSave(bench, async (host) => {
    await bench.remove(host);
    assert.deepEqual(await bench.setup.leftovers(), [], 'remove left something of a half-made host');
  });
}

/**
 * Runs creations that are killed at their first save, at their second save and so on, until one has no further save.
 */
async function killAtEachSave(bench: Bench, afterwards: (host: TestHost) => Promise<void>): Promise<void> {
  const killed = new Error('killed');
  for (let fatal = 1; fatal <= maxSaves; fatal++) {
    const host = await bench.host();
    let saves = 0;
    const kill = (): void => {
      if (++saves === fatal) throw killed;
    };
    try {
      await bench.create(host, kill);
      assert.ok(fatal > 1, 'create saved nothing');
      await bench.remove(host);
      return;
    } catch (error) {
      if (error !== killed) throw error;
    }
    await afterwards(host);
  }
  assert.fail(`create saves more than ${maxSaves} times`);
}

async function lists(bench: Bench): Promise<void> {
  const { inventory } = await bench.setup.driver();
  if (inventory === undefined) return;
  const host = await bench.host();
  const made = await bench.create(host);
  const { id, name } = host.identity;
  const ofHost = async () =>
    (await inventory.list(bench.context(), [host.state])).things.filter(({ machineId }) => machineId === id);
  const before = await bench.setup.leftovers();
  const things = await ofHost();
  const [found, ...others] = things.filter(({ isHost }) => isHost);
  assert.deepEqual(others, [], 'a host is listed twice');
  assert.equal(found?.host, name, 'the labels of a host do not tell its name');
  assert.equal(found.running, true);
  if (inventory.rebuild !== undefined) {
    const { state } = await inventory.rebuild(bench.context(), id, things);
    const lost: TestHost = { identity: await withNewKeys(bench, host.identity), state };
    if (inventory.putKeys !== undefined) await inventory.putKeys(bench.context(), state, lost.identity);
    await expectState(bench, lost, 'running', made);
    if (inventory.putKeys !== undefined) await bench.setup.connect?.(lost.identity, made);
  }
  assert.deepEqual([...(await bench.setup.leftovers())].sort(), [...before].sort(), 'looking made something new');
  await inventory.remove(bench.context(), things);
  assert.deepEqual(await ofHost(), [], 'a removed host is still listed');
  await expectState(bench, host, 'absent');
  await inventory.remove(bench.context(), things);
}

/** The same host with other keys. */
async function withNewKeys({ setup }: Bench, identity: HostIdentity): Promise<HostIdentity> {
  const { authorizedKey, hostKey } = await setup.identity();
  return { ...identity, authorizedKey, hostKey };
}

async function aborts(bench: Bench): Promise<void> {
  const early = await bench.host();
  await rejectsWith('early', () => bench.create(early, undefined, AbortSignal.abort(new Error('early'))));
  const late = await bench.host();
  const controller = new AbortController();
  const abort = (): void => {
    controller.abort(new Error('late'));
  };
  await rejectsWith('late', () => bench.create(late, abort, controller.signal));
}

/** The reason of an abort may arrive as the cause of another error. */
async function rejectsWith(reason: string, work: () => Promise<unknown>): Promise<void> {
  await assert.rejects(work, (error: unknown) => {
    for (let e = error; e instanceof Error; e = e.cause) if (e.message === reason) return true;
    throw error;
  });
}

async function expectState(bench: Bench, host: TestHost, state: string, description?: HostDescription): Promise<void> {
  const [status] = await (await bench.setup.driver()).inspect(bench.context(), [host.state]);
  assert.equal(status?.state, state, status?.detail);
  assert.equal(status.description !== undefined, state === 'running', 'only a running host has a description');
  if (description !== undefined) assert.deepEqual(status.description, description);
}
