import { inSwarm, swarmup } from '../../lib/typed-command.js';
import type { AgentStatusResult } from '../../operations/agent/agent-statuses.js';
import type { CommandIo } from '../command-io.js';
import { painter } from './paint.js';
import { table } from './table.js';

const mebibyte = 1024 * 1024;

/** What `agent status` says: a row for each manager, then what the leader finds wrong. */
export function agentReport(io: CommandIo, { agents, leader, swarm }: AgentStatusResult): string {
  const paint = painter(io, 'stdout');
  const rows = agents.map(({ name, state, installed, upToDate }) => [
    name,
    state,
    installed === null ? '-' : installed.unit,
    `${installed?.version ?? '-'}${upToDate === false ? ' (old)' : ''}`,
    installed?.node ?? '-',
    installed?.memoryBytes == null ? '-' : `${(installed.memoryBytes / mebibyte).toFixed(1)} MiB`,
    installed === null ? '-' : String(installed.restarts),
  ]);
  const errors = agents.flatMap(({ error }) =>
    error === undefined ? [] : [`${paint('red', '!')} ${error.message}\n`],
  );
  const found = (leader?.problems ?? []).map((problem) => `${paint('yellow', '!')} ${problem}\n`);
  return [
    table(['HOST', 'STATE', 'UNIT', 'VERSION', 'NODE.JS', 'MEMORY', 'RESTARTS'], rows),
    ...errors,
    leader === null
      ? `${paint('red', '!')} no agent leads in swarm ${swarm}: ${swarmup`agent install ${inSwarm(swarm)}`}\n`
      : summary(leader),
    ...found,
  ].join('');
}

function summary({ managers, services, leaderSince }: NonNullable<AgentStatusResult['leader']>): string {
  const failing = services.filter(({ state }) => state !== 'ok').length;
  return (
    `\nLeads since ${leaderSince ?? 'now'}; ${managers.reachable} of ${managers.total} managers ` +
    `reachable, ${managers.mayFail} more may fail; ${services.length} services declared` +
    `${failing === 0 ? '' : `, ${failing} not as declared`}\n`
  );
}
