import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../src/lib/abort.js';
import { type AgentSwarm, openAgentSwarm } from './agent-swarm.js';
import { onHost, workloadImage } from './workload.js';

/** Loaded into the agent before itself: its wall clock is as many seconds off as the file says. */
const fakedClock = `
const { readFileSync } = require('node:fs');

const realNow = Date.now;
const now = () => realNow() + Number(readFileSync('/usr/local/lib/clock-offset', 'utf8')) * 1000;
globalThis.Date = class extends Date {
  constructor(...given) {
    super(...(given.length === 0 ? [now()] : given));
  }
  static now = now;
};
`;

/** What hosts and engines do to the agent: three managers, of which m1 leads first, and a worker. */
describe('agents', () => {
  let swarm: AgentSwarm;
  beforeAll(async () => {
    swarm = await openAgentSwarm('agent-failover', 1, 'm2');
    await swarm.sleepers(['web'], 8);
    await swarm.sleepers(['never'], 4, '--label swarmup.replicas=4 --label swarmup.rebalance=never');
    await swarm.sleepers(['single'], 1);
    await swarm.sleepers(['updated'], 4);
    await swarm.cli.json(['replicas', 'set', 'web=8', 'single=1']);
    await swarm.run(`docker service update -d --env-add VERSION=2 --update-parallelism 0 updated`);
  });
  afterAll(async () => {
    await swarm.cli.dispose();
  });

  const versions = async (...services: string[]): Promise<string> =>
    swarm.run(`docker service inspect --format '{{.Version.Index}}' ${services.join(' ')}`);
  /** Running tasks of a service on each Ready node. */
  const spread = async (service: string): Promise<Readonly<Record<string, number>>> => {
    const text = await swarm.run(
      `for n in $(docker node ls --format '{{.Hostname}}={{.Status}}' | grep Ready); do n=\${n%=*}; ` +
        `echo $n $(docker node ps $n --filter desired-state=running --filter name=${service} --format '{{.CurrentState}}' | grep -c ^Running); done`,
    );
    return Object.fromEntries(
      text.split('\n').map((line): [string, number] => [line.split(' ')[0] ?? '', Number(line.split(' ')[1])]),
    );
  };
  const evenOut = (service: string, nodes: number): Promise<unknown> =>
    waitFor(
      { timeoutMs: 150_000, what: `an even ${service} on ${String(nodes)} nodes`, intervalMs: 1_000 },
      async () => {
        const counts = Object.values(await spread(service));
        if (counts.length !== nodes || Math.max(...counts) - Math.min(...counts) > 1) throw new Error(counts.join(' '));
        return true;
      },
    );
  const clearedLabels = async (): Promise<void> => {
    const label = '{{index .Spec.Labels "swarmup.surge"}}';
    await waitFor({ timeoutMs: 60_000, what: 'the end of the move' }, async () =>
      (await swarm.run(`docker service inspect web --format '${label}'`)) === '' ? true : undefined,
    );
  };

  /** Events live as long as their agent, so this is asked before an agent is restarted. */
  const onlyLeadersWrote = async (): Promise<void> => {
    const events = await swarm.events();
    const writes = ['drift-corrected', 'rebalance-started', 'rebalance-finished', 'service-recreated'];
    const written = events.filter(({ kind }) => writes.includes(kind));
    expect(written.length).toBeGreaterThan(0);
    for (const write of written) {
      const own = events.filter(
        ({ host, time, kind }) => host === write.host && time <= write.time && kind.startsWith('leader-'),
      );
      expect(own.at(-1)?.kind).toBe('leader-gained');
    }
  };

  it('work through a slow engine, and catch up after one that does not answer', async () => {
    const onLeader = (command: string): Promise<string> => onHost(swarm.cli, 'm1', command);
    const proxy = (await readFile(join(import.meta.dirname, 'fault-proxy.mjs'))).toString('base64');
    await onLeader(
      `echo ${proxy} | base64 -d > /root/fault-proxy.mjs; echo slow > /root/fault; ` +
        'systemd-run --quiet --unit fault-proxy node /root/fault-proxy.mjs /run/fault.sock /root/fault; ' +
        'mkdir -p /etc/systemd/system/swarmup-agent.service.d; ' +
        "printf '[Service]\\nEnvironment=SWARMUP_AGENT_SOCKET=/run/fault.sock\\n' > /etc/systemd/system/swarmup-agent.service.d/fault.conf; " +
        'systemctl daemon-reload; while [ ! -S /run/fault.sock ]; do sleep 0.1; done; systemctl restart swarmup-agent',
    );
    expect(await swarm.leader()).toBe('m1');
    await swarm.run('docker service scale -d web=3');
    await swarm.expectCounts({ web: 8 }, 60_000);
    await onLeader('echo down > /root/fault');
    await swarm.run('docker service scale -d web=3');
    await waitFor({ timeoutMs: 60_000, what: 'the agent to notice' }, async () =>
      (await swarm.status()).agents.find(({ name }) => name === 'm1')?.state === 'error' ? true : undefined,
    );
    expect(await swarm.counts()).toMatchObject({ web: 3 });
    await onLeader('echo ok > /root/fault');
    await swarm.expectCounts({ web: 8 }, 60_000);
    await onLeader(
      'rm -r /etc/systemd/system/swarmup-agent.service.d; systemctl daemon-reload; systemctl restart swarmup-agent; systemctl stop fault-proxy',
    );
  });

  it('do not mind a clock that jumps, forwards or back', async () => {
    // The clock of the agent's process only, by a module loaded before it: containers share the kernel's clock.
    const leader = await swarm.leader();
    const onLeader = (command: string): Promise<string> => onHost(swarm.cli, leader, command);
    const faked = Buffer.from(fakedClock).toString('base64');
    await onLeader(
      `echo ${faked} | base64 -d > /usr/local/lib/faked-clock.cjs; echo 0 > /usr/local/lib/clock-offset; ` +
        'mkdir -p /etc/systemd/system/swarmup-agent.service.d; ' +
        "printf '[Service]\\nEnvironment=NODE_OPTIONS=--require=/usr/local/lib/faked-clock.cjs\\n' > /etc/systemd/system/swarmup-agent.service.d/clock.conf; " +
        'systemctl daemon-reload; systemctl restart swarmup-agent',
    );
    for (const offsetSeconds of [0, 7_200, -86_400]) {
      await onLeader(`echo ${String(offsetSeconds)} > /usr/local/lib/clock-offset`);
      await waitFor({ timeoutMs: 60_000, what: 'a correction' }, async () => {
        await swarm.run('docker service scale -d web=5');
        await swarm.expectCounts({ web: 8 }, 20_000);
        return true;
      });
    }
    const times = (await swarm.events()).filter(({ kind }) => kind === 'drift-corrected').map(({ time }) => time);
    // The jumps really happened.
    expect(new Set(times.map((time) => time.slice(0, 10))).size).toBeGreaterThan(1);
    await onLeader(
      'rm -r /etc/systemd/system/swarmup-agent.service.d; systemctl daemon-reload; systemctl restart swarmup-agent',
    );
    await swarm.leader();
  });

  it('hold 200 services, and write only those that differ', async () => {
    const make =
      `docker service create -d --no-resolve-image --replicas 0 --endpoint-mode dnsrr --label swarmup.replicas=0 ` +
      `--constraint node.labels.none==1 --name many{} ${workloadImage} busybox sleep 1000000 >/dev/null`;
    await swarm.run(`seq 200 | xargs -P 4 -I{} ${make}`);
    const changed = ['many7', 'many77', 'many177'];
    for (const name of changed) await swarm.run(`docker service scale -d ${name}=2 >/dev/null`);
    await swarm.expectCounts(Object.fromEntries(changed.map((name) => [name, 0])), 60_000);
    const written = (await swarm.events()).filter(
      ({ kind, service }) => kind === 'drift-corrected' && service?.startsWith('many') === true,
    );
    expect([...new Set(written.map(({ service }) => service))].sort()).toEqual([...changed].sort());
    await swarm.run('docker service ls -q --filter name=many | xargs docker service rm >/dev/null');
  });

  it('move tasks to a node that was lost and returns, and only of services that may be moved', async () => {
    await swarm.cli.json(['kill', 'w1']);
    await waitFor({ timeoutMs: 90_000, what: 'swarm to run all of web elsewhere', intervalMs: 1_000 }, async () => {
      const counts = await spread('web');
      return counts['w1'] === undefined && Object.values(counts).reduce((a, b) => a + b, 0) === 8 ? true : undefined;
    });
    const before = await versions('never', 'single', 'updated');
    await swarm.cli.json(['start', 'w1']);
    await evenOut('web', 4);
    await clearedLabels();
    await swarm.expectCounts({ web: 8, never: 4, single: 1, updated: 4 });
    expect(await versions('never', 'single', 'updated')).toBe(before);
    const kinds = (await swarm.events()).filter(({ service }) => service === 'web').map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind.startsWith('rebalance'))).toEqual(['rebalance-started', 'rebalance-finished']);
    await onlyLeadersWrote();
    await swarm.run('docker service rollback -d updated');
    expect(await swarm.run("docker service inspect updated --format '{{.Spec.TaskTemplate.ContainerSpec.Env}}'")).toBe(
      '[]',
    );
  });

  it('hand over when the leader is killed in the middle of a correction', async () => {
    await swarm.run('docker service scale -d web=12 >/dev/null');
    await swarm.cli.json(['kill', 'm1']);
    await swarm.expectCounts({ web: 8 }, 90_000);
    const { agents, leader } = await waitFor({ timeoutMs: 60_000, what: 'an agent that leads' }, async () => {
      const now = await swarm.status();
      return now.leader === null ? undefined : now;
    });
    expect(agents.filter(({ state }) => state === 'leader')).toHaveLength(1);
    expect(leader?.node).not.toBe('m1');
    await waitFor({ timeoutMs: 60_000, what: 'the report of the lost manager' }, async () =>
      (await swarm.events()).some(({ kind }) => kind === 'fault-tolerance-lost') ? true : undefined,
    );
    await swarm.cli.json(['start', 'm1']);
    await waitFor({ timeoutMs: 90_000, what: 'fault tolerance again' }, async () =>
      (await swarm.events()).some(({ kind }) => kind === 'fault-tolerance-restored') ? true : undefined,
    );
    const after = await swarm.status();
    expect(after.agents.map(({ state }) => state).sort()).toEqual(['leader', 'standby', 'standby']);
    await swarm.run('docker service scale -d web=5');
    await waitFor({ timeoutMs: 60_000, what: 'a correction by the agent that leads now' }, async () =>
      (await swarm.events()).some(({ kind, host }) => kind === 'drift-corrected' && host !== 'm1') ? true : undefined,
    );
    await onlyLeadersWrote();
    await swarm.expectCounts({ web: 8, never: 4, single: 1, updated: 4 });
  });
});
