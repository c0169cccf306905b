import { isReady } from '../../swarm/membership.js';
import type { CommandIo } from '../command-io.js';
import { listTable } from './listing.js';
import { nodeListing } from './node-table.js';
import { findingLines, findingSums } from './doctor-report.js';
import { painter } from './paint.js';
import { custodianText } from './swarm-changes.js';
import type { SwarmStatusResult } from '../../operations/health/status-node.js';

/** The one screen of `swarm status`: what there is in lines, the nodes, then what is wrong and what to do. */
export function swarmStatusText(io: CommandIo, status: SwarmStatusResult): string {
  const { swarm, healthy, findings, nodes, said } = status;
  const paint = painter(io, 'stdout');
  const state = healthy ? paint('green', 'healthy') : paint('red', 'unhealthy');
  const lines = [
    `swarm ${paint('bold', swarm)}: ${state}${findings.length === 0 ? '' : ` (${findingSums(findings)})`}`,
    ...facts(status).map(([what, text]) => `  ${what.padEnd(13)} ${text}`),
    ...said.map(({ host, message }) => `  ${host}: ${message}`),
  ];
  const parts = [
    `${lines.join('\n')}\n`,
    ...(nodes.length === 0 ? [] : [listTable(nodeListing, nodes)]),
    ...(findings.length === 0 ? [] : [`${findingLines(io, findings).join('\n')}\n`]),
  ];
  return parts.join('\n');
}

function facts(status: SwarmStatusResult): readonly (readonly [string, string])[] {
  const { summary, manager, versions, authority, autolock, addressPools: pools, services, notRunning } = status;
  return [
    ['managers', manager === null ? summary : `${summary} (asked ${manager})`],
    ...(versions.length === 0
      ? []
      : [['nodes', nodesText(status)] as const, ['engines', enginesText(status)] as const]),
    ...(authority === null ? [] : [['certificates', certificatesText(status)] as const]),
    ...(autolock === null ? [] : [['autolock', autolockState(autolock)] as const]),
    ...(pools === null
      ? []
      : [
          [
            'addresses',
            `${pools.pools.join(', ')} in networks of /${pools.prefix}: ${pools.used} of ${pools.subnets} used`,
          ] as const,
        ]),
    ...(services === null ? [] : [['services', servicesText(services, notRunning.length)] as const]),
  ];
}

function nodesText({ nodes }: SwarmStatusResult): string {
  const there = nodes.filter(({ former }) => !former);
  const ready = there.filter(isReady).length;
  return ready === there.length ? `${ready}, all Ready` : `${there.length}, of which ${ready} Ready`;
}

const enginesText = ({ versions }: SwarmStatusResult): string =>
  versions.length === 1
    ? `${versions[0]?.version ?? ''} everywhere`
    : versions.map(({ version, nodes }) => `${version} (${nodes.join(', ')})`).join('; ');

function certificatesText({ nodes, authority }: SwarmStatusResult): string {
  const [first] = nodes
    .filter(({ certificateEnds }) => certificateEnds !== null)
    .sort((a, b) => ((a.certificateEnds ?? '') < (b.certificateEnds ?? '') ? -1 : 1));
  const unknown = nodes.filter(({ certificateEnds, former }) => certificateEnds === null && !former);
  return [
    ...(first === undefined ? [] : [`nodes until ${day(first.certificateEnds)} (${first.name} first)`]),
    ...(unknown.length === 0 ? [] : [`unknown for ${unknown.map(({ name }) => name).join(', ')}`]),
    `authority until ${day(authority?.ends ?? null)}`,
  ].join('; ');
}

const day = (time: string | null): string => time?.slice(0, 10) ?? 'unknown';

const autolockState = ({ on, custody }: NonNullable<SwarmStatusResult['autolock']>): string =>
  on ? `on; the key is stored ${custody === null ? 'outside swarmup' : `in ${custodianText[custody]}`}` : 'off';

function servicesText(services: number, lacking: number): string {
  if (services === 0) return 'none';
  return lacking === 0 ? `${services}, all tasks run` : `${services}, of which ${lacking} lack tasks`;
}
