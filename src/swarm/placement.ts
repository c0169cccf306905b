import { isReady } from './membership.js';
import { nodeName, type ServiceSpec, type WorkloadNode } from './workload.js';

/** Whether swarm may put a new task of the service on the node (without its limit per node). */
export function mayReceive(spec: ServiceSpec, node: WorkloadNode): boolean {
  const placement = spec.TaskTemplate?.Placement;
  return (
    isReady(node) &&
    node.Spec.Availability === 'active' &&
    (placement?.Constraints ?? []).every((constraint) => satisfies(constraint, node)) &&
    fitsPlatform(placement?.Platforms ?? [], node)
  );
}

/** A constraint that we cannot read is satisfied by no node: then nothing moves. */
function satisfies(constraint: string, node: WorkloadNode): boolean {
  const match = /^\s*([\w.\-/]+)\s*(==|!=)\s*(.*?)\s*$/.exec(constraint);
  if (match === null) return false;
  const [, key = '', operator, wanted = ''] = match;
  const value = attribute(key, node);
  if (value === unknownAttribute) return false;
  return (value.toLowerCase() === wanted.toLowerCase()) === (operator === '==');
}

const unknownAttribute = Symbol('unknown');

const attributes: Readonly<Record<string, (node: WorkloadNode) => string>> = {
  'node.id': (node) => node.ID,
  'node.hostname': nodeName,
  'node.role': (node) => node.Spec.Role,
  'node.platform.os': (node) => node.Description.Platform?.OS ?? '',
  'node.platform.arch': (node) => architecture(node.Description.Platform?.Architecture),
};

function attribute(key: string, node: WorkloadNode): string | typeof unknownAttribute {
  const nodeLabels = 'node.labels.';
  const engineLabels = 'engine.labels.';
  if (key.startsWith(nodeLabels)) return node.Spec.Labels?.[key.slice(nodeLabels.length)] ?? '';
  if (key.startsWith(engineLabels)) return node.Description.Engine?.Labels?.[key.slice(engineLabels.length)] ?? '';
  return attributes[key]?.(node) ?? unknownAttribute;
}

/** Images say amd64, nodes x86_64. */
const architecture = (name = ''): string => ({ x86_64: 'amd64', aarch64: 'arm64' })[name] ?? name;

function fitsPlatform(
  platforms: readonly { readonly Architecture?: string; readonly OS?: string }[],
  node: WorkloadNode,
): boolean {
  const { OS: os = '', Architecture: arch } = node.Description.Platform ?? {};
  return (
    platforms.length === 0 ||
    platforms.some(
      (platform) =>
        (platform.OS ?? os) === os &&
        ((platform.Architecture ?? '') === '' || architecture(platform.Architecture) === architecture(arch)),
    )
  );
}
