import { execa } from 'execa';
import { afterEach, describe, expect, it } from 'vitest';
import { waitFor } from '../../src/lib/abort.js';
import { openStore } from '../../src/machine/file-store.js';
import type { MachineRecord } from '../../src/machine/machine-record.js';
import type { CreateResult, NodeListResult } from '../../src/operations/access/results.js';
import type { RecoverResult } from '../../src/operations/recovery/recover-swarm.js';
import { type Cli, openCli } from './cli.js';
import { httpGet, loadWorkload, onHost, serveProgram, workloadImage } from './workload.js';

const patience = { timeout: 540_000 };

/** Hosts whose containers somebody removes, who knows nothing of swarmup. */
describe('a host that was removed behind our back', () => {
  let cli: Cli;
  afterEach(() => cli.dispose());

  const remove = async (...names: readonly string[]): Promise<void> => {
    await execa('docker', ['rm', '-f', ...names.map((name) => `${cli.network}-${name}`)]);
  };
  const record = (name: string): Promise<MachineRecord> => openStore(cli.home).require(name);
  const nodes = async (): Promise<readonly string[]> =>
    (await cli.json<NodeListResult>(['node', 'ls'])).nodes
      .map(({ name, role, state, reachability }) => [name, role, state, reachability].join(' '))
      .sort();
  /** Its node is its own: managers and the host agree, and the address is one of its interfaces. */
  const isAtHome = async (name: string): Promise<void> => {
    const { nodeId, advertiseAddr, addresses } = await record(name);
    const own = await onHost(cli, name, "docker info -f '{{.Swarm.NodeID}} {{.Swarm.NodeAddr}}'; hostname -I");
    const [swarm, interfaces] = own.split('\n');
    expect(swarm).toBe(`${nodeId ?? ''} ${advertiseAddr ?? ''}`);
    expect(interfaces?.split(' ')).toContain(advertiseAddr);
    expect(addresses).toEqual([advertiseAddr]);
  };
  /** A packet goes from a container on one host to a task of a service on the other, and its answer comes back. */
  const overlayWorks = async (from: string, to: string): Promise<void> => {
    await loadWorkload(cli, [from, to]);
    const manager = (await cli.json<NodeListResult>(['node', 'ls'])).nodes.find(({ leader }) => leader)?.name ?? '';
    const create =
      `docker service create -d --no-resolve-image --name on-${to} --network web-${to} --endpoint-mode dnsrr ` +
      `--constraint node.hostname==${to} ${workloadImage} busybox sh -c '${serveProgram}'`;
    await onHost(cli, manager, `docker network create -d overlay --attachable web-${to} >/dev/null && ${create}`);
    const ask = `docker run --rm --network web-${to} ${workloadImage} busybox timeout 5 bash -c '${httpGet(`on-${to}`, 8080, '/index.html')}'`;
    const answered = waitFor({ timeoutMs: 60_000, what: `an answer of the service on ${to}` }, async () =>
      (await onHost(cli, from, ask)) === 'ok' ? true : undefined,
    );
    expect(await answered).toBe(true);
    await onHost(cli, manager, `docker service rm on-${to}`);
  };

  it('keeps its address, and comes back as a new node of its own whose overlay network works', patience, async () => {
    cli = await openCli('remade-worker');
    await cli.json(['create', '--no-agent', 'm', 'w1']);
    const before = await record('w1');
    await remove('w1');
    await cli.json(['create', '--no-agent', 'w2']);
    expect((await record('w2')).advertiseAddr).not.toBe(before.advertiseAddr);
    const { hosts } = await cli.json<CreateResult>(['create', '--no-agent', 'w1']);
    expect(hosts).toMatchObject([{ name: 'w1', status: 'resumed' }]);
    const after = await record('w1');
    expect(after.advertiseAddr).toBe(before.advertiseAddr);
    expect(after.nodeId).not.toBe(before.nodeId);
    expect(await nodes()).toEqual(['m manager ready reachable', 'w1 worker ready ', 'w2 worker ready ']);
    await isAtHome('w1');
    await overlayWorks('m', 'w1');
    await overlayWorks('w1', 'w2');
    expect((await cli.run(['swarm', 'status'])).exitCode).toBe(0);
  });

  it('does so where somebody else took its address: a worker, and the only manager', patience, async () => {
    cli = await openCli('remade-elsewhere');
    await cli.json(['create', '--no-agent', 'm', 'w1']);
    const squat = async (name: string): Promise<string> => {
      const { advertiseAddr } = await record(name);
      const image = (await execa('docker', ['inspect', '-f', '{{.Image}}', `${cli.network}-${name}`])).stdout;
      await remove(name);
      const place = ['--network', cli.network, '--ip', advertiseAddr ?? ''];
      await execa('docker', [
        ...['run', '-d', '--name', `${cli.network}-squatter-${name}`, ...place, '--entrypoint', 'sleep', image, '900'],
      ]);
      return advertiseAddr ?? '';
    };
    const ofWorker = await squat('w1');
    await cli.json(['create', '--no-agent', 'w1']);
    expect((await record('w1')).advertiseAddr).not.toBe(ofWorker);
    await isAtHome('w1');
    await overlayWorks('m', 'w1');
    const { nodeId, advertiseAddr } = await record('m');
    await squat('m');
    await cli.json(['create', '--no-agent', 'm']);
    const after = await record('m');
    expect(after.nodeId).toBe(nodeId);
    expect(after.advertiseAddr).not.toBe(advertiseAddr);
    await isAtHome('m');
  });

  it('comes back as a manager without costing the quorum, and after a recovery without it', patience, async () => {
    cli = await openCli('remade-managers');
    await cli.json(['create', '--no-agent', '--managers', '3', 'm1', 'm2', 'm3', 'w1']);
    const before = await record('m2');
    await remove('m2');
    await cli.json(['create', '--no-agent', 'm2']);
    expect((await record('m2')).nodeId).not.toBe(before.nodeId);
    await isAtHome('m2');
    const all = [
      'm1 manager ready reachable',
      'm2 manager ready reachable',
      'm3 manager ready reachable',
      'w1 worker ready ',
    ];
    expect(await nodes()).toEqual(all);
    await overlayWorks('w1', 'm2');

    await remove('m2', 'm3');
    expect(await cli.json<RecoverResult>(['swarm', 'recover', '--yes'])).toMatchObject({
      status: 'recovered',
      survivor: 'm1',
    });
    const { hosts } = await cli.json<CreateResult>(['create', '--no-agent', 'm2', 'm3']);
    expect(hosts.map(({ name, role, status }) => `${name} ${role ?? ''} ${status}`)).toEqual([
      'm2 manager resumed',
      'm3 manager resumed',
    ]);
    expect(await nodes()).toEqual(all);
    for (const name of ['m2', 'm3']) await isAtHome(name);
    await overlayWorks('w1', 'm3');
    expect(await cli.json<RecoverResult>(['swarm', 'recover', '--dry-run'])).toMatchObject({ status: 'healthy' });
  });

  it('is not ready while packets of overlay networks do not reach it', patience, async () => {
    cli = await openCli('blocked-overlay');
    await cli.json(['create', '--no-agent', 'm', 'w1', 'w2']);
    for (const chain of ['INPUT', 'OUTPUT']) {
      await onHost(cli, 'w1', `iptables -I ${chain} -p udp --dport 4789 -j DROP`);
      const { exitCode, stdout } = await cli.run(['create', '--no-agent', 'm', 'w1', 'w2', '--json']);
      expect(exitCode).toBe(4);
      const blocked = (JSON.parse(stdout) as CreateResult).hosts.filter(({ status }) => status === 'failed');
      expect(blocked).toMatchObject([{ error: { code: 'OVERLAY_PORT_BLOCKED' } }]);
      expect(blocked[0]?.error?.message).toContain(chain === 'INPUT' ? ' to w1 on 4789/udp' : ' from w1 to ');
      await onHost(cli, 'w1', `iptables -D ${chain} 1`);
    }
    await cli.json(['create', '--no-agent', 'm', 'w1', 'w2']);
  });
});

