import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../src/lib/abort.js';
import type { AgentStatusResult } from '../../src/operations/agent/agent-statuses.js';
import type { EventsResult } from '../../src/operations/agent/swarm-events.js';
import type { BackupResult } from '../../src/operations/recovery/backup-swarm.js';
import type { RecoverResult } from '../../src/operations/recovery/recover-swarm.js';
import type { RestoreResult } from '../../src/operations/recovery/restore-swarm.js';
import type { HostsResult, NodeListResult } from '../../src/operations/access/results.js';
import { type Cli, openCli } from './cli.js';
import { leftovers } from './outer-engine.js';
import { loadWorkload, onHost, workloadImage } from './workload.js';
import type { SwarmStatusResult } from '../../src/operations/health/status-node.js';

const services = { web: 6, each: 3 };
/** Of a busy machine. */
const patience = { timeout: 540_000 };

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
    // Not to be moved when hosts come back: here it is counted which tasks run where.
    await cli.json(['replicas', 'set', 'web=6', '--rebalance', 'never']);
    await servicesRun('m1', services);
  });
  afterAll(async () => {
    await cli.dispose();
  });

  const servicesRun = (host: string, wanted: Readonly<Record<string, number>>): Promise<boolean> =>
    waitFor({ timeoutMs: 90_000, what: 'the services to run' }, async () => {
      const text = await onHost(cli, host, "docker service ls --format '{{.Name}} {{.Replicas}}'");
      const expected = Object.entries(wanted).map(([name, n]) => `${name} ${n}/${n}`);
      if (expected.every((line) => text.split('\n').includes(line))) return true;
      throw new Error(text);
    });
  const kill = async (host: string): Promise<void> => {
    // The quorum guardian refuses it otherwise.
    await cli.json<HostsResult>(['kill', '--force', host]);
  };
  const nodes = async (): Promise<readonly string[]> =>
    (await cli.json<NodeListResult>(['node', 'ls'])).nodes
      .map(({ name, role, state }) => `${name} ${role} ${state}`)
      .sort();

  const agents = async (): Promise<readonly string[]> => {
    const { stdout } = await cli.run(['agent', 'status', '--json']);
    return (JSON.parse(stdout) as AgentStatusResult).agents.map(({ name, state }) => `${name} ${state}`).sort();
  };
  /** The agent of the host leads, and brings a service back to its declared count. */
  const agentActs = async (host: string): Promise<void> => {
    await waitFor({ timeoutMs: 90_000, what: `the agent of ${host} to lead` }, async () => {
      const states = await agents();
      if (states.includes(`${host} leader`)) return true;
      throw new Error(states.join());
    });
    await onHost(cli, host, 'docker service scale -d web=4');
    await waitFor({ timeoutMs: 60_000, what: 'the declared count' }, async () => {
      const { events } = await cli.json<EventsResult>(['events', '--service', 'web']);
      const last = events.filter(({ kind }) => kind === 'drift-corrected').at(-1);
      return last?.host === host && last.data?.['from'] === 4 && last.data['to'] === 6 ? true : undefined;
    });
  };

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

  it('says of what cannot be changed now how it can be again', patience, async () => {
    // An engine without a leader takes its time to say so, and a recovery may be quicker.
    await waitFor({ timeoutMs: 120_000, what: 'the agent of m1 to miss its quorum' }, async () =>
      (await agents()).includes('m1 no-quorum') ? true : undefined,
    );
    const changes = ['swarm token worker --rotate', 'swarm update --task-history 2', 'service scale web=1'];
    const said = await Promise.all(changes.map((change) => cli.run([...change.split(' '), '--json'])));
    const hints = expect.arrayContaining([expect.stringContaining('swarm recover')]) as unknown;
    for (const { exitCode, stdout } of said)
      expect([exitCode, JSON.parse(stdout)]).toMatchObject([6, { error: { code: 'NO_MANAGER', hints } }]);
  });

  it('comes back on its survivor after kill -9 in the middle of a recovery, with all services', patience, async () => {
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
    await agentActs('m1');
    // Who never saw it lost does not tell that it is back.
    await waitFor(
      { timeoutMs: 120_000, what: 'm1 to tell that it has a quorum again', intervalMs: 1_000 },
      async () => {
        const { events } = await cli.json<EventsResult>(['events']);
        const quorum = events.filter(({ kind, host }) => host === 'm1' && kind.startsWith('quorum-'));
        return quorum.at(-1)?.kind === 'quorum-restored' ? true : undefined;
      },
    );
  });

  it('takes the lost manager back as a manager once it runs again', patience, async () => {
    await cli.json(['start', 'm2']);
    const result = await cli.json<RecoverResult>(['swarm', 'recover', '--yes']);
    expect(result).toMatchObject({ status: 'cleaned', survivor: 'm1', servicesRun: true });
    expect(result.hosts).toContainEqual({ name: 'm2', status: 'rejoined' });
    expect(await nodes()).toEqual(['m1 manager ready', 'm2 manager ready', 'w1 worker ready']);
    await servicesRun('m1', services);
    expect(await agents()).toEqual(['m1 leader', 'm2 standby']);
  });

  it('comes back on the other manager, locked as it was, in one go, and tells how long it took', patience, async () => {
    const kept = join(cli.home, 'kept');
    const keep = `umask 077; case $SWARMUP_KEY_ACTION in get) cat ${kept};; set) cat >${kept};; delete) rm ${kept};; esac`;
    await cli.json(['swarm', 'autolock', 'on', '--key-command', keep]);
    const key = await readFile(kept, 'utf8');
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
    // The lock had to be taken off for that; it is on again, with a new key that the same command keeps.
    const { autolock } = JSON.parse((await cli.run(['swarm', 'status', '--json'])).stdout) as SwarmStatusResult;
    expect(autolock).toEqual({ on: true, custody: 'command' });
    expect(await readFile(kept, 'utf8')).not.toBe(key);
    await onHost(cli, 'm2', 'systemctl restart docker');
    expect((await cli.run(['node', 'ls', '--json'])).stdout).toContain('MANAGER_LOCKED');
    // The swarm went on without m1, which is off: nobody waits for it.
    expect(await cli.json<HostsResult>(['swarm', 'unlock'])).toEqual({ hosts: [{ name: 'm2', status: 'unlocked' }] });
    await agentActs('m2');
    await servicesRun('m2', { web: 6, each: 2 });
  });

  it('is backed up into a sealed file that is rehearsed, without stopping a task', patience, async () => {
    const [file, pass] = [join(cli.home, 'a.backup'), join(cli.home, 'pass')];
    await writeFile(pass, 'correct horse\n');
    const before = await onHost(cli, 'm2', 'docker ps -q | sort');
    const result = await cli.json<BackupResult>(['swarm', 'backup', file, '--passphrase-file', pass, '--rehearse']);
    expect(result).toMatchObject({
      manager: 'm2',
      manifest: { autolock: true, counts: { secrets: 1 } },
      rehearsal: { passed: true },
    });
    expect(result.manifest.services).toEqual([
      { service: 'each', running: 2, wanted: 2 },
      { service: 'web', running: 6, wanted: 6 },
    ]);
    expect(await onHost(cli, 'm2', 'docker ps -q | sort')).toBe(before);
    expect(await onHost(cli, 'm2', 'ls /var/lib/swarmup/swarm-state | grep -c backup || true')).toBe('0');
    expect(await leftovers('swarmup-rehearsal')).toEqual([]);
    expect((await readFile(file)).includes('PRIVATE KEY')).toBe(false);
  });

  it('is not restored over a living swarm, nor from what is no good', async () => {
    const [file, pass] = [join(cli.home, 'a.backup'), join(cli.home, 'pass')];
    const bad = join(cli.home, 'bad.backup');
    const wrong = join(cli.home, 'wrong');
    const data = await readFile(file);
    data[data.length - 100] = (data[data.length - 100] ?? 0) ^ 1;
    await writeFile(bad, data);
    await writeFile(wrong, 'wrong\n');
    const restore = async (...args: readonly string[]): Promise<unknown> =>
      JSON.parse((await cli.run(['swarm', 'restore', ...args, '--json'])).stdout);
    const code = (name: string) => ({ error: { code: name } });
    expect(await restore(file, '--passphrase-file', pass)).toMatchObject(code('SWARM_ALIVE'));
    expect(await restore(file, '--passphrase-file', wrong, '--on', 'n1')).toMatchObject(code('SEAL_KEY_WRONG'));
    expect(await restore(bad, '--passphrase-file', pass, '--on', 'n1')).toMatchObject(code('SEAL_DAMAGED'));
    expect(await restore(pass, '--passphrase-file', pass, '--on', 'n1')).toMatchObject(code('SEAL_FOREIGN'));
    expect((await cli.run(['ls', '-q'])).stdout.trim().split('\n').sort()).toEqual(['m1', 'm2', 'w1']);
  });

  it('is restored to other addresses when all its hosts are gone', patience, async () => {
    await cli.json(['rm', '--force', '--yes', 'm1', 'm2', 'w1']);
    await expect(readFile(join(cli.home, 'kept'))).rejects.toMatchObject({ code: 'ENOENT' });
    // The images of services are not in a backup.
    await cli.json(['create', '--no-swarm', 'n1', 'n2']);
    await loadWorkload(cli, ['n1', 'n2']);
    const [file, pass] = [join(cli.home, 'a.backup'), join(cli.home, 'pass')];
    const args = ['swarm', 'restore', file, '--passphrase-file', pass, '--on', 'n1', '--on', 'n2'];
    expect(await cli.json<RestoreResult>([...args, '--dry-run'])).toMatchObject({
      hosts: [
        { name: 'n1.no-swarm', status: 'would-restore' },
        { name: 'n2.no-swarm', status: 'would-join' },
      ],
    });
    const result = await cli.json<RestoreResult>(args);
    expect(result).toMatchObject({ manager: 'n1', servicesRun: true, movedTo: null });
    expect(await nodes()).toEqual(['n1 manager ready', 'n2 worker ready']);
    expect(await onHost(cli, 'n1', "docker secret ls --format '{{.Name}}'")).toBe('word');
    // The declared counts are of the swarm, so they came with it; its agent was installed.
    await agentActs('n1');
    await servicesRun('n1', { web: 6, each: 2 });
    // Nothing of what kept it away from its former peers is left.
    expect(await onHost(cli, 'n1', 'iptables -S | grep -c swarmup-restore || true')).toBe('0');
  });
});
