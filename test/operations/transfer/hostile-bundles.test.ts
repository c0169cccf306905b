import fc from 'fast-check';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { builtInDrivers } from '../../../src/drivers/built-in.js';
import { SwarmupError } from '../../../src/lib/errors.js';
import type { OperationContext } from '../../../src/operations/access/context.js';
import { openSshHost } from '../../../src/operations/access/openssh-entry.js';
import { checkBundle } from '../../../src/operations/transfer/check-bundle.js';
import { importBundle, type ImportBundleResult } from '../../../src/operations/transfer/import-bundle.js';
import { parseBundle } from '../../../src/operations/transfer/machine-bundle.js';
import { machineRecord } from '../../machine/machine-record.js';
import { operationContext } from '../../support/operation-context.js';

const id = '11111111-1111-4111-8111-111111111111';
const policy = { knownHosts: [], unknown: 'ask' };
const login = { identityFiles: ['/home/sender/.ssh/id_rsa'], agent: 'SSH_AUTH_SOCK', jumps: [], policy };
const address = { host: '192.0.2.1', port: 22, user: 'root' };
const state = { engine: 'unix:///var/run/docker.sock', machine: id, container: 'm1', network: 'lab' };
const record = {
  ...machineRecord('m1', { id, phase: 'ready', swarm: 'lab', role: 'manager', nodeId: 'abcdefghij0123456789' }),
  driver: 'docker',
  options: { network: 'lab' },
  driverState: state,
  endpoint: { ...address, hostKey: 'ssh-ed25519 AAAA', login },
  engine: { url: 'tcp://192.0.2.1:2376', certPath: 'certs' },
  addresses: ['10.0.0.2'],
  advertiseAddr: '10.0.0.2',
  lab: { name: 'lab', pool: 'managers', labels: { zone: 'a' } },
};
const swarm = { schemaVersion: 1, name: 'lab', clusterId: 'cluster1', createdAt: record.createdAt };
const sound = {
  version: 1,
  machines: [
    {
      name: 'm1.lab',
      record: record as unknown,
      files: { id_ed25519: 'AAAA', 'keys/a': 'AAAA' } as Record<string, unknown>,
      keys: { '/home/sender/.ssh/id_rsa': 'AAAA' } as Record<string, unknown>,
    },
  ],
  certs: {},
  swarms: [swarm] as unknown[],
  swarmIds: { lab: '33333333-3333-4333-8333-333333333333' },
};
type Bundle = typeof sound;

let folder: string;
let context: OperationContext;
let started: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hostile-'));
  started = [];
  const run = (file: string) => Promise.reject(new Error(`started ${started.push(file)}`));
  context = operationContext(folder, builtInDrivers, { run });
});
afterEach(() => rm(folder, { recursive: true }));

/** A record is text in a bundle. */
const textOf = (bundle: unknown): string => {
  const { machines } = Object(bundle) as { machines?: unknown };
  if (!Array.isArray(machines)) return JSON.stringify(bundle);
  const texts = machines.map((machine: unknown) =>
    typeof machine === 'object' && machine !== null && 'record' in machine
      ? { ...machine, record: typeof machine.record === 'string' ? machine.record : JSON.stringify(machine.record) }
      : machine,
  );
  return JSON.stringify({ ...(bundle as object), machines: texts });
};

async function take(bundle: unknown, own = context): Promise<ImportBundleResult> {
  const checked = await checkBundle(own, parseBundle(textOf(bundle), 'lab.swarmup'), 'lab.swarmup');
  return importBundle(own, checked, { dryRun: false, withAuthority: false });
}

const withRecord = (changes: object): Bundle => ({
  ...sound,
  machines: sound.machines.map((machine) => ({ ...machine, record: { ...record, ...changes } })),
});
const withMachine = (changes: object): Bundle => ({
  ...sound,
  machines: sound.machines.map((machine) => ({ ...machine, ...changes })),
});
const virtualbox = {
  vm: id,
  name: 'm1',
  address: '192.168.56.50',
  prefix: 24,
  sshPort: 4022,
  user: 'swarmup',
  made: true,
};

/** The files below a folder. */
const filesIn = async (path: string): Promise<readonly string[]> =>
  (await readdir(path, { recursive: true, withFileTypes: true }))
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => join(parentPath, name).slice(path.length + 1))
    .sort();

