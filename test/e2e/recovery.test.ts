import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../src/lib/abort.js';
import type { RecoverResult } from '../../src/operations/recover-swarm.js';
import type { HostsResult, NodeListResult } from '../../src/operations/results.js';
import { type Cli, openCli } from './cli.js';
import { loadWorkload, onHost, workloadImage } from './workload.js';

const services = { web: 6, each: 3 };

/** Two managers and a worker: the swarm that a single failure stops. */
describe('a swarm that loses its quorum', () => {
  let cli: Cli;
  beforeAll(async () => {
    cli = await openCli('recovery');
    await cli.json(['create', '--managers', '2', 'm1', 'm2', 'w1']);
    await loadWorkload(cli, ['m1', 'm2', 'w1']);
    const run = `-d --no-resolve-image --endpoint-mode dnsrr --stop-signal KILL ${workloadImage} busybox sleep 1000000`;
    await onHost(cli, 'm1', `docker service create --name web --replicas 6 ${run}`);
    await onHost(cli, 'm1', `docker service create --name each --mode global ${run}`);
    await onHost(cli, 'm1', 'echo secret | docker secret create word -');
    await servicesRun('m1', services);
  });
  afterAll(async () => {
    await cli.dispose();
  });

  const servicesRun = (host: string, wanted: Readonly<Record<string, number>>): Promise<boolean> =>
    waitFor({ timeoutMs: 90_000, what: 'the services to run' }, async () => {
      const text = await onHost(cli, host, "docker service ls --format '{{.Name}} {{.Replicas}}'");
      const expected = Object.entries(wanted).map(([name, n]) => `${name} ${String(n)}/${String(n)}`);
      if (expected.every((line) => text.split('\n').includes(line))) return true;
      throw new Error(text);
    });
  const kill = async (host: string): Promise<void> => {
    await cli.json<HostsResult>(['kill', host]);
  };
  const nodes = async (): Promise<readonly string[]> =>
    (await cli.json<NodeListResult>(['node', 'ls'])).nodes
      .map(({ name, role, state }) => `${name} ${role} ${state}`)
      .sort();

  it('is left alone while it has its quorum', async () => {
    const result = await cli.json<RecoverResult>(['swarm', 'recover']);
    expect(result).toMatchObject({ status: 'healthy', plan: [], copy: null, hosts: [] });
  });

  it('is diagnosed without being changed, with the way that loses nothing first', async () => {
    await kill('m2');
    const result = await cli.json<RecoverResult>(['swarm', 'recover', '--dry-run']);
    expect(result).toMatchObject({ status: 'would-recover', survivor: 'm1', gentle: ['swarmup start m2'], copy: null });
    expect(result.diagnosis.map(({ name, standing }) => [name, standing])).toEqual([
      ['m1', expect.stringMatching(/^(managing|leaderless)$/)],
      ['m2', 'off'],
      ['w1', 'member'],
    ]);
    expect(result.diagnosis[0]?.raft?.commit).toBeGreaterThan(10);
  });

  it('is not changed without a yes', async () => {
    const result = await cli.run(['swarm', 'recover']);
    expect(result.exitCode).toBe(2);
    expect(result.stderr).toContain('--yes');
  });

  it('comes back on its survivor after kill -9 in the middle of a recovery, with all services', async () => {
    const recover = ['swarm', 'recover', '--yes'];
    const hit = await cli.killAt(recover, (event) => event.type === 'step-started' && event.step === 'm1/lead');
    expect(hit).toBeDefined();
    const result = await cli.json<RecoverResult>(recover);
    // The engine may have done what it was asked before the kill.
    expect(['recovered', 'cleaned', 'healthy']).toContain(result.status);
    expect(result.survivor).toBe('m1');
    await servicesRun('m1', { web: 6, each: 2 });
    expect(await onHost(cli, 'm1', "docker secret ls --format '{{.Name}}'")).toBe('word');
    const copies = await onHost(cli, 'm1', "stat -c '%a %U' /var/lib/swarmup/swarm-state/*");
    expect(new Set(copies.split('\n'))).toEqual(new Set(['600 root']));
  });

  it('takes the lost manager back as a manager once it runs again', async () => {
    await cli.json(['start', 'm2']);
    const result = await cli.json<RecoverResult>(['swarm', 'recover', '--yes']);
    expect(result).toMatchObject({ status: 'cleaned', survivor: 'm1', servicesRun: true });
    expect(result.hosts).toContainEqual({ name: 'm2', status: 'rejoined' });
    expect(await nodes()).toEqual(['m1 manager ready', 'm2 manager ready', 'w1 worker ready']);
    await servicesRun('m1', services);
  });

  it('comes back on the other manager, in one go, and tells how long it took', async () => {
    await kill('m1');
    const result = await cli.json<RecoverResult>(['swarm', 'recover', '--yes']);
    expect(result).toMatchObject({ status: 'recovered', survivor: 'm2', servicesRun: true, warnings: [] });
    expect(result.copy?.host).toBe('m2');
    expect(result.hosts.map(({ name, status }) => [name, status])).toEqual([
      ['m2', 'kept'],
      ['w1', expect.stringMatching(/^(unchanged|rejoined)$/)],
      ['m1', 'lost'],
    ]);
    expect(result.timings?.servicesRunMs).toBeGreaterThan(0);
    expect(await nodes()).toEqual(['m2 manager ready', 'w1 worker ready']);
    await servicesRun('m2', { web: 6, each: 2 });
  });
});
