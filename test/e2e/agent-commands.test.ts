import { execa } from 'execa';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../src/lib/abort.js';
import type { AgentLogsResult } from '../../src/operations/agent/agent-logs.js';
import type { AgentStatusResult } from '../../src/operations/agent/agent-statuses.js';
import type { RebalanceResult } from '../../src/operations/agent/rebalance.js';
import type {
  ReplicasChange,
  ReplicasHistoryResult,
  ReplicasListResult,
} from '../../src/operations/agent/replicas-results.js';
import type { CreateResult, HostsResult } from '../../src/operations/access/results.js';
import type { EventsResult, SwarmEvent } from '../../src/operations/agent/swarm-events.js';
import { type Cli, openCli } from './cli.js';
import { loadWorkload, onHost, workloadImage } from './workload.js';

const hosts = ['m1', 'w1', 'w2'];
const program = new URL('../../bin/run.js', import.meta.url).pathname;

/** The commands of the agent and of replica counts, as a user types them, with the real agent on real hosts. */
describe('the agent of a swarm', () => {
  let cli: Cli;
  let created: CreateResult;
  beforeAll(async () => {
    cli = await openCli('agent-commands');
    created = await cli.json<CreateResult>(['create', ...hosts]);
    await loadWorkload(cli, hosts);
    await service('web', 4);
  });
  afterAll(async () => {
    await cli.dispose();
  });

  const onManager = (command: string): Promise<string> => onHost(cli, 'm1', command);
  const service = (name: string, replicas: number, more = ''): Promise<string> =>
    onManager(
      `docker service create -d --no-resolve-image --name ${name} --replicas ${replicas} --endpoint-mode dnsrr ` +
        `--stop-grace-period 1s ${more} ${workloadImage} busybox sh -c 'trap exit TERM; while :; do busybox sleep 1; done'`,
    );
  const replicasOf = async (name: string): Promise<number> =>
    Number(await onManager(`docker service inspect ${name} --format '{{.Spec.Mode.Replicated.Replicas}}'`));
  const untilReplicas = (name: string, count: number) =>
    waitFor({ timeoutMs: 30_000, what: `${name} to have ${count} replicas` }, async () =>
      (await replicasOf(name)) === count ? true : undefined,
    );
  const row = async (name: string) =>
    (await cli.json<ReplicasListResult>(['replicas', 'ls'])).services.find((found) => found.name === name);
  const untilState = (name: string, state: string) =>
    waitFor({ timeoutMs: 60_000, what: `${name} to be ${state}` }, async () =>
      (await row(name))?.state === state ? true : undefined,
    );

  it('is installed by create, with few rights and little memory', async () => {
    expect(created.warnings.filter((warning) => warning.includes('agent'))).toEqual([]);
    const { agents, leader } = await cli.json<AgentStatusResult>(['agent', 'status']);
    expect(agents).toMatchObject([{ name: 'm1', state: 'leader', upToDate: true, installed: { unit: 'active' } }]);
    expect(leader).toMatchObject({ node: 'm1', managers: { total: 1, reachable: 1 } });
    const properties = [
      'User',
      'NoNewPrivileges',
      'ProtectSystem',
      'PrivateTmp',
      'MemoryDenyWriteExecute',
      'Restart',
      'MemoryMax',
      'CPUQuotaPerSecUSec',
    ];
    const shown = await onManager(`systemctl show swarmup-agent ${properties.map((name) => `-p ${name}`).join(' ')}`);
    expect(Object.fromEntries(shown.split('\n').map((line) => line.split('=')) as [string, string][])).toEqual({
      User: 'swarmup-agent',
      NoNewPrivileges: 'yes',
      ProtectSystem: 'strict',
      PrivateTmp: 'yes',
      MemoryDenyWriteExecute: 'yes',
      Restart: 'on-failure',
      MemoryMax: String(96 * 1024 * 1024),
      CPUQuotaPerSecUSec: '500ms',
    });
    const process = '/proc/$(systemctl show swarmup-agent -p MainPID --value)';
    expect(await onManager(`stat -c %U ${process}`)).toBe('swarmup-agent');
    expect(
      Number(await onManager(`sed -n 's/VmRSS:[^0-9]*\\([0-9]*\\) kB/\\1/p' ${process}/status`)) * 1024,
    ).toBeLessThan(50e6);
    // Debian's Node.js: what it would read for nothing is hidden from it, and from nobody else.
    const undici = '/usr/share/nodejs/undici/undici-fetch.js';
    expect(await onManager(`stat -c %F ${process}/root${undici} ${undici}`)).toBe(
      'character special file\nregular file',
    );
    expect(await onHost(cli, 'w1', 'ls /etc/systemd/system/swarmup-agent.service 2>&1 || true')).toContain(
      'No such file',
    );
  });

  it('tells how it is and what it counts, on its own host only', async () => {
    const at = (address: string, path: string): string => `curl -s --max-time 5 http://${address}:9464/${path}`;
    expect(JSON.parse(await onManager(at('127.0.0.1', 'healthz')))).toMatchObject({ state: 'leader' });
    const metrics = await onManager(at('127.0.0.1', 'metrics'));
    expect(metrics).toContain('\nswarmup_managers_reachable 1\n');
    const address = await onManager("docker info --format '{{.Swarm.NodeAddr}}'");
    expect(await onHost(cli, 'w1', `${at(address, 'healthz')} || echo refused`)).toBe('refused');
  });

  it('warns of certificates that end soon, and of a disk that fills up', async () => {
    // The disk as the agent sees it: the engine needs its own.
    const dropIn = '/etc/systemd/system/swarmup-agent.service.d';
    await onManager(
      `mkdir -p /mnt/full ${dropIn}; mount -t tmpfs -o size=1m tmpfs /mnt/full; head -c 940000 /dev/zero >/mnt/full/file; ` +
        `printf '[Service]\\nBindReadOnlyPaths=/mnt/full:/var/lib/docker\\n' >${dropIn}/full.conf; systemctl daemon-reload; ` +
        'docker swarm ca --rotate --quiet --cert-expiry 2h >/dev/null && systemctl restart swarmup-agent',
    );
    const told = await waitFor({ timeoutMs: 60_000, what: 'both warnings' }, async () => {
      const { events } = await cli.json<EventsResult>(['events']);
      const found = events.filter(({ kind }) => kind === 'certificate-expiry' || kind === 'disk-full');
      return found.length === 2 ? found.map(({ level, message }) => `${level}: ${message}`).sort() : undefined;
    });
    expect(told).toEqual([
      'error: the node certificate of m1 expires in 0 days',
      "warning: the disk of m1 that holds Docker's data is 90 % full",
    ]);
    await onManager(
      `rm -r ${dropIn}; systemctl daemon-reload; systemctl restart swarmup-agent; umount /mnt/full; docker swarm update --cert-expiry 2160h`,
    );
  });

  it('is one small file that needs nothing but Node.js', async () => {
    const bundle = await readFile(new URL('../../dist/agent.js', import.meta.url), 'utf8');
    expect(bundle.length).toBeLessThanOrEqual(100 * 1024);
    const needed = [...bundle.matchAll(/require\("([^"]+)"\)/g)].map(([, name]) => name);
    expect(needed.length).toBeGreaterThan(0);
    expect(needed.filter((name) => name?.startsWith('node:') !== true)).toEqual([]);
  });

  it('is left alone by a second create and by a second install', async () => {
    const again = await cli.json<CreateResult>(['create', ...hosts]);
    expect(again.hosts.map(({ status }) => status)).toEqual(['unchanged', 'unchanged', 'unchanged']);
    for (const verb of ['install', 'upgrade'])
      expect((await cli.json<HostsResult>(['agent', verb])).hosts).toEqual([{ name: 'm1', status: 'unchanged' }]);
  });

  it('brings a service to the declared count, and back to it when it is scaled by hand', async () => {
    const change = await cli.json<ReplicasChange>(['replicas', 'set', 'web=3']);
    expect(change).toMatchObject({ revision: 1, warnings: [], services: [{ name: 'web', status: 'changed' }] });
    await untilReplicas('web', 3);
    await onManager('docker service scale -d web=9');
    await untilReplicas('web', 3);
    await untilState('web', 'ok');
  });

  it('makes a service again that is removed', async () => {
    await onManager('docker service rm web');
    await waitFor({ timeoutMs: 30_000, what: 'web to be there again' }, async () =>
      (await onManager("docker service ls --format '{{.Name}}'")).includes('web') ? true : undefined,
    );
    await untilState('web', 'ok');
  });

  it('tells what it did, once and while it does it', async () => {
    const { events } = await cli.json<EventsResult>(['events', '--service', 'web']);
    expect(events.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['drift-corrected', 'service-recreated']) as unknown,
    );
    const follower = execa(process.execPath, [program, 'events', '--follow', '--json', '--service', 'web'], {
      env: cli.env,
      reject: false,
    });
    const seen: SwarmEvent[] = [];
    for await (const line of createInterface({ input: follower.stdout })) {
      seen.push(JSON.parse(line) as SwarmEvent);
      // All that was there is told: what comes now is new.
      if (seen.length === events.length) await onManager('docker service scale -d web=5');
      if (seen.length > events.length) follower.kill('SIGINT');
    }
    expect(seen.at(-1)).toMatchObject({
      kind: 'drift-corrected',
      service: 'web',
      host: 'm1',
      data: { from: 5, to: 3 },
    });
    expect((await follower).exitCode).toBe(0);
    const logs = await cli.json<AgentLogsResult>(['agent', 'logs', '--tail', '50']);
    expect(logs.hosts[0]?.lines.join('\n')).toContain('service-recreated');
  });

  it('leaves a paused service alone until it is resumed, and one that is unset for good', async () => {
    await cli.json<ReplicasChange>(['replicas', 'pause', 'web']);
    await onManager('docker service scale -d web=5');
    expect(await row('web')).toMatchObject({ state: 'paused', want: 3, have: 5 });
    await cli.json<ReplicasChange>(['replicas', 'resume', '--all']);
    await untilReplicas('web', 3);
    await cli.json<ReplicasChange>(['replicas', 'unset', 'web']);
    const { revisions } = await cli.json<ReplicasHistoryResult>(['replicas', 'history']);
    expect(revisions.map(({ changes }) => changes)).toEqual([
      ['web: no longer declared'],
      ['web: 3 (paused) → 3'],
      ['web: 3 → 3 (paused)'],
      ['web: 3'],
    ]);
    expect((await cli.json<ReplicasListResult>(['replicas', 'ls'])).services).toEqual([]);
  });

  it('holds what the labels of a service say', async () => {
    await service('labelled', 1, '--label swarmup.replicas=2');
    await untilReplicas('labelled', 2);
    expect(await row('labelled')).toMatchObject({ declaredBy: 'labels', want: 2 });
    await onManager('docker service rm labelled');
  });

  it('refuses bad input with one clear error', async () => {
    const result = await cli.run(['replicas', 'set', 'web=3', 'wbe=3', '--json']);
    expect(result.exitCode).toBe(2);
    expect(JSON.parse(result.stdout)).toMatchObject({
      error: { code: 'SERVICE_UNKNOWN', message: 'there is no service named wbe' },
    });
    expect((await cli.json<ReplicasListResult>(['replicas', 'ls'])).services).toEqual([]);
  });

  describe('rebalance', () => {
    /** All tasks on two nodes, and a third that is free: as after its return. */
    const crowd = async (): Promise<void> => {
      await onManager('docker node update --availability drain w2 && docker service scale -d web=6');
      const running = "docker service ps web -f desired-state=running --format '{{.Node}} {{.CurrentState}}'";
      await waitFor({ timeoutMs: 60_000, what: 'six tasks on two nodes' }, async () => {
        const tasks = (await onManager(running)).split('\n').filter((line) => line.includes('Running'));
        return tasks.length === 6 && !tasks.some((line) => line.startsWith('w2')) ? true : undefined;
      });
      await onManager('docker node update --availability active w2');
    };
    const tasksPerNode = async (): Promise<number[]> => {
      const { services } = await cli.json<RebalanceResult>(['rebalance', 'web', '--dry-run']);
      return services[0]?.nodes.map(({ now }) => now) ?? [];
    };

    it('shows first what would move', async () => {
      await crowd();
      const { services } = await cli.json<RebalanceResult>(['rebalance', '--dry-run']);
      expect(services).toMatchObject([{ service: 'web', status: 'would-move', moves: 2 }]);
      expect(await replicasOf('web')).toBe(6);
    });

    it('evens a service out over the nodes, together with the agent', async () => {
      const { services } = await cli.json<RebalanceResult>(['rebalance', 'web']);
      expect(services).toMatchObject([{ service: 'web', status: 'moved' }]);
      await waitFor({ timeoutMs: 30_000, what: 'two tasks on each node' }, async () =>
        (await tasksPerNode()).every((count) => count === 2) ? true : undefined,
      );
      expect(await replicasOf('web')).toBe(6);
      expect(await onManager("docker service inspect web --format '{{json .Spec.Labels}}'")).toBe('{}');
    });

    it('ends no task by the agent before the new ones are healthy, however long that takes', async () => {
      const dropIn = '/etc/systemd/system/swarmup-agent.service.d';
      const hurry =
        'SWARMUP_AGENT_MOVE_HOLD_MS=1000 SWARMUP_AGENT_MOVE_TIMEOUT_MS=1000 SWARMUP_AGENT_STUCK_AFTER_MS=4000';
      const restart = 'systemctl daemon-reload; systemctl restart swarmup-agent';
      await onManager('docker node update --availability drain w2');
      // Healthy on every host but w2, where its check does not end before it is told to.
      await onManager(
        'docker service create -d --no-resolve-image --name ailing --replicas 4 --endpoint-mode dnsrr --stop-grace-period 1s ' +
          '--mount type=bind,src=/etc/hostname,dst=/host --health-interval 500ms --health-timeout 1h ' +
          "--health-cmd 'while busybox grep -q w2 /host && busybox [ ! -e /well ]; do busybox sleep 0.2; done' " +
          `${workloadImage} busybox sh -c 'busybox ln -s /bin/busybox /bin/sh; trap exit TERM; while :; do busybox sleep 1; done'`,
      );
      const running = async (): Promise<string[]> => {
        const format = "--format '{{.ID}} {{.CurrentState}}'";
        const lines = (await onManager(`docker service ps ailing -f desired-state=running ${format}`)).split('\n');
        return lines.flatMap((line) => (line.includes(' Running') ? [line.split(' ')[0] ?? ''] : [])).sort();
      };
      const before = await waitFor({ timeoutMs: 90_000, what: 'four healthy tasks' }, async () => {
        const found = await running();
        return found.length === 4 ? found : undefined;
      });
      await onManager(
        `docker node update --availability active w2; mkdir ${dropIn}; ` +
          `printf '[Service]\\nEnvironment=${hurry}\\n' >${dropIn}/hurry.conf; ${restart}`,
      );
      const untilTold = (kind: string) =>
        waitFor({ timeoutMs: 90_000, what: `the event ${kind}`, intervalMs: 500 }, async () => {
          const { events } = await cli.json<EventsResult>(['events', '--service', 'ailing']);
          return events.some((event) => event.kind === kind) ? true : undefined;
        });
      await untilTold('rebalance-started');
      // That comes later than the time that a move may take.
      await untilTold('tasks-stuck');
      expect(await running()).toEqual(before);
      expect(await replicasOf('ailing')).toBe(5);
      await onHost(cli, 'w2', 'docker exec $(docker ps -q --filter name=ailing) busybox touch /well');
      await untilTold('rebalance-finished');
      expect(await replicasOf('ailing')).toBe(4);
      await onManager(`docker service rm ailing; rm -r ${dropIn}; ${restart}`);
    });

    it('does it alone where there is no agent', async () => {
      expect((await cli.json<HostsResult>(['agent', 'remove'])).hosts).toMatchObject([
        { name: 'm1', status: 'removed' },
        { name: 'w1', status: 'unchanged' },
        { name: 'w2', status: 'unchanged' },
      ]);
      await crowd();
      expect((await cli.json<RebalanceResult>(['rebalance'])).services).toMatchObject([{ status: 'moved' }]);
      await waitFor({ timeoutMs: 30_000, what: 'two tasks on each node' }, async () =>
        (await tasksPerNode()).every((count) => count === 2) ? true : undefined,
      );
    });
  });

  it('is missed where it was removed, and create leaves it out from then on', async () => {
    const status = await cli.run(['agent', 'status']);
    expect(status.exitCode).toBe(6);
    expect(status.stdout).toMatch(/m1 +absent/);
    expect(await onManager('id swarmup-agent 2>&1 || true')).toContain('no such user');
    const again = await cli.json<CreateResult>(['create', ...hosts]);
    expect(again.hosts[0]?.status).toBe('unchanged');
    const change = await cli.json<ReplicasChange>(['replicas', 'set', 'web=4']);
    expect(change.warnings).toEqual([expect.stringContaining('no agent leads')]);
    const none = await cli.run(['events', '--json']);
    expect(none.exitCode).toBe(6);
    expect(JSON.parse(none.stdout)).toMatchObject({ error: { code: 'NO_AGENT' } });
  });

  it('brings its own Node.js where that of the host is too old', async () => {
    // And whose distribution offers nothing.
    const old = "printf '#!/bin/sh\\necho v16.20.2\\n' >/usr/bin/node; chmod 755 /usr/bin/node";
    await onManager(`mv /usr/bin/node /usr/bin/node.away; ${old}; rm -rf /etc/apt/sources.list*`);
    expect(await onManager('node --version')).toBe('v16.20.2');
    expect((await cli.json<HostsResult>(['agent', 'install'])).hosts).toEqual([{ name: 'm1', status: 'installed' }]);
    const { agents } = await cli.json<AgentStatusResult>(['agent', 'status']);
    expect(agents).toMatchObject([{ installed: { unit: 'active', node: process.version } }]);
    // What was declared while it was away.
    await untilReplicas('web', 4);
  });

  it('comes with each further manager, and goes with it', async () => {
    await cli.json<CreateResult>(['create', '--managers', '1', 'm2']);
    const status = await cli.json<AgentStatusResult>(['agent', 'status']);
    expect(status.agents.map(({ name, state }) => [name, state]).sort()).toEqual([
      ['m1', 'leader'],
      ['m2', 'standby'],
    ]);
    const upgrade = async (...more: string[]): Promise<readonly string[]> => {
      const { hosts: rows } = await cli.json<HostsResult>(['agent', 'upgrade', ...more]);
      return rows.map(({ name, status: outcome }) => `${name} ${outcome}`).sort();
    };
    expect(await upgrade('--dry-run')).toEqual(['m1 unchanged', 'm2 unchanged']);
    // As an older swarmup left them.
    const old =
      'echo >>/usr/local/lib/swarmup/agent.js; sed -i s/SWARMUP_AGENT_VERSION=.*/SWARMUP_AGENT_VERSION=old/ ' +
      '/etc/systemd/system/swarmup-agent.service; systemctl daemon-reload; systemctl restart swarmup-agent';
    for (const host of ['m1', 'm2']) await onHost(cli, host, old);
    expect(await upgrade('--dry-run')).toEqual(['m1 would-upgrade', 'm2 would-upgrade']);
    expect(await upgrade()).toEqual(['m1 upgraded', 'm2 upgraded']);
    const { agents } = await cli.json<AgentStatusResult>(['agent', 'status']);
    expect(agents.map(({ upToDate }) => upToDate)).toEqual([true, true]);
    // The leader's last, so that one could take over. Both hosts have the clock of one kernel.
    const since = 'systemctl show swarmup-agent -p ActiveEnterTimestampMonotonic --value';
    expect(Number(await onHost(cli, 'm1', since))).toBeGreaterThan(Number(await onHost(cli, 'm2', since)));
    expect((await cli.json<HostsResult>(['rm', '--yes', 'm2'])).hosts).toEqual([{ name: 'm2', status: 'removed' }]);
    await onManager('docker service scale -d web=1');
    await untilReplicas('web', 4);
  });
});