describe('the options that a swarm was made with', () => {
  let cli: Cli;
  afterEach(() => cli.dispose());

  it('are those of later hosts; another network is refused, and nothing is made', patience, async () => {
    cli = await openCli('same-options', { SWARMUP_DOCKER_NETWORK: '' });
    const asked = ['--docker-network', cli.network, '--docker-memory', '1024'];
    await cli.json(['create', '--no-agent', 'm', ...asked]);
    const dry = await cli.json<CreateResult>(['create', '--no-agent', 'w1', '--dry-run']);
    expect(dry.inheritedOptions).toEqual([`--docker-network ${cli.network}`, '--docker-memory 1024']);
    await cli.json(['create', '--no-agent', 'w1']);
    const { options } = await openStore(cli.home).require('w1');
    expect(options).toMatchObject({ network: cli.network, memory: 1024 });
    const other = await cli.run(['create', '--no-agent', 'w2', '--docker-network', `${cli.network}-b`, '--json']);
    expect([other.exitCode, JSON.parse(other.stdout)]).toMatchObject([3, { error: { code: 'OPTION_DIFFERS' } }]);
    const { stdout } = await execa('docker', ['network', 'ls', '--format', '{{.Name}}']);
    expect(stdout.split('\n')).not.toContain(`${cli.network}-b`);
  });
});
