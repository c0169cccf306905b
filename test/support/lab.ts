import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openConnections } from '../../src/cli/connections.js';
import type { Driver, HostIdentity } from '../../src/drivers/driver.js';
import { genericDeclaration } from '../../src/drivers/generic/declaration.js';
import { createGenericDriver } from '../../src/drivers/generic/generic-driver.js';
import { createRegistry, type DriverEntry } from '../../src/drivers/registry.js';
import { SwarmupError } from '../../src/lib/errors.js';
import { exitCodes } from '../../src/lib/exit-codes.js';
import { processRunner } from '../../src/lib/local-process.js';
import type { ProgressEvent } from '../../src/lib/progress-event.js';
import { openStore } from '../../src/machine/file-store.js';
import type { Store } from '../../src/machine/store.js';
import type { OperationContext } from '../../src/operations/access/context.js';
import { createHosts } from '../../src/operations/create/create-hosts.js';
import type { EngineSettings } from '../../src/lib/engine-settings.js';
import type { CreateOptions, CreateRequest, HostGroup, SwarmWish } from '../../src/operations/access/create-request.js';
import type { CreateResult } from '../../src/operations/access/results.js';
import type { SshKeyPair } from '../../src/ssh/keys.js';
import { factsText, type FactsTextOptions } from '../bootstrap/facts-text.js';
import { type FakeCluster } from './fake-cluster.js';
import { fakeDriverEntry, type FakeWorld, fakeWorld } from './fake-driver.js';
import { type EngineFault, fakeEngine, type FakeEngine, type FakeNetwork } from './fake-engine.js';
import { type CommandReply, type SshHost, startSshHost } from './ssh-host.js';

/** A host as the tests see it, running or not. */
interface LabHost {
  readonly name: string;
  readonly engine: FakeEngine;
  /** undefined while it has no power. */
  ssh: SshHost | undefined;
  /** Titles of the scripts it ran: `read facts`, `configure Docker`. */
  readonly scripts: string[];
}

/** One process of swarmup: its own connections and events, the store and the hosts shared with all others. */
export interface LabProcess extends AsyncDisposable {
  readonly context: OperationContext;
  readonly events: ProgressEvent[];
  /** Like Ctrl-C. */
  readonly interrupt: () => void;
  /** Sees each event when it is reported. */
  onEvent: (event: ProgressEvent) => void;
  readonly create: (names: string, asked?: Asked) => Promise<CreateResult>;
}

export interface Lab extends AsyncDisposable {
  readonly store: Store;
  readonly world: FakeWorld;
  readonly network: FakeNetwork;
  /** Before a host boots for the first time; may refuse or change it. */
  onBoot: (name: string) => BootChange | Promise<BootChange>;
  /** Before a script runs on a host; may answer instead of it. */
  onScript: (host: string, title: string) => CommandReply | undefined | Promise<CommandReply | undefined>;
  /** Sees the text of each script that runs on a host. */
  onText: (host: string, title: string, text: string) => void;
  /** False: managers do not see yet that a host lost its power. */
  heartbeats: boolean;
  readonly host: (name: string) => LabHost;
  /** The swarm that a host is in. */
  readonly clusterOf: (name: string) => FakeCluster;
  readonly process: () => LabProcess;
  /** A host that somebody has already, with Docker on it; for `create NAME=ADDRESS` with the driver `generic`. */
  readonly existing: (name: string, as?: ExistingHost) => Promise<ExistingAddress>;
  /** Folder that stands for the user's home: `~/.ssh` is in it. */
  readonly userHome: string;
  /** What `create` asks for. */
  readonly request: typeof requestOf;
  /** The first create of a new process. */
  readonly create: LabProcess['create'];
  /** The next host of this name and id is another machine: its disk is gone. */
  readonly forget: (name: string) => void;
  /** What is in the store, as text, by path. */
  readonly files: () => Promise<ReadonlyMap<string, string>>;
}

export interface ExistingHost extends Pick<BootChange, 'hostKey' | 'facts'> {
  /** Who may log in; anybody but root goes through sudo. Default: root. */
  readonly user?: string;
  /** What sudo says instead of doing what it is asked to. */
  readonly sudo?: CommandReply;
}

export interface ExistingAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** File with the private key that is let in. */
  readonly keyFile: string;
  readonly hostKey: string;
}

export interface BootChange {
  readonly hostKey?: SshKeyPair;
  readonly refuseAuth?: boolean;
  readonly facts?: FactsTextOptions;
  /** Its engine does not start. */
  readonly engineIsDown?: boolean;
  /** For its engine. */
  readonly faults?: readonly EngineFault[];
}

