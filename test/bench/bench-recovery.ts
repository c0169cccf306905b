import { waitFor } from '../../src/lib/abort.js';
import type { RecoverResult } from '../../src/operations/recovery/recover-swarm.js';
import { type Cli, openCli } from '../e2e/cli.js';
import { loadWorkload, onHost, workloadImage } from '../e2e/workload.js';
import { median, seconds } from './timing.js';
import { type Row, writeSection } from './write-section.js';

/**
 * Prints how long a swarm is without its leader, and how long `swarm recover` takes, beside the dead time that swarm
 * itself needs, and writes the table into docs/performance.md. Figures are medians. There is no time limit.
 */
const rounds = Number(process.env['BENCH_ROUNDS'] ?? 3);
const replicas = 6;

async function makeSwarm(cli: Cli, managers: readonly string[], hosts: readonly string[]): Promise<void> {
  await cli.json(['create', '--no-agent', '--managers', String(managers.length), ...hosts]);
  await loadWorkload(cli, hosts);
  const run = `-d --no-resolve-image --endpoint-mode dnsrr --stop-signal KILL ${workloadImage} busybox sleep 1000000`;
  await onHost(cli, hosts[0] ?? '', `docker service create --name web --replicas ${replicas} ${run}`);
  await allRun(cli, hosts[0] ?? '');
}

const tasks = "docker service ps web --filter desired-state=running --format '{{.Node}} {{.CurrentState}}'";

const allRun = (cli: Cli, eye: string): Promise<unknown> =>
  waitFor({ timeoutMs: 300_000, what: 'all tasks to run', intervalMs: 500 }, async () => {
    const running = (await onHost(cli, eye, tasks)).split('\n').filter((line) => line.includes(' Running'));
    return running.length === replicas ? true : undefined;
  });

/** From SIGKILL of the leader's host until another leads, and until no task is on the lost host; watched on another host. */
async function leaderLoss(cli: Cli): Promise<readonly [number, number]> {
  await makeSwarm(cli, ['m1', 'm2', 'm3'], ['m1', 'm2', 'm3']);
  const leads: number[] = [];
  const whole: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const names = await onHost(cli, 'm1', "docker node ls --format '{{.Hostname}} {{.ManagerStatus}}'");
    const leader = /(\S+) Leader/.exec(names)?.[1] ?? '';
    const eye = ['m1', 'm2', 'm3'].find((name) => name !== leader) ?? '';
    // All hosts have the kernel's one clock.
    const watch =
      `until docker node ls --format '{{.Hostname}} {{.ManagerStatus}}' 2>/dev/null | grep -v '^${leader} ' | grep -q ' Leader'; do sleep 0.1; done; date +%s%3N; ` +
      `until [ "$(${tasks} | grep -v '^${leader} ' | grep -c ' Running')" = ${replicas} ]; do sleep 0.2; done; date +%s%3N`;
    const watched = onHost(cli, eye, `sleep 1; ${watch}`);
    const killed = Date.now();
    await Promise.all([cli.json(['kill', leader]), watched]);
    const [ledAt = Number.NaN, wholeAt = Number.NaN] = (await watched).split('\n').map(Number);
    leads.push(ledAt - killed);
    whole.push(wholeAt - killed);
    await cli.json(['start', leader]);
    await waitFor({ timeoutMs: 300_000, what: 'three managers', intervalMs: 1_000 }, async () => {
      const text = await onHost(cli, eye, "docker node ls --format '{{.Status}} {{.ManagerStatus}}'");
      return /^(Ready (Leader|Reachable)\n?){3}$/.test(text) ? true : undefined;
    });
  }
  return [median(leads), median(whole)];
}

interface Recovery {
  /** What `swarm recover` tells of itself. */
  readonly ours: readonly NonNullable<RecoverResult['timings']>[];
  /** The same with the fewest commands: until the survivor leads, until all tasks run. */
  readonly byHand: readonly (readonly [number, number])[];
}

/** Two managers and a worker, of which the leader is lost for good. Rounds alternate. */
async function recovery(cli: Cli): Promise<Recovery> {
  await makeSwarm(cli, ['m1', 'm2'], ['m1', 'm2', 'w1']);
  const ours: NonNullable<RecoverResult['timings']>[] = [];
  const byHand: (readonly [number, number])[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await cli.json(['kill', '--force', 'm1']);
    byHand.push(await recoverByHand(cli, 'm2', 'm1'));
    await takeBack(cli, 'm1', 'm2');
    await cli.json(['kill', '--force', 'm2']);
    const { timings } = await cli.json<RecoverResult>(['swarm', 'recover', '--yes']);
    if (timings !== null) ours.push(timings);
    await takeBack(cli, 'm2', 'm1');
  }
  return { ours, byHand };
}

/** What was recovered by hand still knows the lost manager, and takes a while to see that it is back. */
async function takeBack(cli: Cli, lost: string, survivor: string): Promise<void> {
  await cli.json(['start', lost]);
  await cli.json(['swarm', 'recover', '--yes']);
  await waitFor({ timeoutMs: 120_000, what: `${lost} to be Ready`, intervalMs: 500 }, async () =>
    (await onHost(cli, survivor, `docker node ls --format '{{.Hostname}} {{.Status}}'`)).includes(`${lost} Ready`)
      ? true
      : undefined,
  );
  await cli.json(['node', 'promote', lost]);
}

async function recoverByHand(cli: Cli, survivor: string, lost: string): Promise<readonly [number, number]> {
  const times = await onHost(
    cli,
    survivor,
    'date +%s%3N; docker swarm init --force-new-cluster --advertise-addr eth0 >/dev/null; date +%s%3N; ' +
      `until [ "$(${tasks} | grep -v '^${lost} ' | grep -c ' Running')" = ${replicas} ]; do sleep 0.2; done; date +%s%3N`,
  );
  const [began = Number.NaN, led = Number.NaN, whole = Number.NaN] = times.split('\n').map(Number);
  return [led - began, whole - began];
}

async function withSwarm<T>(name: string, work: (cli: Cli) => Promise<T>): Promise<T> {
  const cli = await openCli(name);
  try {
    return await work(cli);
  } finally {
    await cli.dispose();
  }
}

const [leads, whole] = await withSwarm('bench-leader', leaderLoss);
const { ours, byHand } = await withSwarm('bench-recovery', recovery);
const phase = (name: keyof NonNullable<RecoverResult['timings']>): string =>
  seconds(median(ours.map((found) => found[name] ?? Number.NaN)));
const alone = (at: 0 | 1): string => seconds(median(byHand.map((times) => times[at])));
const row = (what: string, measured: string, swarmAlone: string): Row => ({ what, measured, target: swarmAlone });
await writeSection(
  'recovery',
  [
    row('3 managers, leader killed → another leads', seconds(leads), 'all of it'),
    row('… → all tasks run on hosts that live', seconds(whole), 'all of it'),
    row('2 managers, one lost, `swarm recover` → diagnosed', phase('diagnosedMs'), ''),
    row('… → its state copied', phase('copiedMs'), ''),
    row('… → the survivor leads', phase('leaderMs'), alone(0)),
    row('… → all services run', phase('servicesRunMs'), alone(1)),
  ],
  rounds === 1 ? 'one round' : `medians of ${rounds} rounds`,
  'swarm alone',
);
