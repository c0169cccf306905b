import { execa } from 'execa';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keyFiles } from '../../src/operations/access/host-keys.js';
import { generateSshKey } from '../../src/ssh/keys.js';
import { startFakeOuterEngine } from '../drivers/docker/fake-outer-engine.js';
import { machineRecord } from '../machine/machine-record.js';
import { childCli, type ChildCli, type Transcript } from '../support/child-cli.js';
import { allEnded } from '../support/local-process-state.js';

/** A driver with which everything would work. */
const hook = `
const capabilities = { power: true, snapshots: false, injectsHostKey: true, stableAddresses: true };
const description = { ssh: { host: '127.0.0.1', port: 1, user: 'root' }, engine: { host: '127.0.0.1', port: 1 }, privateAddresses: [] };
const driver = {
  apiVersion: 1, name: 'acme', description: 'hosts of ACME', capabilities, preference: 0, options: {},
  check: async () => [],
  create: async () => description,
  inspect: async (context, states) => states.map(() => ({ state: 'running', description })),
  start: async () => description,
  stop: async () => {},
  remove: async () => {},
};
export default async () => [driver];
`;

let cli: ChildCli;
beforeAll(async () => {
  cli = await childCli();
  await cli.addPlugin('swarmup-driver-acme', hook);
}, 60_000);
afterAll(() => cli[Symbol.asyncDispose]());

interface Expected {
  readonly exitCode: number;
  readonly code: string;
  /** The whole sentence. */
  readonly message: RegExp;
  readonly hint: RegExp;
}

/** One clear sentence with cause and remedy, the same in text and JSON, and no stack. */
function expectFailure(text: Transcript, json: Transcript, { exitCode, code, message, hint }: Expected): void {
  expect([text.exitCode, json.exitCode], `${text.stderr}\n${json.stdout}`).toEqual([exitCode, exitCode]);
  expect(text.stdout).toBe('');
  const sentence = new RegExp(`^Error: (${message.source})$`, 'm').exec(text.stderr)?.[1];
  expect(sentence, text.stderr).toBeDefined();
  expect(text.stderr).toMatch(/\n {2}→ /);
  expect(text.stderr).not.toMatch(/\n\s+at |this is a bug/);
  expect(JSON.parse(json.stdout)).toEqual({
    error: {
      code,
      exitCode,
      message: sentence,
      hints: expect.arrayContaining([expect.stringMatching(hint)]) as unknown,
      ...(json.stdout.includes('"host":') && { host: expect.any(String) as unknown }),
    },
  });
}

