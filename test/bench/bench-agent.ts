import { waitFor } from '../../src/lib/abort.js';
import { type AgentSwarm, openAgentSwarm, quietFor } from '../e2e/agent-swarm.js';
import { onHost, serveProgram, startClient, workloadImage } from '../e2e/workload.js';
import { type Row, writeSection } from './write-section.js';

/**
 * Prints what the agent costs and how quick it is on a real swarm of three managers, and writes the table into
 * docs/performance.md. There is no time limit: the machine may be busy with other things.
 */
const idleServices = 50;
const idleSeconds = 90;
const drifts = 100;
const driftingServices = 25;

const percentile = (values: readonly number[], part: number): number =>
  [...values].sort((a, b) => a - b)[Math.ceil(values.length * part) - 1] ?? Number.NaN;

/** What the agent of the leader holds and uses. */
async function cost(swarm: AgentSwarm, leader: string): Promise<readonly Row[]> {
  const names = Array.from({ length: idleServices }, (_, i) => `idle${i}`);
  await swarm.sleepers(names, 1, '--label swarmup.replicas=1');
  await waitFor({ timeoutMs: 300_000, what: 'all services to run', intervalMs: 2_000 }, async () => {
    const running = await swarm.run("docker service ls --format '{{.Replicas}}' | grep -c ^1/1 || true");
    return running === String(idleServices) ? true : undefined;
  });
  await quietFor(30_000);
  const read =
    'p=$(systemctl show -p MainPID --value swarmup-agent); cut -d" " -f14,15 /proc/$p/stat; grep VmRSS /proc/$p/status; ' +
    'systemctl show -p MemoryCurrent --value swarmup-agent; getconf CLK_TCK';
  const sample = async () => {
    const [ticks = '', rss = '', memory = '', hertz = ''] = (await onHost(swarm.cli, leader, read)).split('\n');
    const used = ticks.split(' ').reduce((sum, part) => sum + Number(part), 0);
    return {
      cpuS: used / Number(hertz),
      rssMB: (Number(/\d+/.exec(rss)?.[0]) * 1024) / 1e6,
      memoryMB: Number(memory) / 1e6,
    };
  };
  const first = await sample();
  const began = performance.now();
  await quietFor(idleSeconds * 1000);
  const second = await sample();
  const share = ((second.cpuS - first.cpuS) / ((performance.now() - began) / 1000)) * 100;
  return [
    {
      what: `idle, ${idleServices} services: share of a core`,
      measured: `${share.toFixed(2)} %`,
      target: '< 0.5 %',
    },
    { what: 'memory charged to its cgroup', measured: `${second.memoryMB.toFixed(1)} MB`, target: '≤ 20 MB' },
    { what: 'RSS (with pages of the Node.js binary)', measured: `${second.rssMB.toFixed(1)} MB`, target: '≤ 50 MB' },
  ];
}

/** From the answer to `docker service scale` until the spec says what is declared, asked on the same host. */
async function driftTimes(swarm: AgentSwarm): Promise<Row> {
  const times: number[] = [];
  const inspect = "docker service inspect $s --format '{{.Spec.Mode.Replicated.Replicas}}'";
  const names = Array.from({ length: driftingServices }, (_, i) => `idle${i}`).join(' ');
  for (let round = 0; round < drifts / driftingServices; round += 1) {
    const text = await swarm.run(
      `for s in ${names}; do docker service scale -d $s=3 >/dev/null; t=$(date +%s%N); ` +
        `until [ "$(${inspect})" = 1 ]; do :; done; echo $((($(date +%s%N) - t) / 1000000)); done`,
    );
    times.push(...text.split('\n').map(Number));
  }
  const figures = [0.5, 0.95, 1].map((part) => `${(percentile(times, part) / 1000).toFixed(2)} s`).join(' / ');
  return {
    what: `drift → corrected spec, ${times.length} drifts: median / p95 / max`,
    measured: figures,
    target: 'p95 ≤ 2 s',
  };
}

