import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../src/lib/abort.js';
import type { CreateResult, HostsResult } from '../../src/operations/access/results.js';
import { generateSshKey } from '../../src/ssh/keys.js';
import { type Cli, openCli } from './cli.js';
import { loadWorkload, onHost, workloadImage } from './workload.js';

const password = 'let-me-in';
const passphrase = 'open-sesame';
const theirSettings = '{ "debug": false, "log-level": "info" }';

/** Hosts that somebody already has: containers of another store, with sshd, Docker and users of their own. */
describe('hosts that exist already', () => {
  let outer: Cli;
  let cli: Cli;
  let home: string;
  let before: Record<string, string>;
  const ip: Record<string, string> = {};
  const names = ['h1', 'h2', 'h3'] as const;
  /** Run on the host by its own means, not by the swarmup under test. */
  const there = (host: string, command: string): Promise<string> => onHost(outer, host, command);
  const address = (host: string): string => ip[host] ?? '';
  /** Every file (but the backups of passwd and the like), docker0, the swarm, and the container that runs there. */
  const look = [
    'find /etc /usr/local /root /home -path /root/.cache -prune -o -type f ! -name "*-" -exec sha256sum {} + | sort -k 2',
    'find /etc /usr/local /root /home -path /root/.cache -prune -o ! -type f -print | sort',
    'cat /sys/class/net/docker0/ifindex',
    "docker info -f '{{.Swarm.LocalNodeState}} {{.LiveRestoreEnabled}}'",
    "docker inspect -f '{{.State.Pid}} {{.State.StartedAt}}' theirs 2>&1 || true",
  ].join('; ');
  const seen = async (): Promise<Record<string, string>> =>
    Object.fromEntries(await Promise.all(names.map(async (host) => [host, await there(host, look)] as const)));

  const prepare = (host: string, key: string): Promise<string> =>
    there(
      host,
      `useradd -m -s /bin/bash ops && echo ops:${password} | chpasswd && echo 'ops ALL=(ALL) ALL' >/etc/sudoers.d/ops &&
       useradd -m guest && echo guest:${password} | chpasswd && mkdir /home/ops/.ssh /home/guest/.ssh &&
       echo '${key}' | tee -a /root/.ssh/authorized_keys /home/guest/.ssh/authorized_keys >/home/ops/.ssh/authorized_keys &&
       rm -f /etc/docker/daemon.json.before-swarmup && printf 'Port 22\\nPort 8022\\n' >>/etc/ssh/sshd_config &&
       systemctl restart ssh && { [ ${host} != h1 ] || echo '${theirSettings}' >/etc/docker/daemon.json; } &&
       systemctl restart docker`,
    );

  beforeAll(async () => {
    outer = await openCli('theirs');
    await outer.json(['create', '--no-swarm', '--no-tls', ...names]);
    const user = generateSshKey('somebody');
    const { hosts } = await outer.json<{ hosts: { name: string; ip: string }[] }>(['ip', ...names]);
    for (const { name, ip: found } of hosts) ip[name] = found;
    await Promise.all(names.map((host) => prepare(host, user.publicKey.trim())));
    home = await mkdtemp(join(tmpdir(), 'swarmup-generic-home-'));
    const ssh = join(home, '.ssh');
    await mkdir(ssh);
    for (const file of ['id_ed25519', 'locked']) await writeFile(join(ssh, file), user.privateKey, { mode: 0o600 });
    execFileSync('ssh-keygen', ['-q', '-p', '-f', join(ssh, 'locked'), '-N', passphrase]);
    await writeFile(join(ssh, 'other'), generateSshKey('other').privateKey, { mode: 0o600 });
    await writeFile(
      join(ssh, 'config'),
      `Host a2\n  HostName ${address('h3')}\n  ProxyJump hop\nHost hop\n  HostName ${address('h2')}\n  User ops\n` +
        `Host beyond\n  HostName 192.0.2.1\n  ProxyJump ${address('h2')}:23\nHost closed\n  HostName ${address('h3')}\n  Port 23\n  ProxyJump hop\n`,
    );
    await writeFile(join(ssh, 'keys-of-h3'), await there('h3', 'cat /etc/ssh/ssh_host_*_key.pub'));
    cli = await openCli('generic', { HOME: home, SSH_AUTH_SOCK: '', SWARMUP_DRIVER: '' });
    await loadWorkload(outer, ['h1']);
    await there('h1', `docker run -d --name theirs ${workloadImage} /bin/busybox sleep 100000`);
    before = await seen();
  });
  afterAll(async () => {
    await cli.dispose();
    await outer.dispose();
    await rm(home, { recursive: true, force: true });
  });

  const trust = '--accept-new-host-key';

  /** The host is m. */
  interface Refused {
    readonly words: readonly string[];
    readonly env?: Record<string, string>;
    readonly code: string;
    readonly message: RegExp;
    readonly hint: RegExp;
  }
  const expectRefused = async ({ words, env = {}, code, message, hint }: Refused): Promise<void> => {
    const result = await cli.run(['create', '--json', ...words], { env });
    expect([result.exitCode, JSON.parse(result.stdout)], result.stderr).toEqual([
      3,
      {
        error: {
          ...{ code, host: 'm', exitCode: 3, message: expect.stringMatching(message) as string },
          hints: expect.arrayContaining([expect.stringMatching(hint)]) as string[],
        },
      },
    ]);
    expect(await readdir(join(cli.home, 'swarms')).catch(() => [])).toEqual([]);
  };

  it('are refused for the real reason, with the remedy, and nothing is written, here or there', async () => {
    const [one, two] = [address('h1'), address('h2')];
    const withKey = (file: string): string[] => [trust, '--generic-ssh-key', join(home, '.ssh', file), `m=${one}`];
    const asked = [trust, `m=ops@${two}`];
    const refusals: readonly Refused[] = [
      {
        ...{ words: [`m=${one}`], code: 'HOST_KEY_UNKNOWN' },
        ...{ message: /^the host key of m \(\S+:22\) is not known: \S+ SHA256:/, hint: /--accept-new-host-key/ },
      },
      {
        ...{ words: [trust, `m=nobody@${one}`], code: 'SSH_REFUSED' },
        ...{ message: /^m \(\S+\) refused every key for user nobody; keys: \S+id_ed25519/, hint: /ssh-copy-id/ },
      },
      {
        ...{ words: withKey('other'), code: 'SSH_REFUSED' },
        ...{ message: /^m \(\S+\) refused every key for user root; keys: \S+other$/, hint: /ssh-copy-id/ },
      },
      {
        ...{ words: withKey('locked'), code: 'PASSPHRASE_NEEDED' },
        ...{ message: /^the key \S+locked needs its passphrase/, hint: /ssh-add \S+locked/ },
      },
      {
        ...{ words: [trust, `m=${one}:23`], code: 'SSH_UNREACHABLE' },
        ...{ message: /^no SSH connection to m \(\S+:23\): .*refused/, hint: /that nothing blocks \S+:23/ },
      },
      {
        ...{ words: [trust, 'm=beyond'], code: 'SSH_UNREACHABLE' },
        ...{ message: /^no SSH connection to jump host \S+ of m \(\S+:23\): .*refused/, hint: /nothing blocks/ },
      },
      {
        ...{ words: [trust, 'm=closed'], code: 'SSH_UNREACHABLE' },
        ...{
          message: /^no SSH connection to m: .* cannot reach \S+:23: .*refused/,
          hint: /the address of m is correct as seen from/,
        },
      },
      {
        ...{ words: asked, code: 'SUDO_NEEDS_PASSWORD' },
        ...{ message: /^user ops of m cannot become root: .*password/, hint: /SWARMUP_SUDO_PASSWORD/ },
      },
      {
        ...{ words: asked, env: { SWARMUP_SUDO_PASSWORD: 'wrong' }, code: 'SUDO_WRONG_PASSWORD' },
        ...{ message: /^sudo on m refuses the password of user ops/, hint: /sudo -k true/ },
      },
      {
        ...{ words: [trust, `m=guest@${two}`], env: { SWARMUP_SUDO_PASSWORD: password }, code: 'SUDO_DENIED' },
        ...{ message: /^user guest of m cannot become root: guest is not in the sudoers/, hint: /\/etc\/sudoers\.d/ },
      },
    ];
    for (const refusal of refusals) await expectRefused(refusal);
    await there('h2', 'mv /usr/bin/sudo /usr/bin/sudo.off');
    await expectRefused({
      ...{ words: asked, code: 'SUDO_MISSING' },
      ...{ message: /no sudo.*user ops is not root/, hint: /Install sudo on m, or connect as root/ },
    });
    await there('h2', 'mv /usr/bin/sudo.off /usr/bin/sudo');
    await there('h3', 'docker swarm init');
    await expectRefused({
      ...{ words: [trust, `m=${address('h3')}`], code: 'FOREIGN_SWARM' },
      ...{ message: /^m belongs to a swarm other than default/, hint: /docker swarm leave --force/ },
    });
    await there('h3', 'docker swarm leave --force');
    // Neither Docker nor a system for which there are packages.
    const hide = 'for f in "$(command -v dockerd)" /usr/lib/os-release; do mv "$f" "$f.off"; done';
    await there('h3', `${hide}; printf 'ID=plan9\\nPRETTY_NAME="Plan 9"\\n' >/usr/lib/os-release`);
    await expectRefused({
      ...{ words: [trust, `m=${address('h3')}`], code: 'OS_UNSUPPORTED' },
      ...{ message: /^cannot install Docker on m: it runs Plan 9/, hint: /install Docker Engine on m yourself/ },
    });
    await there(
      'h3',
      'for f in /usr/bin/dockerd /usr/sbin/dockerd /usr/lib/os-release; do [ ! -e $f.off ] || mv $f.off $f; done',
    );
    await cli.json(['create', trust, '--dry-run', `m=${one}`]);
    expect(await seen()).toEqual(before);
  });

  it("are taken by docker-machine's variables, a key with a passphrase and a file of host keys; kept or given back", async () => {
    const env = {
      GENERIC_IP_ADDRESS: address('h3'),
      GENERIC_SSH_PORT: '8022',
      GENERIC_SSH_KEY: join(home, '.ssh', 'locked'),
      GENERIC_ENGINE_PORT: '12376',
      SWARMUP_KEY_PASSPHRASE: passphrase,
    };
    const create = ['create', '--driver', 'generic', '--no-swarm', '--host-key', join(home, '.ssh', 'keys-of-h3'), 'p'];
    const run = async (args: readonly string[]): Promise<string> => {
      const { exitCode, stdout, stderr } = await cli.run([...args, '--json'], { env });
      expect(exitCode, stderr + stdout).toBe(0);
      return stdout;
    };
    await run(create);
    expect((await cli.run(['url', 'p'])).stdout.trim()).toBe(`tcp://${address('h3')}:12376`);
    expect((await cli.json<{ hosts: { docker: string | null }[] }>(['ls'])).hosts[0]?.docker).toMatch(/^\d+\./);
    await run(['rm', '--yes', '--keep', 'p']);
    expect(await there('h3', 'ss -Htln sport = 12376 | wc -l')).toBe('1');
    await run(create);
    await run(['rm', '--yes', 'p']);
    expect(await seen()).toEqual(before);
  });

  const sudo = { SWARMUP_SUDO_PASSWORD: password };

  it('become one swarm: root, a user with a sudo password, and one behind a jump host; what runs goes on', async () => {
    await writeFile(
      join(home, '.ssh', 'known_hosts'),
      (await there('h1', 'cat /etc/ssh/ssh_host_*_key.pub')).replaceAll(/^/gm, `${address('h1')} `),
    );
    const settings = ['--engine-opt', 'log-level=warn', '--engine-opt', 'max-concurrent-downloads=2'];
    const words = [`m=${address('h1')}`, `a1=ops@${address('h2')}:8022`, 'a2=a2'];
    const result = await cli.run(['create', '--json', trust, ...settings, ...words], { env: sudo });
    expect(result.exitCode, result.stderr).toBe(0);
    const { nodes, warnings } = JSON.parse(result.stdout) as CreateResult;
    expect(nodes.map(({ name, state }) => `${name} ${state}`).sort()).toEqual(['a1 ready', 'a2 ready', 'm ready']);
    expect(warnings.join()).toMatch(/daemon\.json of m keeps its own log-level \("info", not "warn"\)/);
    const [merged = '', backup] = (
      await there('h1', 'cd /etc/docker; cat daemon.json; echo ==; cat *.before-swarmup')
    ).split('\n==\n');
    expect(JSON.parse(merged)).toMatchObject({ debug: false, 'log-level': 'info', 'max-concurrent-downloads': 2 });
    expect(backup).toBe(theirSettings);
    const container = "docker inspect -f '{{.State.Pid}} {{.State.StartedAt}}' theirs";
    expect(before['h1']).toContain(await there('h1', container));
    expect(await onHost(cli, 'a2', 'hostname')).toBe('h3');
    // What was asked for is kept nowhere: neither here nor there.
    const kept = (secret: string): string =>
      spawnSync('grep', ['-rlF', secret, home, cli.home], { encoding: 'utf8' }).stdout;
    expect([kept(password), kept(passphrase)]).toEqual(['', '']);
    expect(await there('h2', `grep -rlsF ${password} /etc /root /home /usr/local /var/lib/swarmup || true`)).toBe('');
  });

  it('are rebooted by ssh; nothing else can be done to their power', async () => {
    expect(await cli.run(['stop', 'a2'])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('swarmup restart a2 reboots it') as string,
    });
    const rebooting = cli.json<HostsResult>(['restart', 'a2']);
    // A container that reboots is a container that ends.
    const stopped = waitFor({ timeoutMs: 120_000, what: 'h3 to go down', intervalMs: 300 }, async () =>
      (await outer.run(['status', 'h3'])).stdout.trim().toLowerCase() === 'stopped' ? true : undefined,
    );
    await Promise.race([stopped, rebooting]);
    await outer.json(['start', 'h3']);
    expect((await rebooting).hosts).toMatchObject([{ name: 'a2', status: 'restarted' }]);
  });

  it('are as they were after rm, but for what is theirs', async () => {
    const removed = await cli.run(['rm', '--yes', 'm', 'a1', 'a2'], { env: sudo });
    expect(removed.exitCode, removed.stderr).toBe(0);
    // h3 was rebooted: its docker0 is a new one.
    const but = ({ h3 = '', ...others }: Record<string, string>): unknown => ({
      ...others,
      h3: h3.replace(/^\d+$/m, ''),
    });
    expect(but(await seen())).toEqual(but(before));
  });
});
