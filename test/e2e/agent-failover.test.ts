import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../src/lib/abort.js';
import type { SwarmEvent } from '../../src/operations/agent/swarm-events.js';
import { type AgentSwarm, openAgentSwarm, quietFor } from './agent-swarm.js';
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

/** Makes the services many1 to many200; prints the codes of the answers, each once. */
const manyServices = `
const { request } = require('node:http');

const make = (name) =>
  new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const call = { socketPath: '/run/docker.sock', path: '/services/create', method: 'POST', headers };
    request(call, (answer) => answer.resume().on('end', () => resolve(answer.statusCode)))
      .on('error', reject)
      .end(JSON.stringify({ Name: name, ...SPEC }));
  });
const all = async () => {
  const codes = new Set();
  for (let i = 1; i <= 200; i += 1) codes.add(await make('many' + i));
  console.log([...codes].join(' '));
};
void all();
`;

/** Of a busy machine. */
const patience = { timeout: 540_000 };

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

  const onlyLeadersWrote = async (): Promise<void> => {
    const events = await swarm.events();
    const writes = /^(drift-corrected|rebalance-(started|finished)|service-recreated|manager-(demoted|promoted))$/;
    const written = events.filter(({ kind }) => writes.test(kind));
    expect(written.length).toBeGreaterThan(0);
    for (const write of written) {
      // By their numbers: the clocks of some jumped.
      const own = events.filter(
        ({ host, seq, kind }) =>
          host === write.host && seq < write.seq && (kind.startsWith('leader-') || kind === 'agent-started'),
      );
      expect(own.sort((a, b) => a.seq - b.seq).at(-1)?.kind).toBe('leader-gained');
    }
  };

  const eventsSince = async (before: readonly SwarmEvent[]): Promise<readonly SwarmEvent[]> => {
    const known = new Set(before.map(({ host, seq }) => `${host} ${String(seq)}`));
    return (await swarm.events()).filter(({ host, seq }) => !known.has(`${host} ${String(seq)}`));
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
    // By the API: two hundred starts of the docker program would take longer than all else here.
    const spec = {
      Labels: { 'swarmup.replicas': '0' },
      Mode: { Replicated: { Replicas: 0 } },
      EndpointSpec: { Mode: 'dnsrr' },
      TaskTemplate: { ContainerSpec: { Image: workloadImage, Command: ['busybox', 'sleep', '1000000'] } },
    };
    const program = Buffer.from(manyServices.replace('SPEC', JSON.stringify(spec))).toString('base64');
    expect(await swarm.run(`echo ${program} | base64 -d | node -`)).toBe('201');
    const changed = ['many7', 'many77', 'many177'];
    for (const name of changed) await swarm.run(`docker service scale -d ${name}=2 >/dev/null`);
    await swarm.expectCounts(Object.fromEntries(changed.map((name) => [name, 0])), 60_000);
    const written = (await swarm.events()).filter(
      ({ kind, service }) => kind === 'drift-corrected' && service?.startsWith('many') === true,
    );
    expect([...new Set(written.map(({ service }) => service))].sort()).toEqual([...changed].sort());
    await swarm.run('docker service ls -q --filter name=many | xargs docker service rm >/dev/null');
  });

  it('move tasks to a node that was lost and returns, and only of services that may be moved', patience, async () => {
    const told = await swarm.events();
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
    const kinds = (await eventsSince(told)).filter(({ service }) => service === 'web').map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind.startsWith('rebalance'))).toEqual(['rebalance-started', 'rebalance-finished']);
    await onlyLeadersWrote();
    await swarm.run('docker service rollback -d updated');
    expect(await swarm.run("docker service inspect updated --format '{{.Spec.TaskTemplate.ContainerSpec.Env}}'")).toBe(
      '[]',
    );
  });

  it('hand over when the leader is killed in the middle of a correction', async () => {
    const told = await swarm.events();
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
      (await eventsSince(told)).some(({ kind }) => kind === 'fault-tolerance-lost') ? true : undefined,
    );
    await swarm.cli.json(['start', 'm1']);
    await waitFor({ timeoutMs: 90_000, what: 'fault tolerance again' }, async () =>
      (await eventsSince(told)).some(({ kind }) => kind === 'fault-tolerance-restored') ? true : undefined,
    );
    const after = await swarm.status();
    expect(after.agents.map(({ state }) => state).sort()).toEqual(['leader', 'standby', 'standby']);
    await swarm.run('docker service scale -d web=5');
    await waitFor({ timeoutMs: 60_000, what: 'a correction by the agent that leads now' }, async () =>
      (await eventsSince(told)).some(({ kind, host }) => kind === 'drift-corrected' && host !== 'm1')
        ? true
        : undefined,
    );
    await onlyLeadersWrote();
    await swarm.expectCounts({ web: 8, never: 4, single: 1, updated: 4 });
  });

  /** Each with its reachability, as raft sees it. */
  const managers = async (): Promise<readonly string[]> => {
    const format = '{{.Description.Hostname}} {{with .ManagerStatus}}{{.Reachability}}{{end}}';
    const text = await swarm.run(`docker node ls -q | xargs docker node inspect --format '${format}'`);
    return text
      .split('\n')
      .filter((line) => line.includes('reachable'))
      .sort();
  };

  it(
    'replace a manager that stays dead by a labelled worker, where that is wanted, and never have more than wanted',
    patience,
    async () => {
      const told = await swarm.events();
      // One that does not lead: what happens then is tested above.
      const [dead, stays] = (await swarm.leader()) === 'm1' ? ['m3', 'm1'] : ['m1', 'm3'];
      await swarm.run('docker node update --label-add swarmup.promotable=true w1');
      await swarm.cli.json(['agent', 'configure', '--promote-after', '5', '--managers', '3']);
      await swarm.cli.json(['kill', dead]);
      const replaced = [stays, 'm2', 'w1'].sort().map((name) => `${name} reachable`);
      const counts = new Set<number>();
      await waitFor({ timeoutMs: 240_000, what: `w1 to take the place of ${dead}`, intervalMs: 1_000 }, async () => {
        const now = await managers();
        counts.add(now.length);
        if (now.join() === replaced.join()) return true;
        throw new Error(now.join());
      });
      expect(Math.max(...counts)).toBe(3);
      const changes = (await eventsSince(told)).filter(({ kind }) => kind.startsWith('manager-'));
      expect(changes.map(({ kind, node }) => [kind, node])).toEqual([
        ['manager-demoted', dead],
        ['manager-promoted', 'w1'],
      ]);
      expect(new Set(changes.map(({ host }) => host)).size).toBe(1);
      await onlyLeadersWrote();
      // As the event says; from then on the new manager's agent is asked, too.
      expect(await swarm.cli.json(['agent', 'install', 'w1'])).toEqual({
        hosts: [{ name: 'w1', status: 'installed' }],
      });
      const { agents } = await swarm.status();
      expect(agents.map(({ name }) => name).sort()).toEqual([stays, 'm2', 'w1'].sort());
      expect(agents.find(({ name }) => name === 'w1')?.state).toBe('standby');
      // The dead one is a worker when it is back, and stays one.
      await swarm.cli.json(['start', dead]);
      await waitFor({ timeoutMs: 170_000, what: `${dead} to be Ready, as a worker` }, async () => {
        const now = await swarm.run("docker node ls --format '{{.Hostname}} {{.Status}} {{.ManagerStatus}}'");
        return now.split('\n').some((line) => line.trim() === `${dead} Ready`) ? true : undefined;
      });
      await quietFor(6_000);
      expect(await managers()).toEqual(replaced);
    },
  );

  it('take a host that left and joined again off the list as what it was', patience, async () => {
    const leader = await swarm.leader();
    // Two minutes otherwise.
    await onHost(
      swarm.cli,
      leader,
      'mkdir -p /etc/systemd/system/swarmup-agent.service.d; ' +
        "printf '[Service]\\nEnvironment=SWARMUP_AGENT_DUPLICATE_GRACE_MS=2000\\n' > /etc/systemd/system/swarmup-agent.service.d/grace.conf; " +
        'systemctl daemon-reload; systemctl restart swarmup-agent',
    );
    const workers = "docker node ls --filter role=worker --format '{{.ID}} {{.Hostname}} {{.Status}}'";
    const [was = '', host = ''] = (await swarm.run(workers)).split(' ');
    const join = await swarm.run("docker swarm join-token worker | grep -o 'docker swarm join .*'");
    await onHost(swarm.cli, host, `docker swarm leave && ${join}`);
    await waitFor({ timeoutMs: 120_000, what: `only the new ${host}`, intervalMs: 1_000 }, async () => {
      const now = await swarm.run(workers);
      return !now.includes(was) && now.endsWith(`${host} Ready`) ? true : undefined;
    });
    const removed = (await swarm.events()).filter(({ kind }) => kind === 'duplicate-removed');
    expect(removed.map(({ node, data }) => [node, data?.['id']])).toEqual([[host, was]]);
    await onlyLeadersWrote();
  });
});
