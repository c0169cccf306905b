import { execa } from 'execa';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cli, openCli } from './cli.js';
import { onHost } from './workload.js';

/** What users of docker-machine do with a host besides making it, on one real host. */
describe('a host and the programs of this computer', () => {
  let cli: Cli;
  let user: string;
  const at = (...parts: string[]): string => join(user, ...parts);
  beforeAll(async () => {
    user = await mkdtemp(join(tmpdir(), 'swarmup-user-'));
    cli = await openCli('hostcmds', { HOME: user, DOCKER_CONFIG: '' });
    await mkdir(at('.ssh'));
    await writeFile(at('.ssh', 'config'), 'Host other\n  HostName other.example\n', { mode: 0o644 });
    await cli.json(['create', 'boss']);
  });
  afterAll(async () => {
    await cli.dispose();
    await rm(user, { recursive: true, force: true });
  });
  const docker = async (...args: string[]): Promise<string> => {
    const env = { ...cli.env, HOME: user, DOCKER_CONFIG: at('.docker') };
    return (await execa('docker', args, { env })).stdout;
  };

  it('exchange files, also a big one, by sftp and by rsync', async () => {
    const bytes = Buffer.alloc(8 * 1024 * 1024, 'swarm');
    await writeFile(at('big'), bytes);
    await chmod(at('big'), 0o640);
    const sent = await cli.run(['scp', at('big'), 'boss:copies/big']);
    expect(sent.exitCode).toBe(1);
    expect(sent.stderr).toContain('copies on boss: the file or folder does not exist');
    await onHost(cli, 'boss', 'mkdir copies');
    expect((await cli.run(['scp', at('big'), 'boss:copies/'])).stdout).toBe('copied 1 file, 8.0 MiB');
    expect(await onHost(cli, 'boss', 'stat -c "%a %s" copies/big')).toBe(`640 ${bytes.length}`);
    await cli.run(['scp', '-r', '-q', 'boss:copies', at('back')]);
    expect((await readFile(at('back', 'big'))).equals(bytes)).toBe(true);
    const noRsync = await cli.run(['scp', '-d', at('big'), 'boss:']);
    expect(noRsync.stderr).toContain('rsync is not installed on boss');
  });

  it('are reached by ssh through an entry that install adds and uninstall takes back', async () => {
    const before = await readFile(at('.ssh', 'config'), 'utf8');
    expect((await cli.run(['ssh-config', '--install', '--dry-run'])).stdout).toContain('would-install');
    expect(await readFile(at('.ssh', 'config'), 'utf8')).toBe(before);
    await cli.json(['ssh-config', '--install']);
    await cli.json(['ssh-config', '--install']);
    const installed = await readFile(at('.ssh', 'config'), 'utf8');
    expect(installed.match(/^Include /gm)).toHaveLength(1);
    expect(installed.endsWith(before)).toBe(true);
    expect((await stat(at('.ssh', 'config'))).mode & 0o777).toBe(0o644);
    const { stdout } = await execa('ssh', ['-F', at('.ssh', 'config'), 'boss.swarmup', 'hostname']);
    expect(stdout).toBe('boss');
    await cli.json(['ssh-config', '--uninstall']);
    expect(await readFile(at('.ssh', 'config'), 'utf8')).toBe(before);
  });

  it('have docker contexts, which leave those of others alone', async () => {
    await docker('context', 'create', 'mine', '--docker', 'host=tcp://127.0.0.1:1');
    expect((await cli.run(['context', 'create'])).stdout).toContain('written');
    expect(await docker('--context', 'boss', 'node', 'ls', '--format', '{{.Hostname}}')).toBe('boss');
    expect(await docker('context', 'ls', '--format', '{{.Name}}')).toContain('boss\ndefault\nmine');
    const keys = (await readdir(at('.docker', 'contexts', 'tls'), { recursive: true })).filter((f) =>
      f.endsWith('.pem'),
    );
    expect(keys).toHaveLength(3);
    for (const key of keys) expect((await stat(at('.docker', 'contexts', 'tls', key))).mode & 0o777).toBe(0o600);
  });

  it('and are known to nobody any more when they are removed', async () => {
    await cli.json(['ssh-config', '--install']);
    await cli.json(['rm', '--yes', 'boss']);
    expect(await docker('context', 'ls', '--format', '{{.Name}}')).toBe('default\nmine');
    expect(await readFile(join(cli.home, 'ssh', 'config'), 'utf8')).not.toContain('boss');
  });
});