describe('create --no-agent', () => {
  let cli: Cli;
  beforeAll(async () => {
    cli = await openCli('no-agent');
  });
  afterAll(async () => {
    await cli.dispose();
  });

  const expectNoStart = async (message: RegExp): Promise<void> => {
    const installed = await cli.run(['agent', 'install', '--json']);
    expect(installed.exitCode).toBe(1);
    expect(JSON.parse(installed.stdout)).toMatchObject({
      error: { code: 'AGENT_START_FAILED', host: 'm1', message: expect.stringMatching(message) as string },
    });
  };

  it('leaves the agent out, also the next time', async () => {
    await cli.json<CreateResult>(['create', '--no-agent', 'm1']);
    await cli.json<CreateResult>(['create', 'm1']);
    expect(await onHost(cli, 'm1', 'ls /etc/systemd/system/swarmup-agent.service 2>&1 || true')).toContain(
      'No such file',
    );
  });

  it('and an agent that does not answer is told with its cause', async () => {
    // Something else has its port.
    const listen = 'require("net").createServer((s) => s.destroy()).listen(9464, "127.0.0.1")';
    await onHost(cli, 'm1', `systemd-run --quiet --unit listener node -e '${listen}'`);
    await expectNoStart(/^the agent of m1 did not start: cannot serve its state: listen EADDRINUSE/);
  });

  it('nor one that ends at its start', async () => {
    const dropIn = '/etc/systemd/system/swarmup-agent.service.d';
    await onHost(
      cli,
      'm1',
      `systemctl stop listener swarmup-agent; mkdir ${dropIn}; ` +
        `printf '[Service]\\nEnvironment=NODE_OPTIONS=--require=/no/such.cjs\\n' >${dropIn}/test.conf; systemctl daemon-reload`,
    );
    await expectNoStart(/^the agent of m1 did not start: Error: Cannot find module '\/no\/such\.cjs'/);
    // Without it, the same command is all it takes.
    await onHost(cli, 'm1', `rm -r ${dropIn}; systemctl daemon-reload`);
    expect((await cli.json<HostsResult>(['agent', 'install'])).hosts).toMatchObject([{ name: 'm1' }]);
  });
});