/** A service that ends requests before it ends itself, asked all the time while its tasks move. */
async function rebalance(swarm: AgentSwarm): Promise<readonly Row[]> {
  await swarm.run('docker network create -d overlay --attachable bench >/dev/null');
  await swarm.run(
    `docker service create -d --no-resolve-image --name web --replicas 20 --label swarmup.replicas=20 --network bench ` +
      `--endpoint-mode dnsrr ${workloadImage} busybox sh -c '${serveProgram}'`,
  );
  await runsOn(swarm, 3);
  await swarm.cli.json(['kill', 'm3']);
  await runsOn(swarm, 2);
  const client = await startClient(swarm.cli, 'm1', 'bench', 'web');
  await swarm.cli.json(['start', 'm3']);
  await waitFor({ timeoutMs: 60_000, what: 'm3 to be Ready' }, async () =>
    (await swarm.run("docker node ls --format '{{.Hostname}} {{.Status}}'")).includes('m3 Ready') ? true : undefined,
  );
  const began = performance.now();
  const spread = await runsOn(swarm, 3, 2);
  const tookS = (performance.now() - began) / 1000;
  await quietFor(5_000);
  const answers = await client.answers();
  const failed = answers.filter((isRight) => !isRight).length;
  return [
    { what: 'rebalance of 20 replicas: node Ready → even', measured: `${tookS.toFixed(0)} s (${spread})`, target: '' },
    {
      what: 'requests meanwhile: failed / all',
      measured: `${failed} / ${answers.length}`,
      target: '0 failed',
    },
  ];
}

/** Waits until 20 tasks of web run on so many nodes, no two of which differ by more than `most`. */
const runsOn = (swarm: AgentSwarm, nodes: number, most = 20): Promise<string> =>
  waitFor({ timeoutMs: 300_000, what: `20 tasks on ${nodes} nodes`, intervalMs: 500 }, async () => {
    const states = "docker service ps web --filter desired-state=running --format '{{.Node}} {{.CurrentState}}'";
    const text = await swarm.run(
      `${states} | grep ' Running' | cut -d' ' -f1 | sort | uniq -c; docker service inspect web --format '{{.Spec.Mode.Replicated.Replicas}}'`,
    );
    const counts = [...text.matchAll(/(\d+) m\d/g)].map((match) => Number(match[1]));
    const total = counts.reduce((a, b) => a + b, 0);
    const isEven = Math.max(...counts) - Math.min(...counts) < most;
    return total === 20 && text.endsWith('20') && counts.length === nodes && isEven ? counts.join(' + ') : undefined;
  });

/** From the moment another manager leads, after the death of m1, until its agent has corrected what drifts then. */
async function handOver(swarm: AgentSwarm): Promise<Row> {
  if ((await swarm.leader()) !== 'm1') throw new Error('m1 does not lead');
  const count = "docker service inspect web --format '{{.Spec.Mode.Replicated.Replicas}}'";
  const script =
    "until docker node ls --format '{{.Hostname}} {{.ManagerStatus}}' 2>/dev/null | grep -q '^m[23] Leader'; do :; done; t=$(date +%s%N); " +
    `docker service scale -d web=25 >/dev/null; until [ "$(${count})" = 20 ]; do :; done; echo $((($(date +%s%N) - t) / 1000000))`;
  const [ms] = await Promise.all([onHost(swarm.cli, 'm2', script), swarm.cli.json(['kill', 'm1'])]);
  return {
    what: 'leader killed: another one elected → its agent has corrected a drift',
    measured: `${(Number(ms) / 1000).toFixed(1)} s`,
    target: '≤ 5 s',
  };
}

async function measure(): Promise<readonly Row[]> {
  const swarm = await openAgentSwarm('bench-agent', 0);
  try {
    const costs = await cost(swarm, await swarm.leader());
    const drift = await driftTimes(swarm);
    await swarm.run('docker service rm $(docker service ls -q) >/dev/null');
    return [...costs, drift, ...(await rebalance(swarm)), await handOver(swarm)];
  } finally {
    await swarm.cli.dispose();
  }
}

await writeSection('agent', await measure(), 'Node.js 18 on the hosts');
