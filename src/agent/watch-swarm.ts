import type { Condition } from './action.js';
import {
  nodeName,
  replicasOf,
  type HostFacts,
  type ObservedNode,
  type ObservedService,
  type ObservedTask,
} from './observation.js';
import { isDown, isReady } from '../swarm/membership.js';
import { stuckReason } from '../swarm/workload.js';
import type { Problem } from './replica-target.js';

/** A service whose tasks have been lacking for too long. */
export function stuckCondition(service: ObservedService, tasks: readonly ObservedTask[], running: number): Condition {
  const { Name: name } = service.Spec;
  const have = replicasOf(service.Spec) ?? running;
  const why = stuckReason(tasks) ?? 'the swarm reports no reason';
  return {
    key: `stuck:${name}`,
    identity: why,
    level: 'warning',
    kind: 'tasks-stuck',
    message: `${name} runs ${running} of ${have} tasks: ${why}`,
    service: name,
    data: { running, replicas: have, reason: why },
    over: { level: 'info', kind: 'tasks-recovered', message: `all tasks of ${name} run`, service: name },
  };
}

/** Nodes that are not Ready. */
export function nodeConditions(nodes: readonly ObservedNode[]): readonly Condition[] {
  return nodes
    .filter((node) => !isReady(node))
    .map((node) => {
      const name = nodeName(node);
      const message = `node ${name} is ${node.Status.State}`;
      const why = node.Status.Message ?? '';
      return {
        key: `node:${node.ID}`,
        identity: node.Status.State,
        level: isDown(node) ? 'warning' : 'info',
        kind: 'node-state',
        message: why === '' ? message : `${message}: ${why}`,
        node: name,
        over: { level: 'info', kind: 'node-state', message: `node ${name} is ready or gone`, node: name },
      };
    });
}

/** Engines of different versions in one swarm. */
export function versionCondition(nodes: readonly ObservedNode[]): readonly Condition[] {
  const byVersion = new Map<string, string[]>();
  for (const node of nodes) {
    const version = node.Description.Engine?.EngineVersion ?? '';
    if (version === '') continue;
    const names = byVersion.get(version);
    if (names === undefined) byVersion.set(version, [nodeName(node)]);
    else names.push(nodeName(node));
  }
  if (byVersion.size < 2) return [];
  const parts = [...byVersion].map(([version, names]) => `${version} on ${names.sort().join(', ')}`).sort();
  const message = `the engines have different versions: ${parts.join('; ')}`;
  return [{ key: 'versions', level: 'info', kind: 'version-skew', message, data: { versions: byVersion.size } }];
}

const dayMs = 86_400_000;
const certificateWarnDays = 14;
const diskWarnPercent = 85;
const diskErrorPercent = 95;

/** The own host: certificates that end soon, a disk that fills up. */
export function hostConditions(host: HostFacts, wallMs: number, hostname: string): readonly Condition[] {
  const found: Condition[] = [];
  for (const { what, expiresMs } of host.certificates) {
    const days = Math.floor((expiresMs - wallMs) / dayMs);
    if (days >= certificateWarnDays) continue;
    found.push({
      key: `certificate:${what}`,
      level: days < 3 ? 'error' : 'warning',
      kind: 'certificate-expiry',
      message: days < 0 ? `${what} of ${hostname} has expired` : `${what} of ${hostname} expires in ${days} days`,
      node: hostname,
      data: { days },
    });
  }
  const used = host.diskUsedPercent ?? 0;
  if (used >= diskWarnPercent)
    found.push({
      key: 'disk',
      identity: used >= diskErrorPercent ? 'error' : 'warning',
      level: used >= diskErrorPercent ? 'error' : 'warning',
      kind: 'disk-full',
      message: `the disk of ${hostname} that holds Docker's data is ${Math.round(used)} % full`,
      node: hostname,
      data: { usedPercent: Math.round(used) },
    });
  return found;
}

/** Input of users that cannot be enforced. */
export const problemConditions = (problems: readonly Problem[]): readonly Condition[] =>
  problems.map(({ where, message, service }) => ({
    key: `declaration:${where}:${message}`,
    level: 'warning',
    kind: 'bad-declaration',
    message: `${where}: ${message}`,
    ...(service !== undefined && { service }),
  }));
