import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../../src/machine/file-store.js';
import type { Store } from '../../src/machine/store.js';
import { buildChildProgram, type ChildProgram } from './child-processes.js';
import { machineRecord } from './machine-record.js';

let program: ChildProgram;
let folder: string;
let store: Store;

beforeAll(async () => {
  program = await buildChildProgram();
});
afterAll(() => program[Symbol.asyncDispose]());

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'swarmup-store-'));
  store = openStore(join(folder, 'deep', 'home'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const recordPath = (name: string): string => join(store.home, 'swarms', 'default', 'hosts', name, 'machine.json');

async function tamper(name: string, text: string): Promise<void> {
  await mkdir(join(store.home, 'swarms', 'default', 'hosts', name), { recursive: true });
  await writeFile(recordPath(name), text);
}

describe('records', () => {
  it('an absent store is empty and is not made by reading', async () => {
    expect(await store.list()).toEqual({ machines: [], broken: [] });
    expect(await store.read('agent1')).toBeUndefined();
    expect(await store.readSecret('agent1', 'key')).toBeUndefined();
    expect(await store.readSwarm('default')).toBeUndefined();
    await expect(store.update('agent1', (record) => record)).rejects.toMatchObject({ code: 'HOST_UNKNOWN' });
    expect(await readdir(folder)).toEqual([]);
  });

  it('reads back what was added, in the order of the names', async () => {
    const full = machineRecord('b', {
      swarm: 'default',
      role: 'manager',
      phase: 'ready',
      options: { subnet: '10.0.0.0/24', memory: 5 },
      engineSettings: { version: '24.0', tlsSans: ['b.example'], tls: false },
      driverState: { container: 'abc' },
      endpoint: { host: '10.0.0.2', port: 22, user: 'root', hostKey: 'ssh-ed25519 AAAA' },
      engine: { url: 'tcp://10.0.0.2:2376', certPath: 'certs' },
      advertiseAddr: '10.0.0.2',
      nodeId: 'n1',
    });
    await store.add(full);
    await store.add(machineRecord('a'));
    expect(await store.read('b')).toEqual(full);
    expect(await store.list()).toEqual({ machines: [machineRecord('a'), full], broken: [] });
  });

  it('refuses to add a name twice, and a name that is none', async () => {
    await store.add(machineRecord('a'));
    await expect(store.add(machineRecord('a', { id: 'other' }))).rejects.toMatchObject({ code: 'HOST_EXISTS' });
    await expect(store.add(machineRecord('../a'))).rejects.toMatchObject({ code: 'NAME_INVALID' });
    expect(await store.read('a')).toEqual(machineRecord('a'));
  });

  it('updates a record, and keeps what it does not know', async () => {
    await tamper('a', JSON.stringify({ ...machineRecord('a'), comment: 'mine' }));
    const changed = await store.update('a', (record) => ({ ...record, phase: 'ready' }));
    expect(changed).toEqual({ ...machineRecord('a'), phase: 'ready', comment: 'mine' });
    expect(JSON.parse(await readFile(recordPath('a'), 'utf8'))).toEqual(changed);
  });

  it('keeps the old record when the change fails', async () => {
    await store.add(machineRecord('a'));
    const failing = store.update('a', () => {
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    await expect(store.update('a', () => machineRecord('b'))).rejects.toThrow('cannot become that of b');
    expect(await store.list()).toEqual({ machines: [machineRecord('a')], broken: [] });
  });

  it('loses no update of two processes and this one', async () => {
    await store.add(machineRecord('a', { driverState: 0 }));
    const children = [1, 2].map(() => program.start(['update', '20', store.home, 'a']));
    const own = Array.from({ length: 10 }, () =>
      store.update('a', (record) => ({ ...record, driverState: Number(record.driverState) + 1 })),
    );
    await Promise.all(own);
    for (const child of children) expect((await child.ended).code).toBe(0);
    expect((await store.read('a'))?.driverState).toBe(50);
  });

  it('names the nearest hosts when one is unknown', async () => {
    await Promise.all(['agent1', 'agent2', 'manager'].map((name) => store.add(machineRecord(name))));
    await expect(store.require('agnt1')).rejects.toMatchObject({
      code: 'HOST_UNKNOWN',
      exitCode: 2,
      message: 'there is no host named agnt1',
      hints: ['did you mean agent1 or agent2?', 'see all hosts with: swarmup ls'],
    });
    await expect(store.require('../manager')).rejects.toMatchObject({ code: 'HOST_UNKNOWN' });
  });
});

describe('removal', () => {
  it('takes the keys along, is repeatable, and lets the name be used again', async () => {
    await store.add(machineRecord('a'));
    await store.writeSecret('a', 'id_ed25519', 'secret');
    await store.remove('a');
    await store.remove('a');
    await store.remove('../a');
    expect(await store.read('a')).toBeUndefined();
    expect(await store.readSecret('a', 'id_ed25519')).toBeUndefined();
    expect(await readdir(join(store.home, 'removed'))).toEqual([]);
    await store.add(machineRecord('a'));
  });

  it('removes a broken record, and what an interrupted removal left', async () => {
    await tamper('a', '{');
    await mkdir(join(store.home, 'removed', 'old'), { recursive: true });
    await writeFile(join(store.home, 'removed', 'old', 'id_ed25519'), 'secret');
    await store.remove('a');
    expect(await store.list()).toEqual({ machines: [], broken: [] });
    expect(await readdir(join(store.home, 'removed'))).toEqual([]);
  });
});

describe('records that cannot be read', () => {
  const cases: Readonly<Record<string, [text: string, code: string, message: RegExp]>> = {
    'no JSON': [
      '{"schemaVersion": 1,',
      'RECORD_BROKEN',
      /host x cannot be read: \/.*machine\.json:1:21: it is not JSON$/,
    ],
    'an empty file': ['', 'RECORD_BROKEN', /it is not JSON/],
    'no object': ['[]', 'RECORD_BROKEN', /it must be a JSON object/],
    'no version': ['{"name":"x"}', 'RECORD_BROKEN', /schemaVersion: it must be a whole number from 1 to 1$/],
    'a wrong type': [
      JSON.stringify({ ...machineRecord('x'), endpoint: { host: 'h', port: '22', user: 'u', hostKey: 'k' } }),
      'RECORD_BROKEN',
      /endpoint\.port: .*number/,
    ],
    'a missing key': [
      JSON.stringify({ ...machineRecord('x'), id: undefined }),
      'RECORD_BROKEN',
      /:1:1: the key id is missing/,
    ],
    'another name': [
      JSON.stringify(machineRecord('y')),
      'RECORD_BROKEN',
      /name: it must be "x", as in the name of its file, but is "y"$/,
    ],
    'a newer version': [
      '{"schemaVersion": 2}',
      'RECORD_NEWER',
      /a newer swarmup wrote the record of host x \(version 2, but this swarmup knows only 1\): .*machine\.json$/,
    ],
  };

  it.each(Object.entries(cases))('%s', async (_, [text, code, message]) => {
    await store.add(machineRecord('good'));
    await tamper('x', text);
    const error = { code, exitCode: 1, host: 'x', message: expect.stringMatching(message) as string };
    await expect(store.read('x')).rejects.toMatchObject(error);
    await expect(store.update('x', (record) => record)).rejects.toMatchObject(error);
    expect(await store.list()).toEqual({
      machines: [machineRecord('good')],
      broken: [
        {
          name: 'x',
          reason: expect.stringMatching(message) as string,
          ...(code === 'RECORD_NEWER' && { isNewer: true }),
        },
      ],
    });
    expect(await readFile(recordPath('x'), 'utf8')).toBe(text);
    await expect(store.add(machineRecord('x'))).rejects.toMatchObject({ code: 'HOST_EXISTS' });
  });

  it('a folder in place of the file', async () => {
    await mkdir(recordPath('x'), { recursive: true });
    await expect(store.read('x')).rejects.toMatchObject({
      code: 'RECORD_BROKEN',
      message: `the record of host x cannot be read: EISDIR: illegal operation on a directory (${recordPath('x')})`,
    });
    expect((await store.list()).broken).toHaveLength(1);
  });

  it('a file that is not ours to read', async () => {
    await store.add(machineRecord('x'));
    // Root may read everything, so another user tries.
    const root = process.getuid?.() === 0;
    for (const path of [
      folder,
      join(folder, 'deep'),
      store.home,
      join(store.home, 'swarms', 'default', 'hosts'),
      join(recordPath('x'), '..'),
    ])
      await chmod(path, 0o755);
    await chmod(recordPath('x'), root ? 0o600 : 0);
    const child = program.start(['read', store.home, 'x'], root ? { uid: 65534 } : {});
    const { lines } = await child.ended;
    expect(JSON.parse(lines.join(''))).toMatchObject({
      code: 'RECORD_BROKEN',
      message: `the record of host x cannot be read: EACCES: permission denied (${recordPath('x')})`,
      hints: ['change the permissions of the file so that you can read it', expect.stringContaining('mv ')],
    });
  });

  it('a folder of machines that is none', async () => {
    await mkdir(store.home, { recursive: true });
    await writeFile(join(store.home, 'swarms'), '');
    await expect(store.list()).rejects.toMatchObject({
      code: 'STORE_READ_FAILED',
      message: `cannot read ${join(store.home, 'swarms')}: ENOTDIR: not a directory`,
    });
  });
});

describe('files', () => {
  it('are private: folders 0700, files 0600', async () => {
    await store.add(machineRecord('a'));
    await store.writeSecret('b', 'id_ed25519', 'secret');
    await store.writeSwarm({ schemaVersion: 1, name: 'default', clusterId: 'c', createdAt: 'now' });
    await store.folder('certs');
    const modes = await store.withLock('k', {}, async () => {
      const entries = await readdir(store.home, { recursive: true, withFileTypes: true });
      return Promise.all(
        entries.map(async (entry) => {
          const path = join(entry.parentPath, entry.name);
          return `${((await stat(path)).mode & 0o777).toString(8)} ${relative(store.home, path)}`;
        }),
      );
    });
    expect(modes.sort()).toEqual([
      '600 locks/k.lock',
      '600 swarms/default/hosts/a/machine.json',
      '600 swarms/default/hosts/b/id_ed25519',
      '600 swarms/default/id',
      '600 swarms/default/swarm.json',
      '700 certs',
      '700 locks',
      '700 swarms',
      '700 swarms/default',
      '700 swarms/default/hosts',
      '700 swarms/default/hosts/a',
      '700 swarms/default/hosts/b',
    ]);
    expect((await stat(store.home)).mode & 0o777).toBe(0o700);
  });

  it('secrets are written, replaced, read and removed', async () => {
    await store.writeSecret('a', 'id_ed25519', 'one');
    await store.writeSecret('a', 'id_ed25519', 'two');
    expect(await store.readSecret('a', 'id_ed25519')).toBe('two');
    await store.removeSecret('a', 'id_ed25519');
    await store.removeSecret('a', 'id_ed25519');
    expect(await store.readSecret('a', 'id_ed25519')).toBeUndefined();
    await expect(store.writeSecret('..', 'x', '')).rejects.toMatchObject({ code: 'NAME_INVALID' });
  });

  it('a host that has keys but no record yet is no host', async () => {
    await store.writeSecret('a', 'id_ed25519', 'one');
    expect(await store.list()).toEqual({ machines: [], broken: [] });
    await store.add(machineRecord('a'));
    expect(await store.readSecret('a', 'id_ed25519')).toBe('one');
  });

  it('the store can be moved', async () => {
    await store.add(machineRecord('a'));
    await cp(store.home, join(folder, 'moved'), { recursive: true });
    expect(await openStore(join(folder, 'moved')).read('a')).toEqual(machineRecord('a'));
  });
});

describe('swarms', () => {
  const swarm = { schemaVersion: 1, name: 'default', clusterId: 'c', createdAt: 'now' } as const;

  it('are written, read and removed', async () => {
    await store.writeSwarm(swarm);
    expect(await store.readSwarm('default')).toEqual(swarm);
    await store.removeSwarm('default');
    await store.removeSwarm('default');
    expect(await store.readSwarm('default')).toBeUndefined();
    expect(await store.readSwarm('../default')).toBeUndefined();
    await expect(store.writeSwarm({ ...swarm, name: 'My swarm' })).rejects.toThrow('is not a valid swarm name');
  });

  it('are checked like records of hosts', async () => {
    await store.writeSwarm(swarm);
    await writeFile(join(store.home, 'swarms', 'default', 'swarm.json'), '{"schemaVersion":9}');
    await expect(store.readSwarm('default')).rejects.toMatchObject({
      code: 'RECORD_NEWER',
      message: expect.stringContaining('a newer swarmup wrote the record of swarm default') as string,
    });
  });
});

describe('the id of a swarm', () => {
  it('is the same for whoever asks before the swarm has a host, and afterwards', async () => {
    const id = store.swarmId();
    expect(id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    await expect(stat(store.home)).rejects.toThrow('ENOENT');
    await store.add(machineRecord('a'));
    expect(store.swarmId()).toBe(id);
    expect(new Set([id, store.within('lab').swarmId(), store.within('no-swarm').swarmId()]).size).toBe(3);
    expect(openStore(join(folder, 'other')).swarmId()).not.toBe(id);
  });

  it('stays when the store is moved', async () => {
    await store.add(machineRecord('a'));
    await store.add(machineRecord('box.no-swarm'));
    const moved = openStore(join(folder, 'moved'));
    await cp(store.home, moved.home, { recursive: true });
    expect(moved.swarmId()).toBe(store.swarmId());
    expect(moved.within('no-swarm').swarmId()).toBe(store.within('no-swarm').swarmId());
    expect(await moved.names()).toEqual(['a', 'box.no-swarm']);
  });

  it('is kept once, and goes with the last host', async () => {
    await store.keepSwarmId('8e9f0c52-0f53-4b3a-9d84-0a7c6b1d2e3f');
    await store.add(machineRecord('a'));
    await store.keepSwarmId('00000000-0f53-4b3a-9d84-0a7c6b1d2e3f');
    expect(store.swarmId()).toBe('8e9f0c52-0f53-4b3a-9d84-0a7c6b1d2e3f');
    await store.remove('a');
    expect(await store.swarms()).toEqual([]);
  });
});

describe('a host that joins another swarm', () => {
  const engine = { url: 'tcp://192.0.2.1:2376', certPath: 'swarms/default/hosts/a/certs' };

  it('moves there with its keys, and is found by its new name only', async () => {
    await store.add(machineRecord('a', { engine }));
    await store.writeSecret('a', 'id_ed25519', 'key');
    await store.writeSecret('a', 'ssh_config', `IdentityFile "${join(store.home, store.hostFolder('a'))}/id_ed25519"`);
    expect(await store.move('a', 'next')).toBe('a.next');
    expect(await store.read('a')).toBeUndefined();
    expect(await store.names()).toEqual(['a.next']);
    expect(await store.swarms()).toEqual(['next']);
    expect((await store.require('a.next')).engine?.certPath).toBe('swarms/next/hosts/a/certs');
    expect(await store.readSecret('a.next', 'id_ed25519')).toBe('key');
    expect(await store.readSecret('a.next', 'ssh_config')).toContain('/swarms/next/hosts/a/id_ed25519');
    expect(await store.within('next').move('a', 'next')).toBe('a');
  });

  it('does not take the place of one of its name', async () => {
    await store.add(machineRecord('a'));
    await store.add(machineRecord('a.next'));
    await expect(store.move('a', 'next')).rejects.toMatchObject({ code: 'HOST_EXISTS', exitCode: 2 });
    expect(await store.names()).toEqual(['a', 'a.next']);
  });
});

describe('locks', () => {
  it('are found by any key, and the second holder is told who has it', async () => {
    const key = 'driver-docker 10.0.0.0/24';
    await store.withLock(key, {}, async () => {
      await expect(store.withLock(key, { timeoutMs: 0 }, async () => 'in')).rejects.toMatchObject({
        code: 'LOCKED',
        message: expect.stringContaining(`${key}, held by pid ${process.pid}`) as string,
      });
      expect(await store.withLock('another', { timeoutMs: 0 }, async () => 'in')).toBe('in');
    });
  });
});
