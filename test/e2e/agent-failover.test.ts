import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../src/lib/abort.js';
import type { SwarmEvent } from '../../src/operations/agent/swarm-events.js';
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

/** Another version in the engine's program, for when it is started again; prints both. */
const otherVersion = `
now=$(dockerd --version | sed 's/.*version \\([^,+]*\\).*/\\1/')
next=$(echo "$now" | sed 's/.$/9/')
sed -i "s/$now/$next/g" /usr/sbin/dockerd
echo "$now $next"`;

/** Of a busy machine. */
const patience = { timeout: 540_000 };

/** What hosts and engines do to the agent: three managers, of which m1 leads first, and a worker. */
describe('agents', () => {
  let swarm: AgentSwarm;
  /** The events before w1 was lost, the versions of services that nobody is to touch, and those of its engine. */
  let before: { readonly told: readonly SwarmEvent[]; readonly versions: string; readonly engines: readonly string[] };
  beforeAll(async () => {
    swarm = await openAgentSwarm('agent-failover', 1, 'm2');
    // Not two minutes until a host that joined again is off the list as what it was, nor one from move to move.
    const hurry =
      'SWARMUP_AGENT_DUPLICATE_GRACE_MS=2000 SWARMUP_AGENT_MOVE_HOLD_MS=2000 SWARMUP_AGENT_MOVE_COOLDOWN_MS=2000';
    await Promise.all(['m2', 'm3'].map((host) => restartAgent(host, hurry)));
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

  /** Restarts the agent of a host with these variables added, or with none. */
  const restartAgent = (host: string, variables?: string): Promise<string> => {
    const dropIn = '/etc/systemd/system/swarmup-agent.service.d';
    const put = `mkdir ${dropIn}; echo '[Service]\nEnvironment=${String(variables)}' >${dropIn}/test.conf; `;
    return onHost(
      swarm.cli,
      host,
      `rm -rf ${dropIn}; ${variables === undefined ? '' : put}systemctl daemon-reload; systemctl restart swarmup-agent`,
    );
  };
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
    waitFor({ timeoutMs: 150_000, what: `an even ${service} on ${nodes} nodes`, intervalMs: 1_000 }, async () => {
      const counts = Object.values(await spread(service));
      if (counts.length !== nodes || Math.max(...counts) - Math.min(...counts) > 1) throw new Error(counts.join(' '));
      return true;
    });
  const runsElsewhere = (service: string, lost: string): Promise<unknown> =>
    waitFor({ timeoutMs: 90_000, what: `swarm to run all of ${service} elsewhere`, intervalMs: 1_000 }, async () => {
      const counts = await spread(service);
      return counts[lost] === undefined && Object.values(counts).reduce((a, b) => a + b, 0) === 8 ? true : undefined;
    });
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
    const known = new Set(before.map(({ host, seq }) => `${host} ${seq}`));
    return (await swarm.events()).filter(({ host, seq }) => !known.has(`${host} ${seq}`));
  };

  it('work through a slow engine, and catch up after one that does not answer', async () => {
    const onLeader = (command: string): Promise<string> => onHost(swarm.cli, 'm1', command);
    const proxy = (await readFile(join(import.meta.dirname, 'fault-proxy.mjs'))).toString('base64');
    await onLeader(
      `echo ${proxy} | base64 -d > /root/fault-proxy.mjs; echo slow > /root/fault; ` +
        'systemd-run --quiet --unit fault-proxy node /root/fault-proxy.mjs /run/fault.sock /root/fault; ' +
        'while [ ! -S /run/fault.sock ]; do sleep 0.1; done',
    );
    await restartAgent('m1', 'SWARMUP_AGENT_SOCKET=/run/fault.sock');
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
    await restartAgent('m1');
    await onLeader('systemctl stop fault-proxy');
  });

  it('do not mind a clock that jumps, forwards or back', async () => {
    // The clock of the agent's process only, by a module loaded before it: containers share the kernel's clock.
    const leader = await swarm.leader();
    const onLeader = (command: string): Promise<string> => onHost(swarm.cli, leader, command);
    const faked = Buffer.from(fakedClock).toString('base64');
    await onLeader(`echo ${faked} | base64 -d > /usr/local/lib/faked-clock.cjs; echo 0 > /usr/local/lib/clock-offset`);
    await restartAgent(leader, 'NODE_OPTIONS=--require=/usr/local/lib/faked-clock.cjs');
    for (const offsetSeconds of [0, 7_200, -86_400]) {
      await onLeader(`echo ${offsetSeconds} > /usr/local/lib/clock-offset`);
      await waitFor({ timeoutMs: 60_000, what: 'a correction' }, async () => {
        await swarm.run('docker service scale -d web=5');
        await swarm.expectCounts({ web: 8 }, 20_000);
        return true;
      });
    }
    const times = (await swarm.events()).filter(({ kind }) => kind === 'drift-corrected').map(({ time }) => time);
    // The jumps really happened.
    expect(new Set(times.map((time) => time.slice(0, 10))).size).toBeGreaterThan(1);
    await restartAgent(leader);
    await swarm.leader();
  });

  it('hold 200 services while a worker is lost, and write only those that differ', patience, async () => {
    const engines = (await onHost(swarm.cli, 'w1', otherVersion)).split(' ');
    before = { told: await swarm.events(), versions: await versions('never', 'single', 'updated'), engines };
    await swarm.cli.json(['kill', 'w1']);
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
    await runsElsewhere('web', 'w1');
    await Promise.all([
      swarm.cli.json(['start', 'w1']),
      swarm.run('docker service ls -q --filter name=many | xargs docker service rm >/dev/null'),
    ]);
  });

  it('move tasks to a node that was lost and returns, and only of services that may be moved', patience, async () => {
    await evenOut('web', 4);
    await clearedLabels();
    await swarm.expectCounts({ web: 8, never: 4, single: 1, updated: 4 });
    expect(await versions('never', 'single', 'updated')).toBe(before.versions);
    const since = await eventsSince(before.told);
    const kinds = since.filter(({ service }) => service === 'web').map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind.startsWith('rebalance'))).toEqual(['rebalance-started', 'rebalance-finished']);
    await onlyLeadersWrote();
    const [old = '', other = ''] = before.engines;
    const skew = since.filter(({ kind }) => kind === 'version-skew').map(({ message }) => message);
    expect(skew).toEqual([
      expect.stringMatching(`^the engines have different versions: ${old}\\S* on m1, m2, m3; ${other}\\S* on w1$`),
    ]);
    await swarm.run('docker service rollback -d updated');
    expect(await swarm.run("docker service inspect updated --format '{{.Spec.TaskTemplate.ContainerSpec.Env}}'")).toBe(
      '[]',
    );
  });

  it('hand over when the leader is killed in the middle of corrections', patience, async () => {
    const told = await swarm.events();
    // Again and again, so that whenever it dies there is something to correct.
    const scale = 'timeout 2 docker service scale -d web=$((9 + i % 4)) >/dev/null 2>&1';
    await Promise.all([
      swarm.run(`i=0; while [ ! -e /root/enough ]; do i=$((i + 1)); ${scale}; sleep 0.2; done`),
      swarm.cli.json(['kill', 'm1']).then(() => swarm.run('touch /root/enough')),
    ]);
    await swarm.expectCounts({ web: 8 }, 90_000);
    const leader = await swarm.leader();
    expect(leader).not.toBe('m1');
    await waitFor({ timeoutMs: 60_000, what: 'the report of the lost manager' }, async () =>
      (await eventsSince(told)).some(({ kind }) => kind === 'fault-tolerance-lost') ? true : undefined,
    );
    await swarm.run('docker service scale -d web=5');
    await waitFor({ timeoutMs: 60_000, what: 'a correction by the agent that leads now' }, async () =>
      (await eventsSince(told)).some(({ kind, host }) => kind === 'drift-corrected' && host === leader)
        ? true
        : undefined,
    );
    const { agents } = await swarm.status();
    expect(agents.filter(({ state }) => state === 'leader')).toHaveLength(1);
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
      const replaced = ['m2', 'm3', 'w1'].map((name) => `${name} reachable`);
      const counts = new Set<number>();
      const replacing = async (): Promise<true | undefined> => {
        const now = await managers();
        counts.add(now.length);
        if (now.join() === replaced.join()) return true;
        throw new Error(now.join());
      };
      await swarm.run('docker node update --label-add swarmup.promotable=true w1');
      expect(await managers()).toEqual(['m1 unreachable', 'm2 reachable', 'm3 reachable']);
      await swarm.cli.json(['agent', 'configure', '--promote-after', '5', '--managers', '3']);
      await waitFor({ timeoutMs: 240_000, what: 'w1 to take the place of m1', intervalMs: 1_000 }, replacing);
      expect(Math.max(...counts)).toBe(3);
      const changes = (await eventsSince(told)).filter(({ kind }) => kind.startsWith('manager-'));
      expect(changes.map(({ kind, node }) => [kind, node])).toEqual([
        ['manager-demoted', 'm1'],
        ['manager-promoted', 'w1'],
      ]);
      expect(new Set(changes.map(({ host }) => host)).size).toBe(1);
      await onlyLeadersWrote();
      // As the event says; from then on the new manager's agent is asked, too.
      const installed = await swarm.cli.json(['agent', 'install', 'w1']);
      expect(installed).toEqual({ hosts: [{ name: 'w1', status: 'installed' }] });
      const { agents } = await swarm.status();
      expect(agents.map(({ name }) => name).sort()).toEqual(['m2', 'm3', 'w1']);
      expect(agents.map(({ state }) => state).sort()).toEqual(['leader', 'standby', 'standby']);
      expect((await eventsSince(told)).map(({ kind }) => kind)).toContain('fault-tolerance-restored');
      // The dead one is a worker when it is back, and stays one.
      await swarm.cli.json(['start', 'm1']);
      await waitFor({ timeoutMs: 170_000, what: 'm1 to be Ready, as a worker' }, async () => {
        const now = await swarm.run("docker node ls --format '{{.Hostname}} {{.Status}} {{.ManagerStatus}}'");
        return now.split('\n').some((line) => line.trim() === 'm1 Ready') ? true : undefined;
      });
      expect(await managers()).toEqual(replaced);
    },
  );

  it('take a host that left and joined again off the list as what it was, and move tasks to it', patience, async () => {
    const told = await swarm.events();
    const workers = "docker node ls --filter role=worker --format '{{.ID}} {{.Hostname}} {{.Status}}'";
    const [was = ''] = (await swarm.run(workers)).split(' ');
    const join = await swarm.run("docker swarm join-token worker | grep -o 'docker swarm join .*'");
    await onHost(swarm.cli, 'm1', 'docker swarm leave');
    await runsElsewhere('web', 'm1');
    await onHost(swarm.cli, 'm1', join);
    await waitFor({ timeoutMs: 120_000, what: 'only the new m1', intervalMs: 1_000 }, async () => {
      const now = await swarm.run(workers);
      return !now.includes(was) && now.endsWith('m1 Ready') ? true : undefined;
    });
    const removed = (await swarm.events()).filter(({ kind }) => kind === 'duplicate-removed');
    expect(removed.map(({ node, data }) => [node, data?.['id']])).toEqual([['m1', was]]);
    await evenOut('web', 4);
    await clearedLabels();
    expect((await eventsSince(told)).map(({ kind }) => kind)).toContain('rebalance-finished');
    await onlyLeadersWrote();
    await swarm.expectCounts({ web: 8, never: 4, single: 1, updated: 4 });
    expect(await managers()).toEqual(['m2 reachable', 'm3 reachable', 'w1 reachable']);
  });
});
