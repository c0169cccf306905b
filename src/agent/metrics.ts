import type { AgentStatus } from './agent-api.js';
import type { Counters } from './agent-loop.js';

interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The status as Prometheus text. */
export function metricsText(status: AgentStatus, counters: Readonly<Counters>, events: number): string {
  const perService = (value: (service: AgentStatus['services'][number]) => number): readonly Sample[] =>
    status.services.map((service) => ({ labels: { service: service.name }, value: value(service) }));
  const one = (value: number): readonly Sample[] => [{ value }];
  return [
    metric('swarmup_agent_info', 'gauge', 'the agent', [
      { labels: { version: status.agentVersion, node: status.node, state: status.state }, value: 1 },
    ]),
    metric('swarmup_agent_leader', 'gauge', 'whether this agent leads', one(status.state === 'leader' ? 1 : 0)),
    metric(
      'swarmup_agent_last_sync_seconds',
      'gauge',
      'time since the whole state of the swarm was read',
      one((status.lastSyncMs ?? -1000) / 1000),
    ),
    metric('swarmup_agent_passes_total', 'counter', 'passes over the state of the swarm', one(counters.passes)),
    metric('swarmup_agent_writes_total', 'counter', 'changes that the agent made', one(counters.writes)),
    metric(
      'swarmup_agent_conflicts_total',
      'counter',
      'changes that another program made impossible',
      one(counters.refused),
    ),
    metric('swarmup_agent_failed_writes_total', 'counter', 'changes that the engine refused', one(counters.failed)),
    metric('swarmup_agent_errors_total', 'counter', 'passes that failed because of the engine', one(counters.errors)),
    metric('swarmup_agent_events', 'gauge', 'events in memory', one(events)),
    metric('swarmup_agent_problems', 'gauge', 'current problems', one(status.problems.length)),
    metric('swarmup_managers', 'gauge', 'managers of the swarm', one(status.managers.total)),
    metric('swarmup_managers_reachable', 'gauge', 'managers that can be reached', one(status.managers.reachable)),
    metric('swarmup_managers_may_fail', 'gauge', 'managers that may still fail', one(status.managers.mayFail)),
    metric(
      'swarmup_service_wanted',
      'gauge',
      'declared replicas',
      perService(({ want }) => want ?? Number.NaN),
    ),
    metric(
      'swarmup_service_replicas',
      'gauge',
      'replicas in the spec',
      perService(({ have }) => have ?? Number.NaN),
    ),
    metric(
      'swarmup_service_running',
      'gauge',
      'running tasks on Ready nodes',
      perService(({ running }) => running),
    ),
    metric(
      'swarmup_service_corrections_total',
      'counter',
      'corrections',
      perService(({ corrections }) => corrections),
    ),
  ].join('');
}

function metric(name: string, type: 'gauge' | 'counter', help: string, samples: readonly Sample[]): string {
  if (samples.length === 0) return '';
  const lines = samples.map(({ labels = {}, value }) => {
    const pairs = Object.entries(labels).map(([key, text]) => `${key}="${text.replace(/["\\\n]/g, '\\$&')}"`);
    return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}\n`;
  });
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}