/** What a test asks of `create`, otherwise than it is asked as a rule. */
export interface Asked
  extends Omit<HostGroup, 'names' | 'engine'>, Omit<SwarmWish, 'name'>, Pick<CreateRequest, 'trust'>, CreateOptions {
  /** null: plain Docker hosts. */
  readonly swarm?: string | null;
  readonly tls?: boolean;
  readonly engine?: Partial<EngineSettings>;
}

const usual = {
  // Its hosts have no systemd to run it.
  agent: false,
  // Where these tests run decides nothing.
  addressPool: '198.18.0.0/15',
};

function requestOf(names: readonly string[], asked: Asked = {}): CreateRequest {
  const { swarm = 'default', tls = false, engine, trust } = asked;
  const { addressPool, dataPathPort, advertiseAddr, agent } = { ...usual, ...asked };
  const { managers, driver, driverSource, driverOptions, addresses, lab } = asked;
  const given = Object.entries({ managers, driver, driverSource, driverOptions, addresses, lab });
  const group: Omit<HostGroup, 'names'> = Object.fromEntries(given.filter(([, value]) => value !== undefined));
  return {
    groups: [{ names, ...group, engine: { tls, tlsSans: [], ...engine } }],
    swarm: swarm === null ? null : { name: swarm, addressPool, dataPathPort, advertiseAddr, agent },
    trust,
  };
}

/**
 * Everything an operation works with, in one process and in earnest: a store in a temporary folder, real SSH
 * connections to hosts that are ssh servers of this process, with engines that know swarm mode.
 */
export async function openLab(): Promise<Lab> {
  const home = await mkdtemp(join(tmpdir(), 'swarmup-lab-'));
  const userHome = await mkdtemp(join(tmpdir(), 'swarmup-lab-user-'));
  await mkdir(join(userHome, '.ssh'));
  const store = openStore(home);
  const hosts = new Map<string, LabHost>();
  const network: FakeNetwork = new Map();
  const ports = new Map<string, number>();
  const processes: LabProcess[] = [];
  const facts = new Map<string, FactsTextOptions>();

  const boot = async (identity: HostIdentity, address: string): Promise<{ host: string; port: number }> => {
    const { name } = identity;
    const change = await lab.onBoot(name);
    const host = hosts.get(identity.id) ?? newHost(network, name, address);
    facts.set(name, change.facts ?? facts.get(name) ?? {});
    hosts.set(identity.id, host);
    if (host.engine.address !== address) host.engine.moveTo(address);
    host.engine.inject(...(change.faults ?? []));
    const target = await serveSsh(host, identity, change);
    if (change.engineIsDown !== true) host.engine.powerOn();
    return { host: '127.0.0.1', port: target.port };
  };
  const serveSsh = async (host: LabHost, identity: HostIdentity, change: BootChange = {}) => {
    const { name } = identity;
    const port = ports.get(identity.id);
    host.ssh = await startSshHost({
      name,
      hostKey: change.hostKey ?? identity.hostKey,
      userKey: identity.authorizedKey,
      ...(port !== undefined && { port }),
      ...(change.refuseAuth === true && { refuseAuthTimes: Number.POSITIVE_INFINITY }),
      commands: [{ match: 'sh -s', reply: async ({ stdin }) => runScript(lab, host, await stdin(), facts.get(name)) }],
      sockets: { '/var/run/docker.sock': host.engine.serve },
    });
    ports.set(identity.id, host.ssh.target.port);
    return host.ssh.target;
  };
  const putKeys = async (identity: HostIdentity): Promise<void> => {
    const host = hosts.get(identity.id);
    if (host?.ssh === undefined) return;
    await host.ssh.close();
    await serveSsh(host, identity);
  };
  const shutDown = async ({ id }: HostIdentity): Promise<void> => {
    const host = hosts.get(id);
    const { cluster } = host?.engine ?? {};
    host?.engine.powerOff();
    await host?.ssh?.close();
    if (host !== undefined) host.ssh = undefined;
    if (lab.heartbeats) cluster?.noticeLosses();
  };

  const world = fakeWorld({ boot, shutDown, putKeys });
  const process = (): LabProcess => {
    const made = openProcess(store, world, { home, userHome });
    processes.push(made);
    return made;
  };
  const host = (name: string): LabHost => {
    // The newest of this name: the ones before it were removed.
    const found = [...hosts.values()].findLast((other) => other.name === name);
    if (found === undefined) throw new Error(`there never was a host ${name}`);
    return found;
  };
  const lab: Lab = {
    store,
    world,
    network,
    onBoot: () => ({}),
    onScript: () => undefined,
    onText: () => undefined,
    heartbeats: true,
    host,
    clusterOf(name) {
      const { cluster } = host(name).engine;
      if (cluster === undefined) throw new Error(`${name} is in no swarm`);
      return cluster;
    },
    process,
    async existing(name, as = {}) {
      const host = newHost(network, name, `192.0.2.${200 + hosts.size}`);
      hosts.set(randomUUID(), host);
      const { user = 'root', hostKey, sudo } = as;
      host.ssh = await startSshHost({
        name,
        user,
        ...(hostKey !== undefined && { hostKey }),
        commands: [
          ...(sudo === undefined ? [] : [{ match: /^/, reply: sudo }]),
          { match: 'sh -s', reply: async ({ stdin }) => runScript(lab, host, await stdin(), as.facts) },
        ],
        sockets: { '/var/run/docker.sock': host.engine.serve },
      });
      host.engine.powerOn();
      const keyFile = join(userHome, '.ssh', `key-of-${name}`);
      const { port, privateKey, hostKey: shown } = host.ssh.target;
      await writeFile(keyFile, privateKey, { mode: 0o600 });
      return { host: '127.0.0.1', port, user, keyFile, hostKey: shown.trim() };
    },
    userHome,
    request: requestOf,
    forget(name) {
      for (const [id, known] of hosts)
        if (known.name === name) {
          hosts.delete(id);
          ports.delete(id);
        }
    },
    create: (names, changes) => process().create(names, changes),
    files: () => readAll(home),
    async [Symbol.asyncDispose]() {
      for (const made of processes) await made[Symbol.asyncDispose]();
      for (const { ssh } of hosts.values()) await ssh?.close();
      for (const folder of [home, userHome]) await rm(folder, { recursive: true, force: true });
    },
  };
  return lab;
}