describe('a bundle of somebody else', () => {
  it('is imported when it has what swarmup writes', async () => {
    const { hosts, brings } = await take(sound);
    expect(hosts).toEqual([{ name: 'm1.lab', status: 'imported' }]);
    expect(brings.hosts[0]).toMatchObject({ ssh: 'root@192.0.2.1:22', swarm: 'lab', role: 'manager', leftOut: [] });
    const host = join('swarms', 'lab', 'hosts', 'm1');
    expect((await filesIn(join(folder, 'home'))).filter((path) => !path.startsWith('locks'))).toEqual([
      ...['id_ed25519', 'keys/a', 'keys/sent-1', 'machine.json'].map((file) => join(host, file)),
      join('swarms', 'lab', 'id'),
      join('swarms', 'lab', 'swarm.json'),
    ]);
    const { endpoint } = await context.store.require('m1.lab');
    expect(endpoint?.login?.identityFiles).toEqual([join(folder, 'home', host, 'keys/sent-1')]);
  });

  it('brings no command that reads an unlock key', async () => {
    const keyCustody = { type: 'command', command: 'touch /tmp/owned' };
    const { brings } = await take({ ...sound, swarms: [{ ...swarm, keyCustody }] });
    expect((await context.store.readSwarm('lab'))?.keyCustody).toBeUndefined();
    expect(brings.hosts[0]?.leftOut.join()).toContain('unlock key');
  });

  it('names no file of this computer as a key, a script or an option', async () => {
    const theirs = {
      ...login,
      agent: '/tmp/agent',
      identityFiles: ['/etc/shadow'],
      policy: { knownHosts: ['/x'], unknown: 'accept' },
    };
    const { brings } = await take(
      withRecord({
        endpoint: { ...record.endpoint, login: theirs },
        engineSettings: { ...record.engineSettings, installUrl: 'http://evil.invalid/x' },
        options: { network: 'lab', host: 'tcp://evil.invalid:2375', subnet: '/etc' },
        lab: { ...record.lab, manifest: '/home/sender/swarmup.yaml' },
      }),
    );
    const found = await context.store.require('m1.lab');
    expect(found.endpoint?.login).toEqual({ identityFiles: [], jumps: [], policy: { knownHosts: [], unknown: 'ask' } });
    expect(found.options).toEqual({ network: 'lab' });
    expect(JSON.stringify(found)).not.toMatch(/evil|etc|sender/);
    expect(brings.hosts[0]?.leftOut).toHaveLength(5);
  });

  it.each<[string, unknown]>([
    ['endpoint.user', withRecord({ endpoint: { ...record.endpoint, user: 'root\nMatch all exec "x"' } })],
    ['endpoint.user', withRecord({ endpoint: { ...record.endpoint, user: '-oProxyCommand=x' } })],
    ['endpoint.host', withRecord({ endpoint: { ...record.endpoint, host: 'a b' } })],
    ['endpoint.port', withRecord({ endpoint: { ...record.endpoint, port: 70_000 } })],
    ['endpoint.hostKey', withRecord({ endpoint: { ...record.endpoint, hostKey: 'ssh-ed25519 AAAA\u2028x' } })],
    ['endpoint', withRecord({ endpoint: null })],
    ['endpoint.proxy', withRecord({ endpoint: { ...record.endpoint, proxy: 'x' } })],
    ['id', withRecord({ id: 'x; rm -rf /' })],
    ['driver', withRecord({ driver: '../x' })],
    ['name', withRecord({ name: '..' })],
    ['name', withMachine({ name: '../../x' })],
    ['phase', withRecord({ phase: 'removing' })],
    ['engine.url', withRecord({ engine: { url: 'tcp://x:1/\u001b]52', certPath: 'certs' } })],
    ['machine', withRecord({ driverState: { ...state, machine: 'other' } })],
    ['engine', withRecord({ driverState: { ...state, engine: 'ssh://-oProxyCommand=x' } })],
    ['folder', withRecord({ driver: 'virtualbox', driverState: { ...virtualbox, folder: '/home/me' } })],
    ['folder', withRecord({ driver: 'virtualbox', driverState: { ...virtualbox, folder: `/a/../swarmup/${id}` } })],
    [
      'vm',
      withRecord({ driver: 'virtualbox', driverState: { ...virtualbox, vm: 'mine', folder: `/a/swarmup/${id}` } }),
    ],
    [
      'endpoint',
      withRecord({
        driver: 'aws',
        driverState: { region: 'eu-1', endpoint: 'http://x', machine: id, cluster: 'c', attempts: 0 },
      }),
    ],
    ['path', withMachine({ files: { '../../evil': 'AAAA' } })],
    ['path', withMachine({ files: { '/etc/evil': 'AAAA' } })],
    ['path', withMachine({ files: { 'keys/../../../evil': 'AAAA' } })],
    ['file', withMachine({ files: { 'machine.json': 'AAAA' } })],
    [
      'plugin',
      withMachine({ files: { 'driver/config.json': Buffer.from('{"DiskPath":"/home/me"}').toString('base64') } }),
    ],
    ['certs', { ...sound, certs: { 'ca.pem': 'AAAA', 'cert.pem': 'AAAA', 'key.pem': 'AAAA' } }],
    ['clusterId', { ...sound, swarms: [{ ...swarm, clusterId: '../x' }] }],
    ['same name', { ...sound, machines: [...sound.machines, ...sound.machines] }],
  ])('is refused as a whole for its %s, without a word of it', async (field, bundle) => {
    const refused: unknown = await take(bundle).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'BUNDLE_BROKEN' });
    const { message } = refused as SwarmupError;
    expect(message).toContain(field);
    expect(message).not.toMatch(/evil|Proxy|Match|\u001b|rm -rf|\/home\/me/);
    await expect(readdir(join(folder, 'home'))).rejects.toThrow('ENOENT');
  });

  it('gives no second name to a host that is on record', async () => {
    await context.store.add({ ...machineRecord('mine'), id });
    expect((await take(sound)).hosts).toMatchObject([{ error: { code: 'HOST_EXISTS' } }]);
  });

  it('adds nothing to a swarm of the same name that is another one', async () => {
    await context.store.add(machineRecord('w1.lab', { swarm: 'lab' }));
    expect((await take(sound)).hosts).toMatchObject([{ error: { code: 'SWARM_CONFLICT' } }]);
    expect(await context.store.readSwarm('lab')).toBeUndefined();
  });
});

