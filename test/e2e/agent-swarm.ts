import { setTimeout as sleepFor } from 'node:timers/promises';
import { waitFor } from '../../src/lib/abort.js';
import type { AgentStatusResult } from '../../src/operations/agent/agent-statuses.js';
import type { EventsResult, SwarmEvent } from '../../src/operations/agent/swarm-events.js';
import { type Cli, openCli } from './cli.js';
import { loadWorkload, onHost, workloadImage } from './workload.js';

/** A real swarm with agents on its managers, made by `swarmup create`. */
export interface AgentSwarm {
  readonly cli: Cli;
  readonly managers: readonly string[];
  /** How all agents are; one that nobody leads is no error here. */
  status(): Promise<AgentStatusResult>;
  /** The host whose agent leads now. */
  leader(): Promise<string>;
  /** A command on a manager. */
  run(command: string): Promise<string>;
  /** Makes services that run nothing but a sleep. */
  sleepers(names: readonly string[], replicas: number, options?: string): Promise<void>;
  /** The counts in the specs, by service name. */
  counts(): Promise<Readonly<Record<string, number>>>;
  /** Waits until the counts are as given. */
  expectCounts(wanted: Readonly<Record<string, number>>, timeoutMs?: number): Promise<void>;
  events(): Promise<readonly SwarmEvent[]>;
}

/** `eye` is the manager on which commands run. */
export async function openAgentSwarm(name: string, workers: number, eye = 'm1'): Promise<AgentSwarm> {
  const cli = await openCli(name);
  const managers = ['m1', 'm2', 'm3'];
  const hosts = [...managers, ...Array.from({ length: workers }, (_, i) => `w${i + 1}`)];
  await cli.json(['create', ...hosts, '--managers', '3']);
  await loadWorkload(cli, hosts);
  const run = (command: string): Promise<string> => onHost(cli, eye, command);
  const counts = async (): Promise<Readonly<Record<string, number>>> => {
    const format = '{{.Spec.Name}} {{with .Spec.Mode.Replicated}}{{.Replicas}}{{end}}';
    const text = await run(`docker service ls -q | xargs -r docker service inspect --format '${format}'`);
    return Object.fromEntries(
      text.split('\n').map((line): [string, number] => [line.split(' ')[0] ?? '', Number(line.split(' ')[1])]),
    );
  };
  const status = async (): Promise<AgentStatusResult> =>
    JSON.parse((await cli.run(['agent', 'status', '--json'])).stdout) as AgentStatusResult;
  return {
    cli,
    managers,
    status,
    run,
    counts,
    leader: () =>
      waitFor({ timeoutMs: 60_000, what: 'an agent that leads' }, async () => {
        const { agents } = await status();
        return agents.find(({ state }) => state === 'leader')?.name;
      }),
    async sleepers(names, replicas, options = '') {
      const make =
        `docker service create -d --no-resolve-image --replicas ${replicas} --endpoint-mode dnsrr ` +
        `--stop-signal KILL --update-monitor 500ms --rollback-monitor 500ms ${options} ` +
        `--name $s ${workloadImage} busybox sleep 1000000 >/dev/null`;
      await run(`for s in ${names.join(' ')}; do ${make} || exit 1; done`);
    },
    async expectCounts(wanted, timeoutMs = 30_000) {
      const text = JSON.stringify(wanted);
      await waitFor({ timeoutMs, what: `the counts ${text}` }, async () => {
        const found = await counts();
        const differs = Object.entries(wanted).find(([service, count]) => found[service] !== count);
        if (differs !== undefined) throw new Error(`${differs[0]} has ${String(found[differs[0]])}`);
        return true;
      });
    },
    async events() {
      return (await cli.json<EventsResult>(['events'])).events;
    },
  };
}

/** Nothing is written for a while: what is asked must not happen, so there is no condition to wait for. */
export async function quietFor(ms: number): Promise<void> {
  await sleepFor(ms);
}