async function both(
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<[Transcript, Transcript]> {
  return Promise.all([cli.run(words, env), cli.run([...words, '--json'], env)]);
}

describe('names', { timeout: 30_000 }, () => {
  it.each<[string, Expected]>([
    [
      'create m a m',
      { exitCode: 2, code: 'NAME_DUPLICATE', message: /given more than once: m/, hint: /give each name once/ },
    ],
    [
      'create Not_A_Name',
      {
        exitCode: 2,
        code: 'NAME_INVALID',
        message: /"Not_A_Name" is not a valid host name: .*/,
        hint: /use not-a-name/,
      },
    ],
  ])('swarmup %s', async (line, expected) => {
    expectFailure(...(await both(line.split(' '), { SWARMUP_DRIVER: 'acme' })), expected);
    expect((await cli.store.list()).machines).toEqual([]);
  });
});

describe('an engine for the docker driver', { timeout: 30_000 }, () => {
  it('that is not there', async () => {
    const env = { SWARMUP_DRIVER: 'docker', SWARMUP_DOCKER_HOST: 'unix:///nonexistent.sock' };
    expectFailure(...(await both(['create', 'm'], env)), {
      exitCode: 3,
      code: 'DOCKER_UNREACHABLE',
      message: /no Docker Engine on unix:\/\/\/nonexistent\.sock: the socket does not exist/,
      hint: /start Docker Engine/,
    });
    expect((await cli.store.list()).machines).toEqual([]);
  });

  it('that does not let this user in', async ({ skip }) => {
    if (userInfo().uid !== 0) skip('only root can become a user without rights');
    const folder = await mkdtemp(join(tmpdir(), 'swarmup-rights-'));
    const path = join(folder, 'docker.sock');
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(path, resolve));
    try {
      await chmod(path, 0o600);
      for (const part of ['bin', 'dist', 'package.json', 'oclif.manifest.json'])
        await cp(join(cli.root, part), join(folder, part), { recursive: true });
      await cp(join(cli.root, 'node_modules'), join(folder, 'node_modules'), {
        recursive: true,
        verbatimSymlinks: true,
      });
      await chmod(folder, 0o755);
      const home = join(folder, 'home');
      await mkdir(home);
      await chmod(home, 0o777);
      const run = async (...more: readonly string[]): Promise<Transcript> => {
        const { exitCode, stdout, stderr } = await execa(
          process.execPath,
          [join(folder, 'bin', 'run.js'), 'create', 'm', ...more],
          {
            env: {
              PATH: process.env['PATH'],
              HOME: home,
              SWARMUP_HOME: join(home, 's'),
              SWARMUP_DRIVER: 'docker',
              SWARMUP_DOCKER_HOST: `unix://${path}`,
            },
            extendEnv: false,
            reject: false,
            stripFinalNewline: false,
            stdin: 'ignore',
            uid: 65_534,
            gid: 65_534,
          },
        );
        return { exitCode, stdout, stderr };
      };
      expectFailure(await run(), await run('--json'), {
        exitCode: 3,
        code: 'DOCKER_UNREACHABLE',
        message: /no Docker Engine on unix:\S+docker\.sock: permission denied/,
        hint: /usermod -aG docker/,
      });
    } finally {
      server.close();
      await rm(folder, { recursive: true });
    }
  });

  it('that refuses by a plugin of its own', async () => {
    await using engine = await startFakeOuterEngine({}, { status: 403, message: 'authorization denied by plugin opa' });
    expectFailure(
      ...(await both(['create', 'm'], { SWARMUP_DRIVER: 'docker', SWARMUP_DOCKER_HOST: engine.endpoint })),
      {
        exitCode: 3,
        code: 'ENGINE_403',
        message: /Docker Engine on unix:\S+: authorization denied by plugin opa \(GET \/info\)/,
        hint: /must allow this user/,
      },
    );
  });

  it('that answers nonsense', async () => {
    const server = createServer((socket) => socket.end('220 mail.example.org ESMTP\r\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const port = String((server.address() as AddressInfo).port);
    try {
      const env = { SWARMUP_DRIVER: 'docker', SWARMUP_DOCKER_HOST: `tcp://127.0.0.1:${port}` };
      expectFailure(...(await both(['create', 'm'], env)), {
        exitCode: 3,
        code: 'ENGINE_UNREACHABLE',
        message:
          /Docker Engine on tcp:\/\/127\.0\.0\.1:\d+ does not answer: the program at this address does not speak HTTP/,
        hint: /--docker-host/,
      });
    } finally {
      server.close();
    }
  });
});

describe('a store', { timeout: 30_000 }, () => {
  const newer = '{"schemaVersion": 99, "name": "old"}';
  it.each<[string, string, Expected]>([
    [
      'with a record that is no JSON',
      'half a rec',
      {
        exitCode: 1,
        code: 'RECORD_BROKEN',
        message: /the record of host old cannot be read: .*machine\.json:\d+:\d+: it is not JSON/,
        hint: /repair the file/,
      },
    ],
    [
      'with a record of a newer version',
      newer,
      {
        exitCode: 1,
        code: 'RECORD_NEWER',
        message: /a newer swarmup wrote the record of host old \(version 99, but this swarmup knows only 1\): .*/,
        hint: /upgrade swarmup/,
      },
    ],
  ])('%s: it is left as it is, and other hosts work', async (_what, text, expected) => {
    const path = join(cli.store.home, 'swarms', 'default', 'hosts', 'old', 'machine.json');
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, text);
    await cli.store.add(machineRecord('fine', { driver: 'acme', phase: 'ready', swarm: null, role: null }));
    try {
      const commands = ['create --driver acme old', 'rm --yes old', 'env old'];
      // Every kind of record by one command, every command with one kind.
      for (const words of text === newer ? commands : commands.slice(0, 1))
        expectFailure(...(await both(words.split(' '))), expected);
      expect(await readFile(path, 'utf8')).toBe(text);
      const { stdout, exitCode } = await cli.run(['ls', '--json']);
      expect(exitCode).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({
        hosts: [
          { name: 'fine', errors: [] },
          {
            name: 'old',
            state: 'error',
            errors: [
              expect.stringMatching(expected.message),
              ...(text === newer ? [] : ['swarmup adopt old takes the host over, swarmup rm --force old removes it']),
            ],
          },
        ],
      });
    } finally {
      await rm(cli.store.home, { recursive: true });
    }
  });

  it('on a full disk: nothing that is there is lost', async ({ skip }) => {
    const folder = await mkdtemp(join(tmpdir(), 'swarmup-full-'));
    const record = machineRecord('old', { driver: 'acme', phase: 'ready', swarm: null, role: null });
    const script = `
      mount -t tmpfs -o size=64k,mode=700 tmpfs "$1" || exit 99
      mkdir -p "$1/swarms/default/hosts/old" && cat >"$1/swarms/default/hosts/old/machine.json"
      cat /dev/zero >"$1/filler" 2>/dev/null
      "$2" "$3" create --driver acme new; echo "exit $?"
      "$2" "$3" rm --yes old --json; echo "exit $?"
      cat "$1/swarms/default/hosts/old/machine.json"; find "$1" | sort
    `;
    const { exitCode, stdout, all } = await execa(
      'unshare',
      ['--mount', 'sh', '-c', script, 'sh', folder, process.execPath, cli.program],
      {
        input: JSON.stringify(record),
        env: { HOME: cli.home, SWARMUP_HOME: folder, SWARMUP_DATA_DIR: join(cli.home, 'data') },
        reject: false,
        all: true,
      },
    );
    await rm(folder, { recursive: true });
    if (exitCode !== 0) skip(`no file system of a given size can be mounted here: ${all}`);
    const full = /cannot write \S+: the disk is full/;
    expect(all.match(new RegExp(`^Error: ${full.source}$\n  → free some space`, 'gm'))).toHaveLength(1);
    expect(stdout.match(/^exit \d+$/gm)).toEqual(['exit 1', 'exit 1']);
    expect(stdout.match(/"code": "STORE_WRITE_FAILED"/g)).toHaveLength(1);
    expect(all).not.toMatch(/\n\s+at |this is a bug/);
    expect(stdout).toContain(`${JSON.stringify(record)}${folder}`);
    expect(stdout).not.toMatch(/\.tmp$|machines\/new/m);
  });

  it('that is a file', async () => {
    const env = { SWARMUP_HOME: join(cli.root, 'package.json') };
    expectFailure(...(await both(['create', '--driver', 'acme', 'm'], env)), {
      exitCode: 1,
      code: 'STORE_WRITE_FAILED',
      message: /cannot write \S+package\.json\/locks\/swarm-default\.lock: a part of the path is a file/,
      hint: /SWARMUP_HOME/,
    });
  });
});

describe('a driver plugin of docker-machine', { timeout: 30_000 }, () => {
  it('that hangs: ls tells it when its time is over, and leaves no process behind', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'swarmup-hangs-'));
    const pids = join(folder, 'pids');
    const plugin = join(folder, 'docker-machine-driver-hangs');
    await writeFile(plugin, `#!/bin/sh\ntrap '' TERM\nsleep 600 &\necho $$ $! >${pids}\nwait\n`);
    await chmod(plugin, 0o755);
    const driverState = { name: 'stuck', made: true };
    await cli.store.add(machineRecord('stuck', { driver: 'hangs', phase: 'ready', driverState }));
    await cli.store.writeSecret('stuck', 'driver/config.json', '{}');
    try {
      const env = { PATH: `${folder}:${process.env['PATH'] ?? ''}` };
      const { stdout, exitCode } = await cli.run(['ls', '--json', '--timeout', '2'], env);
      expect(exitCode).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({
        hosts: [{ name: 'stuck', state: 'unknown', errors: [expect.stringContaining('waited 2 s for the driver')] }],
      });
      const left = (await readFile(pids, 'utf8')).trim().split(' ').map(Number);
      expect(left).toHaveLength(2);
      // Else the sleep would outlive this test.
      await allEnded(left);
    } finally {
      await rm(folder, { recursive: true });
      await rm(cli.store.home, { recursive: true });
    }
  });
});

describe('ssh', { timeout: 30_000 }, () => {
  it('that is refused: host, cause, remedy', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const hostKey = generateSshKey('h').publicKey.trim();
    const endpoint = { host: '127.0.0.1', port, user: 'root', hostKey };
    await cli.store.add(machineRecord('h', { driver: 'acme', phase: 'ready', endpoint }));
    await cli.store.writeSecret('h', keyFiles.user, generateSshKey('user').privateKey);
    try {
      const text = await cli.run(['ssh', 'h', '--', 'true']);
      expect(text.exitCode).toBe(1);
      expect(text.stderr).toMatch(new RegExp(`^Error: .*\\bh \\(127\\.0\\.0\\.1:${port}\\).*(refused|ECONNREFUSED)`));
      expect(text.stderr).toMatch(/\n {2}→ .*swarmup ls/);
      expect(text.stderr).not.toMatch(/\n\s+at /);
    } finally {
      await rm(cli.store.home, { recursive: true });
    }
  });
});
