import type { Finding } from '../../doctor/finding.js';
import { sortFindings } from '../../doctor/finding.js';
import { inSwarm, swarmup } from '../../lib/typed-command.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import { strengthText } from '../../swarm/guardian.js';
import { isReady, isUnreached, isVoter } from '../../swarm/membership.js';
import { managerCountWarning } from '../../swarm/quorum.js';
import { createCommand } from '../access/create-command.js';
import type { ServiceCount } from '../steps/service-counts.js';
import type { StatusNode, SwarmStatusResult } from './status-node.js';

/** Everything the health of a swarm with a leader is judged by. */
export interface HealthSeen extends Pick<
  SwarmStatusResult,
  'swarm' | 'strength' | 'nodes' | 'versions' | 'authority' | 'autolock' | 'addressPools'
> {
  readonly now: Date;
  readonly machines: readonly MachineRecord[];
  /** What managers say that the others do not reach, by node ID. */
  readonly unreachable: ReadonlyMap<string, string>;
  readonly notRunning: readonly (ServiceCount & { readonly why: string | null })[];
}

const dayMs = 24 * 60 * 60_000;
/** Nodes renew their certificates long before: at half of their life at the earliest, at four fifths at the latest. */
const overdueMs = 10 * dayMs;
const authorityMs = 180 * dayMs;
const poolLimit = 0.9;

/** The present and coming problems of a swarm, the worst first. Pure. */
export function judgeHealth(seen: HealthSeen): readonly Finding[] {
  return sortFindings([
    ...judgeManagers(seen),
    ...judgeNodes(seen),
    ...judgeHosts(seen),
    ...judgeTasks(seen),
    ...judgeVersions(seen),
    ...judgeCertificates(seen),
    ...judgeSettings(seen),
  ]);
}

function judgeManagers({ swarm, strength, nodes, unreachable }: HealthSeen): readonly Finding[] {
  const dead = nodes.filter(isUnreached);
  const findings = dead.map(({ id, name }): Finding => {
    const said = unreachable.get(id);
    const why = said === undefined || said.includes(name) ? (said ?? '') : `${name}: ${said}`;
    return {
      check: 'manager',
      severity: 'error',
      hosts: [name],
      message: `the other managers cannot reach the host${why === '' ? '' : ` (${why})`}`,
      cause: strengthText(strength),
      fix: why.includes('locked')
        ? swarmup`swarm unlock ${inSwarm(swarm)} ${name}`
        : `${swarmup`start ${name}`}; when it is lost for good: ${swarmup`node rm ${inSwarm(swarm)} ${name}`}`,
    };
  });
  const count = dead.length === 0 ? managerCountWarning(strength.managers) : undefined;
  if (strength.spare < 0 || count === undefined) return findings;
  return [finding('manager-count', 'warning', [], strengthText(strength), count, moreManagers(swarm, nodes))];
}

function moreManagers(swarm: string, nodes: readonly StatusNode[]): string {
  const worker = nodes.find((node) => node.role === 'worker' && isReady(node));
  return worker === undefined
    ? swarmup`create ${inSwarm(swarm)} --managers 1 NAME`
    : swarmup`node promote ${inSwarm(swarm)} ${worker.name}`;
}

function judgeNodes({ swarm, nodes }: HealthSeen): readonly Finding[] {
  const former = nodes.filter((node) => node.former);
  const down = nodes.filter((node) => !isReady(node) && !node.former && !isVoter(node));
  const idle = nodes.filter((node) => isReady(node) && node.availability !== 'active');
  return [
    ...down.map(({ name, state }) =>
      finding(
        'node',
        'error',
        [name],
        `the node of the host is ${state}`,
        'no task runs on the host; its tasks start on other nodes that can take them',
        `${swarmup`start ${name}`}; when it is lost for good: ${swarmup`node rm ${inSwarm(swarm)} ${name}`}`,
      ),
    ),
    ...former.map(({ name, id }) =>
      finding(
        'former-node',
        'warning',
        [name],
        `an earlier node of the host (${id}) is still listed`,
        'the host left or was lost and then joined again, so two nodes have the same hostname',
        swarmup`node ls ${inSwarm(swarm)} --prune`,
      ),
    ),
    ...idle.map(({ name, availability }) =>
      finding(
        'availability',
        'info',
        [name],
        `the node takes no tasks (${availability})`,
        'the node was drained or paused',
        swarmup`node activate ${inSwarm(swarm)} ${name}`,
      ),
    ),
  ];
}