interface Folders {
  readonly home: string;
  readonly userHome: string;
}

function openProcess(store: Store, world: FakeWorld, { home, userHome }: Folders): LabProcess {
  const connections = openConnections(store);
  const events: ProgressEvent[] = [];
  const stop = new AbortController();
  const { signal } = stop;
  const context: OperationContext = {
    store,
    drivers: createRegistry([fakeDriverEntry(world), genericEntry]),
    connect: (record, options) => connections.asRoot(record, { signal, ...options }),
    enroll: (name, address, options) => connections.enroll(name, address, { signal, ...options }),
    disconnect: (name) => connections.drop(name),
    report: (event) => {
      const timed = { time: new Date().toISOString(), ...event };
      events.push(timed);
      opened.onEvent(timed);
    },
    signal,
    env: { HOME: userHome, USER: 'me' },
    run: processRunner(process.env),
    cacheDir: join(home, 'cache'),
    now: () => new Date(),
  };
  const opened: LabProcess = {
    context,
    events,
    onEvent: () => undefined,
    interrupt: () => {
      stop.abort(new SwarmupError('INTERRUPTED', 'stopped by Ctrl-C', { exitCode: exitCodes.interrupted }));
    },
    create: (names, asked) => createHosts(context, requestOf(names.split(' '), asked), asked),
    [Symbol.asyncDispose]: () => connections.close(),
  };
  return opened;
}

const genericEntry: DriverEntry = {
  declaration: genericDeclaration,
  load: () => Promise.resolve(createGenericDriver() as Driver),
};

function newHost(network: FakeNetwork, name: string, address: string): LabHost {
  const engine = fakeEngine(network, name, address);
  network.set(address, engine);
  return { name, engine, ssh: undefined, scripts: [] };
}

async function runScript(
  lab: Lab,
  host: LabHost,
  script: string,
  facts: FactsTextOptions | undefined,
): Promise<CommandReply> {
  const title = /^# swarmup: (.*)$/m.exec(script)?.[1] ?? '';
  lab.onText(host.name, title, script);
  const faulty = await lab.onScript(host.name, title);
  const isConfigured = host.scripts.includes('configure Docker');
  host.scripts.push(title);
  if (faulty !== undefined) return faulty;
  if (title === 'read facts') return { stdout: factsOfHost(host, facts) };
  if (title === 'configure Docker') return { stdout: `result=${isConfigured ? 'unchanged' : 'changed'}\n` };
  if (title === 'read the certificate of the node') return { stdout: '' };
  return { exitCode: 127, stderr: `the hosts of the lab do not know how to ${title}\n` };
}

/** A host with one network besides Docker's own. */
function factsOfHost({ name, engine }: LabHost, options: FactsTextOptions = {}): string {
  return factsText(options)
    .replace('hostname=agent1', `hostname=${name}`)
    .replace(/^machine-id=.*$/m, `machine-id=of-${name}`)
    .replaceAll('10.219.7.11', engine.address)
    .replaceAll('10.219.7', '192.0.2')
    .replace(/^route4=(unreachable|10\.).*\n/gm, '');
}

async function readAll(folder: string): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    await Promise.all(
      files.map(async (path) => [path.slice(folder.length + 1), await readFile(path, 'utf8')] as const),
    ),
  );
}
