import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CreateResult } from '../../src/operations/results.js';
import { generateSshKey } from '../../src/ssh/keys.js';
import { type Cli, openCli } from './cli.js';
import { loadWorkload, onHost, workloadImage } from './workload.js';

const password = 'let-me-in';

/** Hosts that somebody already has: containers of another store, with sshd, Docker and users of their own. */
describe('hosts that exist already', () => {
  let outer: Cli;
  let cli: Cli;
  let home: string;
  let before: string;
  let running: string;
  const ip: Record<string, string> = {};
  /** Run on the host by its own means, not by the swarmup under test. */
  const there = (host: string, command: string): Promise<string> => onHost(outer, host, command);
  const container = "docker inspect -f '{{.State.Pid}} {{.State.StartedAt}}' theirs";
  const files = 'find /etc /usr/local /root /home -path /root/.cache -prune -o -print | sort';

  beforeAll(async () => {
    outer = await openCli('theirs');
    await outer.json(['create', '--no-swarm', '--no-tls', 'h1', 'h2', 'h3']);
    const user = generateSshKey('somebody');
    for (const host of ['h1', 'h2', 'h3']) {
      const { hosts } = await outer.json<{ hosts: { ip: string }[] }>(['ip', host]);
      ip[host] = hosts[0]?.ip ?? '';
      await there(
        host,
        `useradd -m -s /bin/bash ops && echo ops:${password} | chpasswd && echo 'ops ALL=(ALL) ALL' >/etc/sudoers.d/ops &&
         mkdir /home/ops/.ssh && echo '${user.publicKey.trim()}' | tee -a /root/.ssh/authorized_keys >/home/ops/.ssh/authorized_keys &&
         rm -f /etc/docker/daemon.json.before-swarmup`,
      );
    }
    home = await mkdtemp(join(tmpdir(), 'swarmup-generic-home-'));
    await mkdir(join(home, '.ssh'));
    await writeFile(join(home, '.ssh', 'id_ed25519'), user.privateKey, { mode: 0o600 });
    await writeFile(
      join(home, '.ssh', 'config'),
      `Host a2\n  HostName ${ip['h3'] ?? ''}\n  ProxyJump hop\nHost hop\n  HostName ${ip['h2'] ?? ''}\n  User ops\n`,
    );
    cli = await openCli('generic', { HOME: home, SSH_AUTH_SOCK: '', SWARMUP_DRIVER: '' });
    await loadWorkload(outer, ['h1']);
    await there('h1', `docker run -d --name theirs ${workloadImage} /bin/busybox sleep 100000`);
    [before, running] = [await there('h1', files), await there('h1', container)];
  });
  afterAll(async () => {
    await cli.dispose();
    await outer.dispose();
    await rm(home, { recursive: true, force: true });
  });

  const refused = async (args: readonly string[], env: Record<string, string> = {}): Promise<unknown> => {
    const result = await cli.run(['create', '--json', ...args], { env });
    expect(result.exitCode, result.stderr).toBe(3);
    expect(JSON.parse((await cli.run(['ls', '--json'])).stdout)).toMatchObject({ hosts: [] });
    return (JSON.parse(result.stdout) as { error: unknown }).error;
  };

  it('are refused for the real reason, with nothing written, here or there', async () => {
    const [one, two] = [ip['h1'] ?? '', ip['h2'] ?? ''];
    const trust = '--accept-new-host-key';
    expect(await refused([`m=${one}`])).toMatchObject({ code: 'HOST_KEY_UNKNOWN', host: 'm' });
    expect(await refused([trust, `m=nobody@${one}`])).toMatchObject({ code: 'SSH_REFUSED', host: 'm' });
    expect(await refused([trust, `m=${one}:23`])).toMatchObject({ code: 'SSH_UNREACHABLE', host: 'm' });
    expect(await refused([trust, `m=ops@${two}`])).toMatchObject({ code: 'SUDO_NEEDS_PASSWORD', host: 'm' });
    expect(await refused([trust, `m=ops@${two}`], { SWARMUP_SUDO_PASSWORD: 'wrong' })).toMatchObject({
      code: 'SUDO_WRONG_PASSWORD',
      host: 'm',
    });
    await there('h3', 'docker swarm init');
    expect(await refused([trust, `m=${ip['h3'] ?? ''}`])).toMatchObject({ code: 'FOREIGN_SWARM', host: 'm' });
    await there('h3', 'docker swarm leave --force');
    await cli.json(['create', trust, '--dry-run', `m=${one}`]);
    expect(await there('h1', files)).toBe(before);
  });

  it('become one swarm: root, a user with a sudo password, and one behind a jump host; what runs goes on', async () => {
    const env = { SWARMUP_SUDO_PASSWORD: password };
    const names = [`m=${ip['h1'] ?? ''}`, `a1=ops@${ip['h2'] ?? ''}`, 'a2=a2'];
    const result = await cli.run(['create', '--json', '--accept-new-host-key', ...names], { env });
    expect(result.exitCode, result.stderr).toBe(0);
    const { nodes } = JSON.parse(result.stdout) as CreateResult;
    expect(nodes.map(({ name, state }) => `${name} ${state}`).sort()).toEqual(['a1 ready', 'a2 ready', 'm ready']);
    expect(await there('h1', container)).toBe(running);
    expect(await onHost(cli, 'a2', 'hostname')).toBe('h3');
    expect(await cli.run(['stop', 'm'])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('cannot') as string,
    });
  });

  it('are as they were after rm, but for what is theirs', async () => {
    const env = { SWARMUP_SUDO_PASSWORD: password };
    const removed = await cli.run(['rm', '--yes', 'm', 'a1', 'a2'], { env });
    expect(removed.exitCode, removed.stderr).toBe(0);
    expect(await there('h1', files)).toBe(before);
    expect(await there('h1', container)).toBe(running);
    for (const host of ['h1', 'h2', 'h3'])
      expect(await there(host, "docker info -f '{{.Swarm.LocalNodeState}}'")).toBe('inactive');
  });
});
