import { swarmup } from '../../lib/typed-command.js';
import type { LabStatus } from '../../operations/lab/lab-status.js';
import type { CommandIo } from '../command-io.js';
import { painter } from './paint.js';
import { table } from './table.js';

/** Hosts with their nodes, services with their counts, and what is not as it should be. */
export function labStatusText(io: CommandIo, { lab, hosts, services, problems }: LabStatus): string {
  const paint = painter(io, 'stdout');
  if (hosts.length === 0) return `Lab ${lab} has no hosts yet: ${swarmup`up`} makes them.\n`;
  const hostRows = hosts.map(({ name, pool, driver, state, role, node, docker, certificateEnds }) => [
    name,
    pool,
    driver,
    state,
    node === null ? '-' : `${node.state}${node.availability === 'active' ? '' : `, ${node.availability}`}`,
    node?.leader === true ? 'leader' : (role ?? '-'),
    node?.address ?? '-',
    docker ?? '-',
    certificateEnds?.slice(0, 10) ?? '-',
  ]);
  const serviceRows = services.map(({ name, mode, running, wanted, image, ports }) => [
    name,
    mode,
    `${running}/${wanted}`,
    image,
    ports.join(' ') || '-',
  ]);
  const parts = [
    table(['HOST', 'POOL', 'DRIVER', 'STATE', 'NODE', 'ROLE', 'ADDRESS', 'DOCKER', 'CERTIFICATE'], hostRows),
    services.length === 0 ? '' : table(['SERVICE', 'MODE', 'TASKS', 'IMAGE', 'PORTS'], serviceRows),
    problemLines(io, problems),
    problems.length === 0 ? `${paint('green', '✓')} lab ${lab}: all is well\n` : '',
  ];
  return parts.filter((part) => part !== '').join('\n');
}

export const problemLines = (io: CommandIo, problems: readonly string[]): string =>
  problems.map((problem) => `${painter(io, 'stdout')('red', '✗')} ${problem}\n`).join('');