const evil = [
  ...[
    '',
    '..',
    '../../evil',
    '/etc/passwd',
    '~/x',
    'C:\\x',
    'a b',
    '"',
    "'",
    '$(touch evil)',
    '`touch evil`',
    '-oProxyCommand=x',
  ],
  ...['x\nMatch all exec "touch evil"', '\u001b]52;c;x\u0007', '\u009b2J', '\u202e', '%h', '#', '\\', 'x'.repeat(5000)],
  ...['__proto__', 'constructor', 'lab', 'm1', 'docker', 'virtualbox', 'generic', 'aws', 'http://x', 'file:///etc'],
  ...[
    null,
    true,
    -1,
    0,
    1.5,
    65_536,
    1e308,
    [],
    {},
    [[]],
    { type: 'command', command: 'touch evil' },
    { identityFiles: ['/etc/shadow'] },
  ],
];

/** The bundle with some parts left out, replaced, or added. */
const mutated = (value: unknown): fc.Arbitrary<unknown> => {
  const other = fc.oneof(fc.constantFrom<unknown>(...evil), fc.jsonValue(), fc.string({ unit: 'binary' }));
  if (typeof value !== 'object' || value === null) return other;
  const entries = Object.entries(value);
  const added = fc
    .tuple(fc.oneof(fc.constantFrom(...evil.filter((part) => typeof part === 'string')), fc.string()), other)
    .map(([key, part]) => (Array.isArray(value) ? [...(value as unknown[]), part] : { ...value, [key]: part }));
  if (entries.length === 0) return fc.oneof(other, added);
  const below = fc
    .constantFrom(...entries)
    .chain(([key, part]) => mutated(part).map((next) => Object.assign(structuredClone(value), { [key]: next })));
  return fc.oneof({ weight: 1, arbitrary: other }, { weight: 2, arbitrary: added }, { weight: 12, arbitrary: below });
};
const twice = mutated(sound).chain((once) => fc.oneof(fc.constant(once), mutated(once)));

/** A hundred thousand in a night: SWARMUP_FUZZ_RUNS=100000. */
const numRuns = Number(process.env['SWARMUP_FUZZ_RUNS'] ?? 1500);
const keywords =
  /^(?:|Host \S+|  (?:HostName|Port|User|IdentityAgent|IdentitiesOnly|PreferredAuthentications|HostKeyAlias|GlobalKnownHostsFile|StrictHostKeyChecking|ProxyCommand) [^\s"'$`]+|  (?:IdentityFile|UserKnownHostsFile) (?:none|"[^"]*"))$/;

describe('hostile bundles', { timeout: 60_000 + numRuns * 50 }, () => {
  it('are refused or harmless: no other error, no file outside, no process, no line in an ssh config', async () => {
    let imported = 0;
    await fc.assert(
      fc.asyncProperty(twice, async (bundle) => {
        const place = await mkdtemp(join(folder, 'run-'));
        await mkdir(join(place, 'home'));
        const own = { ...operationContext(place, builtInDrivers), run: context.run };
        const done = await take(bundle, own).catch((error: unknown) => {
          if (error instanceof SwarmupError) return undefined;
          throw error;
        });
        for (const { name } of (done?.hosts ?? []).filter(({ status }) => status === 'imported')) {
          imported += 1;
          const { entry } = await openSshHost(own.store, await own.store.require(name));
          expect(entry.split('\n').filter((line) => !keywords.test(line))).toEqual([]);
          const text = await readFile(join(place, 'home', own.store.hostFolder(name), 'machine.json'), 'utf8');

          expect(JSON.stringify(JSON.parse(text))).not.toMatch(/keyCustody|[\u0000-\u001f\u007f-\u009f]|\\u00[01]/);
        }
        const strays = (await filesIn(place)).filter(
          (path) => !/^home\/(?:locks|hosts\/[a-z0-9-]+|swarms\/[a-z0-9-]+)\//.test(path),
        );
        expect(strays.filter((path) => path !== 'home/id')).toEqual([]);
        await rm(place, { recursive: true });
      }),
      { numRuns },
    );
    expect(started).toEqual([]);
    // Otherwise the inputs are too far from real ones to say anything.
    expect(imported).toBeGreaterThan(numRuns / 50);
    expect(await filesIn(folder)).toEqual([]);
  });
});
