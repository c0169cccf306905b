import { execa } from 'execa';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../src/lib/abort.js';
import type { CreateNetworkResult } from '../../src/operations/networks/create-network.js';
import type { EnterResult } from '../../src/operations/members/enter-swarm.js';
import type { NetworkListResult } from '../../src/operations/networks/networks.js';
import type { NodeListResult, NodesResult } from '../../src/operations/access/results.js';
import type { InspectNodesResult } from '../../src/operations/nodes/inspect-nodes.js';
import type { UnlockKeyResult } from '../../src/operations/members/unlock-key.js';
import type { UpdateSwarmResult } from '../../src/operations/members/update-swarm.js';
import { canOpenKeyring, type Keyring, openKeyring } from '../support/keyring.js';
import { type Cli, openCli } from './cli.js';
import { loadWorkload, onHost, workloadImage } from './workload.js';
import type { SwarmStatusResult } from '../../src/operations/health/status-node.js';

/** Of a busy machine. */
const patience = { timeout: 540_000 };

/** One swarm of three hosts, all managers at first, that is looked after; the tests are one story. */
describe('a swarm is looked after', () => {
  let cli: Cli;
  let folder: string;
  let keyring: Keyring | undefined;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'keyring-'));
    if (canOpenKeyring) keyring = await openKeyring(folder);
    cli = await openCli('care', keyring?.env);
    await cli.json(['create', '--managers', '3', 'c1', 'c2', 'c3']);
  });
  afterAll(async () => {
    await cli.dispose();
    await keyring?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  const status = async (): Promise<SwarmStatusResult & { readonly exitCode: number | undefined }> => {
    const { stdout, exitCode } = await cli.run(['swarm', 'status', '--json']);
    return { ...(JSON.parse(stdout) as SwarmStatusResult), exitCode };
  };
  /** What destroys is refused where nobody can answer its question. */
  const isAsked = async (...args: readonly string[]): Promise<void> => {
    const { stdout } = await cli.run([...args, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'CONFIRMATION_NEEDED', exitCode: 2 } });
  };
  const until = (what: string, isSo: (seen: SwarmStatusResult) => boolean): Promise<SwarmStatusResult> =>
    waitFor({ timeoutMs: 120_000, what, intervalMs: 500 }, async () => {
      const seen = await status();
      if (isSo(seen)) return seen;
      throw new Error(JSON.stringify(seen.findings));
    });
  const sealFile = async (): Promise<string> => {
    const keyFile = join(cli.home, 'seal');
    await writeFile(keyFile, 'a long and boring key\n', { mode: 0o600 });
    return keyFile;
  };
  const roles = async (): Promise<readonly string[]> =>
    (await cli.json<NodeListResult>(['node', 'ls'])).nodes.map(({ name, role }) => `${name} ${role}`).sort();

  it('is healthy, and says when its certificates end', async () => {
    const seen = await status();
    expect(seen).toMatchObject({ exitCode: 0, healthy: true, summary: '3 managers: survives 1 failure' });
    expect(seen.nodes.every(({ certificateEnds }) => certificateEnds !== null)).toBe(true);
    expect(seen.authority?.ends).toMatch(/^20\d\d-/);
  });

  it('is unhealthy, with exit code 6, while a manager is down', async () => {
    await cli.json(['stop', 'c3']);
    const seen = await until('a manager to be missed', ({ healthy }) => !healthy);
    expect((await status()).exitCode).toBe(6);
    expect(seen.findings).toContainEqual(expect.objectContaining({ check: 'manager', hosts: ['c3'] }));
    expect(await cli.run(['node', 'demote', 'c2', '--json'])).toMatchObject({ exitCode: 3 });
    await cli.json(['start', 'c3']);
    await until('all managers to be back', ({ healthy }) => healthy);
  });

  it('demotes and promotes, and the agent follows', async () => {
    const hasAgent = (host: string): Promise<string> => onHost(cli, host, 'systemctl is-active swarmup-agent || true');
    expect(await cli.json<NodesResult>(['node', 'demote', 'c2', 'c3'])).toMatchObject({
      nodes: [
        { name: 'c2', status: 'demoted' },
        { name: 'c3', status: 'demoted' },
      ],
    });
    expect(await roles()).toEqual(['c1 manager', 'c2 worker', 'c3 worker']);
    expect(await hasAgent('c2')).toBe('inactive');
    await cli.json(['node', 'promote', 'c2']);
    expect(await roles()).toEqual(['c1 manager', 'c2 manager', 'c3 worker']);
    expect(await hasAgent('c2')).toBe('active');
    await cli.json(['node', 'demote', 'c2']);
    const lone = await cli.run(['node', 'demote', 'c1', '--json']);
    expect(JSON.parse(lone.stdout)).toMatchObject({ error: { code: 'LAST_MANAGER', exitCode: 3 } });
  });

  it('labels, pauses and activates a node', async () => {
    await cli.json(['node', 'update', '--label-add', 'zone=a', '--availability', 'pause', 'c3']);
    const read = "docker node inspect c3 --format '{{.Spec.Availability}} {{.Spec.Labels.zone}}'";
    expect(await onHost(cli, 'c1', read)).toBe('pause a');
    await cli.json(['node', 'activate', 'c3']);
    expect(await onHost(cli, 'c1', read)).toBe('active a');
    const [seen] = (await cli.json<InspectNodesResult>(['node', 'inspect', 'c3'])).nodes;
    expect(seen).toMatchObject({ name: 'c3', role: 'worker', state: 'ready', labels: { zone: 'a' } });
  });

  it('has settings that are changed one by one', async () => {
    const before = await cli.json<UpdateSwarmResult>(['swarm', 'update', '--heartbeat', '3', '--dry-run']);
    expect(before.after).toEqual({ ...before.before, heartbeatSeconds: 3 });
    const changed = await cli.json<UpdateSwarmResult>(['swarm', 'update', '--heartbeat', '3', '--task-history', '2']);
    expect(changed.after).toEqual({ ...before.before, heartbeatSeconds: 3, taskHistory: 2 });
    const read = "docker info --format '{{json .Swarm.Cluster.Spec.Dispatcher}}'";
    expect(JSON.parse(await onHost(cli, 'c1', read))).toEqual({ HeartbeatPeriod: 3e9 });
    expect((await cli.run(['swarm', 'update', '--json'])).exitCode).toBe(2);
  });

  it('takes what a host was before it joined again by hand off the list, and the host stays', patience, async () => {
    const idOf = (): Promise<string> => onHost(cli, 'c3', "docker info --format '{{.Swarm.NodeID}}'");
    const join = await onHost(cli, 'c1', "docker swarm join-token worker | grep -o 'docker swarm join .*'");
    const former: string[] = [];
    for (let times = 0; times < 2; times += 1) {
      former.push(await idOf());
      await onHost(cli, 'c3', `docker swarm leave && ${join}`);
    }
    const [first = '', second = ''] = former;
    await waitFor({ timeoutMs: 120_000, what: 'the former nodes to be missed', intervalMs: 500 }, async () => {
      const { nodes } = await cli.json<NodeListResult>(['node', 'ls']);
      const missed = nodes.filter(({ id, state }) => former.includes(id) && state === 'down');
      return missed.length === 2 ? true : undefined;
    });
    await isAsked('node', 'rm', first);
    expect(await cli.json<NodesResult>(['node', 'rm', '--yes', first])).toMatchObject({
      nodes: [{ status: 'removed' }],
    });
    const id = await idOf();
    expect(former).not.toContain(id);
    expect((await cli.json<NodeListResult>(['node', 'ls', '--prune'])).pruned).toEqual([second]);
    const { nodes } = await cli.json<NodeListResult>(['node', 'ls']);
    expect(nodes.map(({ name, state }) => `${name} ${state}`).sort()).toEqual(['c1 ready', 'c2 ready', 'c3 ready']);
    expect(nodes.find(({ name }) => name === 'c3')?.id).toBe(id);
    expect(await cli.json<NodesResult>(['node', 'update', '--label-add', 'zone=a', 'c3'])).toMatchObject({
      nodes: [{ name: 'c3', status: 'updated' }],
    });
  });

  it('lets a host leave and join again after each rotation of token and authority', patience, async () => {
    const rotations = [
      ['swarm', 'token', 'worker', '--rotate'],
      ['swarm', 'ca', '--rotate'],
    ];
    for (const rotate of rotations) {
      expect(await cli.json<NodesResult>(['swarm', 'leave', '--yes', 'c3'])).toMatchObject({
        nodes: [{ name: 'c3', status: 'left' }],
      });
      expect(await roles()).toEqual(['c1 manager', 'c2 worker']);
      await cli.json(rotate);
      expect(await cli.json<EnterResult>(['swarm', 'join', 'c3'])).toMatchObject({
        hosts: [{ name: 'c3', status: 'joined' }],
      });
      expect(await roles()).toEqual(['c1 manager', 'c2 worker', 'c3 worker']);
    }
    await until('the swarm to be healthy', ({ healthy }) => healthy);
  });

  // That its traffic passes is not tried: kernels without ESP, as some test machines have, let none through.
  it('makes an encrypted network with the MTU that is left, and refuses one that overlaps', async () => {
    const made = await cli.json<CreateNetworkResult>([
      ...['network', 'create', '--encrypted', '--attachable', '--subnet', '10.66.0.0/24', 'back'],
    ]);
    expect(made.mtu).toBe(made.underlayMtu - 76 - ((made.underlayMtu - 76) % 4));
    await loadWorkload(cli, ['c2']);
    await onHost(cli, 'c2', `docker run -d --name server --network back ${workloadImage} busybox sleep 10000`);
    const mtu = 'docker exec server busybox cat /sys/class/net/eth0/mtu';
    expect(await onHost(cli, 'c2', mtu)).toBe(String(made.mtu));
    const [back] = (await cli.json<NetworkListResult>(['network', 'inspect', 'back'])).networks;
    expect(back).toMatchObject({ name: 'back', encrypted: true, attachable: true, subnet: '10.66.0.0/24' });
    const refused = await cli.run(['network', 'create', '--subnet', '10.66.0.128/25', 'other', '--json']);
    expect(JSON.parse(refused.stdout)).toMatchObject({
      error: { code: 'NETWORK_OVERLAP', message: expect.stringMatching(/other.*the network back/) as unknown },
    });
    await onHost(cli, 'c2', 'docker rm -f server >/dev/null');
    await isAsked('network', 'rm', 'back');
    await cli.json(['network', 'rm', '--yes', 'back']);
    expect((await cli.run(['network', 'inspect', 'back', '--json'])).exitCode).toBe(2);
    const { networks } = await cli.json<NetworkListResult>(['network', 'ls']);
    expect(networks.map(({ name }) => name)).toEqual(['ingress']);
  });

  it('makes a network that nothing leaves, and another one for the routing mesh', patience, async () => {
    const routes = (network: string): Promise<string> =>
      onHost(cli, 'c2', `docker run --rm --network ${network} ${workloadImage} busybox ip route`);
    await cli.json(['network', 'create', '--attachable', 'open']);
    await cli.json(['network', 'create', '--attachable', '--internal', 'closed']);
    expect(await routes('open')).toContain('default via');
    expect(await routes('closed')).not.toContain('default via');
    await cli.json(['network', 'rm', '--yes', 'open', 'closed']);

    const mesh = ['network', 'create', '--ingress', '--subnet', '10.67.0.0/24', '--gateway', '10.67.0.2', 'ingress'];
    const twice = await cli.run([...mesh.slice(0, -1), 'mesh', '--json']);
    expect(JSON.parse(twice.stdout)).toMatchObject({ error: { code: 'INGRESS_EXISTS', exitCode: 2 } });
    await cli.json(['network', 'rm', '--yes', 'ingress']);
    expect((await cli.json<NetworkListResult>(['network', 'ls'])).networks).toEqual([]);
    expect(await cli.json<CreateNetworkResult>([...mesh, '--dry-run'])).toMatchObject({ id: null });
    await cli.json<CreateNetworkResult>(mesh);
    expect((await cli.json<NetworkListResult>(['network', 'ls'])).networks).toMatchObject([
      { name: 'ingress', ingress: true, subnet: '10.67.0.0/24', gateway: '10.67.0.2' },
    ]);
  });

  it('is not hurt by a manager whose join fails, which joins once it can', patience, async () => {
    await cli.json(['node', 'promote', 'c3']);
    await cli.json(['swarm', 'leave', '--yes', 'c2']);
    // The engine lets it in, and gives up when the managers do not reach it.
    await onHost(cli, 'c2', 'iptables -I INPUT -p tcp --dport 2377 -j DROP');
    const failed = await cli.run(['swarm', 'join', '--manager', 'c2', '--json']);
    expect([failed.exitCode, JSON.parse(failed.stdout)]).toMatchObject([
      1,
      { error: { code: expect.stringMatching(/^ENGINE_/) as unknown } },
    ]);
    expect(await roles()).toEqual(['c1 manager', 'c3 manager']);
    await until('both managers to reach each other', ({ strength }) => strength.reachable === 2);
    await onHost(cli, 'c2', 'iptables -D INPUT -p tcp --dport 2377 -j DROP');
    expect(await cli.json<EnterResult>(['swarm', 'join', '--manager', 'c2'])).toMatchObject({
      hosts: [{ name: 'c2', status: 'joined' }],
    });
    expect(await roles()).toEqual(['c1 manager', 'c2 manager', 'c3 manager']);
    await until('the swarm to be healthy', ({ healthy }) => healthy);
  });

  it(
    'keeps the key that a stopped manager needs until it has the new one, and unlocks it when it is started',
    patience,
    async () => {
      await cli.json(['swarm', 'autolock', 'on', '--key-file', await sealFile()]);
      const { unlockKey: first } = await cli.json<UnlockKeyResult>(['swarm', 'unlock-key']);
      expect(first).toMatch(/^SWMKEY-1-/);
      await cli.json(['stop', 'c3']);
      const rotated = await cli.json<UnlockKeyResult>(['swarm', 'unlock-key', '--rotate']);
      expect(rotated).toMatchObject({ rotated: true, oldKeyNeededBy: ['c3'] });
      expect(rotated.unlockKey).not.toBe(first);
      await cli.json(['start', 'c3']);
      await until('the swarm to be healthy', ({ healthy }) => healthy);
      expect(await cli.json(['swarm', 'unlock-key', '--rotate'])).toMatchObject({ rotated: true, oldKeyNeededBy: [] });
      await cli.json(['swarm', 'autolock', 'off']);
      expect((await status()).autolock).toEqual({ on: false, custody: null });
      await cli.json(['node', 'demote', 'c2', 'c3']);
    },
  );

  /** What the keyring of this computer keeps for swarmup. */
  const inKeyring = async (): Promise<string> => {
    const { stdout } = await execa('secret-tool', ['search', '--all', 'application', 'swarmup'], {
      reject: false,
      ...(keyring !== undefined && { env: keyring.env }),
    });
    return stdout;
  };

  it('unlocks a manager that was restarted with autolock on, by the keyring where there is one', async () => {
    await cli.json(['swarm', 'autolock', 'on', ...(canOpenKeyring ? [] : ['--key-file', await sealFile()])]);
    expect((await status()).autolock).toEqual({ on: true, custody: canOpenKeyring ? 'keyring' : 'key-file' });
    if (canOpenKeyring) expect(await inKeyring()).toMatch(/secret = SWMKEY-1-/);
    await onHost(cli, 'c1', 'systemctl restart docker');
    const locked = await status();
    expect(locked).toMatchObject({ exitCode: 6, manager: null });
    expect(locked.said[0]?.message).toContain('locked');
    const wrong = await cli.run(['swarm', 'unlock', '--key-stdin', '--json'], { input: `SWMKEY-1-${'A'.repeat(43)}` });
    expect(JSON.parse(wrong.stdout)).toMatchObject({ error: { code: 'UNLOCK_KEY_WRONG', host: 'c1' } });
    await cli.json(['swarm', 'unlock']);
    await until('the swarm to be healthy', ({ healthy }) => healthy);
  });

  it('ends when all hosts leave it, which has to be forced, and another begins on them', async () => {
    const refused = await cli.run(['swarm', 'leave', '--yes', 'c1', 'c2', 'c3', '--json']);
    expect([refused.exitCode, JSON.parse(refused.stdout)]).toMatchObject([3, { error: { code: 'SWARM_ENDS' } }]);
    await isAsked('swarm', 'leave', '--force', 'c1', 'c2', 'c3');
    await cli.json(['swarm', 'leave', '--yes', '--force', 'c1', 'c2', 'c3']);
    expect((await cli.run(['swarm', 'status', '--json'])).stdout).toContain('SWARM_UNKNOWN');
    if (canOpenKeyring) expect(await inKeyring()).toBe('');
    expect(await cli.json<EnterResult>(['swarm', 'init', '--swarm', 'next', 'c2'])).toMatchObject({
      hosts: [{ name: 'c2', status: 'joined' }],
    });
    await cli.json(['swarm', 'join', '--swarm', 'next', 'c1', 'c3']);
    const { nodes } = await cli.json<NodeListResult>(['node', 'ls', '--swarm', 'next']);
    expect(nodes.map(({ name, role, state }) => `${name} ${role} ${state}`)).toEqual([
      'c2 manager ready',
      'c1 worker ready',
      'c3 worker ready',
    ]);
  });
});
