import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { keyFiles } from '../../src/operations/access/host-keys.js';
import { generateSshKey } from '../../src/ssh/keys.js';
import { machineRecord } from '../machine/machine-record.js';
import { childCli, type ChildCli, type Transcript } from '../support/child-cli.js';

/** What swarmup does with its settings, the docker CLI's contexts and sshfs: files and programs, no hosts. */
let cli: ChildCli;
beforeAll(async () => {
  cli = await childCli();
}, 60_000);
afterAll(() => cli[Symbol.asyncDispose]());

const at = (...parts: string[]): string => join(cli.home, ...parts);
const put = async (path: string, text: string): Promise<void> => {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
};

beforeEach(async () => {
  const endpoint = { host: '192.0.2.7', port: 22, user: 'root', hostKey: generateSshKey('h').publicKey.trim() };
  const engine = { url: 'tcp://192.0.2.7:2376', certPath: 'certs' };
  await cli.store.add(machineRecord('agent1', { driver: 'docker', phase: 'ready', endpoint, engine }));
  await cli.store.writeSecret('agent1', keyFiles.user, generateSshKey('user').privateKey);
  for (const file of ['ca.pem', 'cert.pem', 'key.pem']) await put(join(cli.store.home, 'certs', file), file);
});
afterEach(async () => {
  await rm(cli.store.home, { recursive: true, force: true });
  for (const folder of ['.docker', '.ssh', 'bin-of-user', 'mnt'])
    await rm(at(folder), { recursive: true, force: true });
});

/** The names, with their hosts' URLs, as the docker CLI reads them. */
async function contexts(): Promise<Record<string, string>> {
  const folder = at('.docker', 'contexts', 'meta');
  const ids = await readdir(folder).catch(() => []);
  const metas = await Promise.all(
    ids.map(
      async (id) =>
        JSON.parse(await readFile(join(folder, id, 'meta.json'), 'utf8')) as {
          Name: string;
          Endpoints: { docker: { Host: string } };
        },
    ),
  );
  return Object.fromEntries(metas.map(({ Name, Endpoints }) => [Name, Endpoints.docker.Host]));
}
const failure = ({ stdout, exitCode }: Transcript): unknown => ({
  exitCode,
  ...(JSON.parse(stdout) as { error: unknown }),
});

describe('docker contexts', { timeout: 30_000 }, () => {
  it('by ssh need the hosts in ~/.ssh/config, and name the entry there', async () => {
    expect(failure(await cli.run(['context', 'create', '--ssh', 'agent1', '--json']))).toMatchObject({
      exitCode: 3,
      error: { code: 'SSH_CONFIG_MISSING', hints: ['swarmup ssh-config --install'] },
    });
    expect(await contexts()).toEqual({});
    expect((await cli.run(['ssh-config', '--install'])).exitCode).toBe(0);
    const written = await cli.run(['context', 'create', '--ssh', 'agent1']);
    expect(written.stderr).toBe('');
    expect(await contexts()).toEqual({ agent1: 'ssh://agent1.swarmup' });
    expect(await readFile(at('.ssh', 'config'), 'utf8')).toContain('Include');
    // No key of the engine is copied where none is needed.
    expect(await readdir(at('.docker', 'contexts', 'tls')).catch(() => [])).toEqual([]);
  });

  it('that somebody else made are left as they are', async () => {
    await cli.run(['context', 'create', 'agent1']);
    const [id = ''] = await readdir(at('.docker', 'contexts', 'meta'));
    const path = at('.docker', 'contexts', 'meta', id, 'meta.json');
    const theirs = JSON.stringify({ Name: 'agent1', Metadata: {}, Endpoints: { docker: { Host: 'tcp://theirs:1' } } });
    await writeFile(path, theirs);
    expect(failure(await cli.run(['context', 'create', 'agent1', '--json']))).toMatchObject({
      exitCode: 3,
      error: { code: 'CONTEXT_FOREIGN', host: 'agent1', hints: [expect.stringContaining('docker context rm agent1')] },
    });
    expect(JSON.parse((await cli.run(['context', 'rm', 'agent1', '--json'])).stdout)).toMatchObject({
      contexts: [{ name: 'agent1', status: 'absent' }],
    });
    expect(await readFile(path, 'utf8')).toBe(theirs);
  });

  it('are removed by name, or all of ours, after a dry run that does not', async () => {
    await cli.run(['context', 'create']);
    expect((await cli.run(['context', 'rm', '--dry-run'])).stdout).toContain('would-remove');
    expect(await contexts()).toEqual({ agent1: 'tcp://192.0.2.7:2376' });
    expect((await cli.run(['context', 'rm', 'agent1'])).stdout).toMatch(/agent1 +tcp:\/\/192\.0\.2\.7:2376 +removed/);
    expect(await contexts()).toEqual({});
    expect(await readdir(at('.docker', 'contexts', 'tls'))).toEqual([]);
  });
});

