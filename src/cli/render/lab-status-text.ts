import { swarmup } from '../../lib/typed-command.js';
import type { AllStatus } from '../../operations/lab/all-status.js';
import type { LabHostRow, LabStatus } from '../../operations/lab/lab-status.js';
import type { ServiceRow } from '../../operations/services/service-results.js';
import type { CommandIo } from '../command-io.js';
import { painter } from './paint.js';
import { table } from './table.js';

/** Hosts with their nodes, services with their counts, and what is not as it should be. */
export function labStatusText(io: CommandIo, { lab, hosts, services, problems, changes }: LabStatus): string {
  const paint = painter(io, 'stdout');
  if (hosts.length === 0) return `Lab ${lab} has no hosts yet: ${swarmup`up`} makes them.\n`;
  const allWell = problems.length === 0 ? `${paint('green', '✓')} lab ${lab}: all is well\n` : '';
  const remedy = changes.length === 0 ? '' : `→ ${swarmup`up`} makes the lab as the manifest says\n`;
  const parts = [...tables(hosts, services), `${problemLines(io, problems)}${remedy}`, allWell];
  return parts.filter((part) => part !== '').join('\n');
}

/** Each swarm under its name, with the manifest of its lab. */
export function allStatusText(io: CommandIo, { swarms }: AllStatus): string {
  const paint = painter(io, 'stdout');
  const groups = swarms.map(({ swarm, lab, hosts, services, problems }) => {
    const name = swarm === null ? 'no swarm' : `swarm ${paint('bold', swarm)}`;
    const allWell = problems.length === 0 ? `${paint('green', '✓')} all is well\n` : '';
    const title = `${name}${lab === null ? '' : `, the lab of ${lab}`}\n`;
    return [`${title}${tables(hosts, services).join('\n')}`, `${problemLines(io, problems)}${allWell}`].join('');
  });
  return groups.length === 0
    ? `There are no hosts yet: ${swarmup`create manager agent1`} makes some.\n`
    : groups.join('\n');
}

/** Of the hosts with their nodes, and of the services, where there are some. */
function tables(hosts: readonly LabHostRow[], services: readonly ServiceRow[]): readonly string[] {
  const hostRows = hosts.map(({ name, pool, driver, state, role, node, docker, certificateEnds }) => [
    name,
    pool || '-',
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
  return [
    table(['HOST', 'POOL', 'DRIVER', 'STATE', 'NODE', 'ROLE', 'ADDRESS', 'DOCKER', 'CERTIFICATE'], hostRows),
    ...(services.length === 0 ? [] : [table(['SERVICE', 'MODE', 'TASKS', 'IMAGE', 'PORTS'], serviceRows)]),
  ];
}

export const problemLines = (io: CommandIo, problems: readonly string[]): string =>
  problems.map((problem) => `${painter(io, 'stdout')('red', '✗')} ${problem}\n`).join('');