/** Hosts of the swarm that are not nodes of it. */
function judgeHosts({ swarm, machines, nodes }: HealthSeen): readonly Finding[] {
  return machines.flatMap((record) => {
    const { name, phase, nodeId } = record;
    if (nodes.some(({ id }) => id === nodeId)) return [];
    if (phase === 'removing')
      return finding(
        'host',
        'warning',
        [name],
        'the removal of the host was not finished',
        `${swarmup`rm ${name}`} was interrupted`,
        swarmup`rm --yes ${name}`,
      );
    const made = phase === 'ready';
    const message = made ? 'the host is not a node of its swarm' : 'the creation of the host was not finished';
    const cause = made
      ? 'the host left the swarm or never joined it'
      : `${swarmup`create ${name}`} was interrupted, or failed on this host`;
    const remedy = made ? swarmup`swarm join ${inSwarm(swarm)} ${name}` : createCommand(swarm, [name]);
    return finding('host', 'warning', [name], message, cause, remedy);
  });
}

const judgeTasks = ({ swarm, notRunning }: HealthSeen): readonly Finding[] =>
  notRunning.map(({ service, running, wanted, why }) =>
    finding(
      'tasks',
      'error',
      [],
      `${service} runs ${running} of ${wanted} tasks`,
      why ?? 'the tasks are starting, or the swarm has not reported an error',
      swarmup`service ps ${inSwarm(swarm)} ${service}`,
    ),
  );

function judgeVersions({ versions }: HealthSeen): readonly Finding[] {
  const [most, ...others] = [...versions].sort((a, b) => b.nodes.length - a.nodes.length);
  if (most === undefined || others.length === 0) return [];
  const odd = others.flatMap(({ nodes }) => nodes);
  const text = others.map(({ version, nodes }) => `${version || 'unknown'} on ${nodes.join(', ')}`).join('; ');
  return [
    finding(
      'versions',
      'warning',
      odd,
      `the engines have different versions: ${text}; ${most.version} on the others`,
      'a swarm tolerates different versions during an upgrade, but features of one version fail on the others',
      `bring all engines to the same version: ${swarmup`provision NAME`}, one node after another`,
    ),
  ];
}

function judgeCertificates({ now, nodes, authority, swarm }: HealthSeen): readonly Finding[] {
  const leftMs = (end: string): number => Date.parse(end) - now.getTime();
  const late = nodes.filter(isReady).flatMap(({ name, certificateEnds: end, certificateBegins: begin }) => {
    if (end === null || begin === null) return [];
    const life = Date.parse(end) - Date.parse(begin);
    if (leftMs(end) > Math.min(overdueMs, life / 10)) return [];
    const isOver = leftMs(end) <= 0;
    return finding(
      'node-certificate',
      isOver ? 'error' : 'warning',
      [name],
      `the node certificate of the host ${isOver ? 'expired' : 'expires'} on ${end.slice(0, 10)}`,
      'a node normally renews its certificate with the leader long before; this node could not do that, or its clock is wrong',
      swarmup`doctor ${name}`,
    );
  });
  const end = authority?.ends ?? null;
  const isNear = end !== null && leftMs(end) < authorityMs;
  return [
    ...late,
    ...(isNear
      ? [
          finding(
            'authority',
            leftMs(end) <= 0 ? 'error' : 'warning',
            [],
            `the authority that signs the node certificates expires on ${end.slice(0, 10)}`,
            'after that, no node can join the swarm or stay in it',
            swarmup`swarm ca --rotate ${inSwarm(swarm)}`,
          ),
        ]
      : []),
    ...(authority?.rotating === true
      ? [
          finding(
            'authority',
            'warning',
            [],
            'the authority is being replaced',
            'the replacement cannot end while nodes are down',
            'start the nodes that are down, or remove them',
          ),
        ]
      : []),
  ];
}

function judgeSettings({ swarm, autolock, addressPools }: HealthSeen): readonly Finding[] {
  const { used = 0, subnets = 0 } = addressPools ?? {};
  return [
    ...(autolock?.on === true && autolock.custody === null
      ? [
          finding(
            'unlock-key',
            'warning',
            [],
            'autolock is on, but swarmup does not have the unlock key',
            'a manager that restarts waits until it gets the key',
            `${swarmup`swarm autolock on ${inSwarm(swarm)}`} takes it into custody`,
          ),
        ]
      : []),
    ...(subnets > 0 && used >= subnets * poolLimit
      ? [
          finding(
            'address-pool',
            'warning',
            [],
            `${used} of ${subnets} subnets of the address pool are in use`,
            'when the pool is used up, a network can be made only with --subnet',
            `remove unused networks: ${swarmup`network ls ${inSwarm(swarm)}`}`,
          ),
        ]
      : []),
  ];
}

const finding = (
  check: string,
  severity: Finding['severity'],
  hosts: readonly string[],
  message: string,
  cause: string,
  fix: string,
): Finding => ({ check, severity, hosts, message, cause, fix });