describe('mount', { timeout: 30_000 }, () => {
  /** A program of that name on PATH, and nothing else but what shells need. */
  const withProgram = async (name: string, script: string): Promise<Record<string, string>> => {
    const path = at('bin-of-user', name);
    await put(path, `#!/bin/sh\n${script}\n`);
    await chmod(path, 0o755);
    return { PATH: at('bin-of-user') };
  };
  const mount = (env: Record<string, string>, ...more: string[]): Promise<Transcript> =>
    cli.run(['mount', ...more, 'agent1:/srv', at('mnt'), '--json'], env);

  it('says which program is missing, and what to do', async () => {
    expect(failure(await mount({ PATH: at('bin-of-user') }))).toMatchObject({
      exitCode: 1,
      error: {
        code: 'SSHFS_MISSING',
        hints: [expect.stringContaining('install sshfs'), 'or copy the files: swarmup scp -r NAME:PATH .'],
      },
    });
    expect(failure(await mount({ PATH: at('bin-of-user') }, '--unmount'))).toMatchObject({
      error: {
        code: 'MOUNT_FAILED',
        message: expect.stringContaining('neither fusermount3, fusermount nor umount') as string,
      },
    });
  });

  it('passes on why sshfs could not, and leaves no folder behind', async () => {
    const env = await withProgram('sshfs', 'echo "read: Connection reset by peer" >&2; exit 1');
    expect(failure(await mount(env))).toMatchObject({
      exitCode: 1,
      error: {
        code: 'MOUNT_FAILED',
        host: 'agent1',
        message: expect.stringMatching(/could not be mounted: read: Connection reset by peer$/) as string,
        hints: [expect.stringContaining('swarmup ssh agent1')],
      },
    });
    expect(await readdir(cli.home)).not.toContain('mnt');
  });

  it('gives sshfs the pinned key of the host and its own ssh configuration', async () => {
    const env = await withProgram('sshfs', 'printf "%s\\n" "$@" >"$(dirname "$0")/arguments"');
    // dirname is not on that PATH
    env['PATH'] = `${env['PATH'] ?? ''}:/usr/bin:/bin`;
    expect(JSON.parse((await mount(env)).stdout)).toMatchObject({ host: 'agent1', status: 'mounted' });
    const words = (await readFile(at('bin-of-user', 'arguments'), 'utf8')).trim().split('\n');
    expect(words.slice(-2)).toEqual(['agent1.swarmup:/srv', at('mnt')]);
    expect(await readFile(words[words.indexOf('-F') + 1] ?? '', 'utf8')).toContain('StrictHostKeyChecking yes');
  });
});

describe('settings', { timeout: 30_000 }, () => {
  it('are set, printed, listed and forgotten', async () => {
    expect((await cli.run(['config', 'set', 'driver', 'generic'])).exitCode).toBe(0);
    expect((await cli.run(['config', 'get', 'driver'])).stdout).toBe('generic\n');
    expect((await cli.run(['config', 'ls'])).stdout).toMatch(/^driver +generic +file/m);
    expect(failure(await cli.run(['config', 'set', 'driver', 'dockr', '--json']))).toMatchObject({
      exitCode: 2,
      error: { code: 'SETTING_INVALID', message: expect.stringMatching(/"dockr"; did you mean docker\?$/) as unknown },
    });
    expect(failure(await cli.run(['config', 'get', 'drvier', '--json']))).toMatchObject({
      exitCode: 2,
      error: { code: 'SETTING_UNKNOWN', hints: ['did you mean driver?', 'swarmup config ls'] },
    });
    expect((await cli.run(['config', 'unset', 'driver'])).exitCode).toBe(0);
    expect((await cli.run(['config', 'get', 'driver'])).stdout).toBe('');
  });

  it('hide no host: config NAME is about hosts, and after -- any name is', async () => {
    const { endpoint, engine } = await cli.store.require('agent1');
    await cli.store.add(machineRecord('ls', { driver: 'docker', phase: 'ready', endpoint, engine }));
    for (const words of [['agent1'], ['--', 'ls']])
      expect((await cli.run(['config', ...words])).stdout).toContain('-H=tcp://192.0.2.7:2376');
    expect((await cli.run(['config', 'ls'])).stdout).toMatch(/^SETTING/);
  });
});

it('flags before the command are those of docker-machine', { timeout: 30_000 }, async () => {
  expect((await cli.run(['-v'])).stdout).toBe((await cli.run(['--version'])).stdout);
  expect((await cli.run(['create', '-h'])).stdout).toContain('--engine-label');
  expect((await cli.run(['-h'])).stdout).toContain('create');
  const debug = await cli.run(['-D', 'ip', 'nobody']);
  expect([debug.exitCode, debug.stderr]).toEqual([2, expect.stringMatching(/\n\s+at [\s\S]*HOST_UNKNOWN/)]);
});
