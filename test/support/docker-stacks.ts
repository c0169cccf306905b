import { basename } from 'node:path';
import { readFileSync } from 'node:fs';
import { isPlain } from '../../src/lib/is-plain.js';
import type { MadeStack } from './stack-engine.js';

/** What docker's own CLI made of a compose file: see test/fixtures/compose/README.md. */
export interface DockerCase {
  readonly name: string;
  readonly compose: string;
  readonly override?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly docker: { readonly exit: number; readonly message?: string; readonly specs?: Partial<MadeStack> };
}

export const dockerCases = (file: 'keys' | 'overrides'): readonly DockerCase[] =>
  JSON.parse(
    readFileSync(new URL(`../fixtures/compose/${file}.json`, import.meta.url), 'utf8'),
  ) as readonly DockerCase[];

/** IDs in the recording that are no names, and what has them. */
const recordedIds: Readonly<Record<string, string>> = {
  jiq07drb0ox5ijxemsptlqf8c: 'host',
  o7tqsy17h2yt1p3fing5c6rto: 'k_c',
};

const ids = ['SecretID', 'ConfigID'];
/** The API leaves these out when they are 0. */
const zeroes = ['PublishedPort', 'Interval', 'Timeout', 'StartPeriod', 'Retries', 'MaxReplicas', 'Pids', 'Window'];
const sorted = ['Aliases', 'Env', 'Mounts', 'Ports', 'Secrets', 'Configs', 'Hosts'];

/** A spec without what the API leaves out, and in the order of the recordings. */
function tidy(value: unknown, key = '', bindRoots: readonly string[] = []): unknown {
  if (typeof value === 'string') {
    if (key === 'Source' && bindRoots.some((root) => value.startsWith(`${root}/`))) return basename(value);
    return recordedIds[value] ?? value;
  }
  if (Array.isArray(value)) {
    const items = value.map((item) => tidy(item, '', bindRoots));
    return sorted.includes(key) ? items.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : items;
  }
  if (!isPlain(value)) return value;
  const entries = Object.entries(value).flatMap(([name, part]): [string, unknown][] => {
    const next = tidy(part, name, bindRoots);
    const isEmpty = next === null || next === undefined || next === '' || (next === false && name !== 'Init');
    const isEmptyMap = typeof next === 'object' && next !== null && Object.keys(next).length === 0;
    const isLeftOut = isEmpty || isEmptyMap || ids.includes(name) || (next === 0 && zeroes.includes(name));
    return isLeftOut ? [] : [[name, next]];
  });
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

type Part = Readonly<Record<string, unknown>>;

/** What the engine says of parts of a spec that were given. */
function withDefaults(spec: Part): Part {
  const update = (part: unknown) =>
    isPlain(part) ? { FailureAction: 'pause', Order: 'stop-first', MaxFailureRatio: 0, ...part } : part;
  const template = spec['TaskTemplate'] as Part;
  const container = template['ContainerSpec'] as Part;
  const policy = template['RestartPolicy'];
  const endpoint = spec['EndpointSpec'];
  const isOnlyVip = isPlain(endpoint) && endpoint['Ports'] === undefined && endpoint['Mode'] === 'vip';
  return {
    ...spec,
    UpdateConfig: update(spec['UpdateConfig']),
    RollbackConfig: update(spec['RollbackConfig']),
    EndpointSpec: isPlain(endpoint) && !isOnlyVip ? { Mode: 'vip', ...endpoint } : undefined,
    TaskTemplate: {
      ...template,
      Runtime: 'container',
      ContainerSpec: { Isolation: 'default', ...container },
      RestartPolicy: isPlain(policy) ? { Condition: 'any', MaxAttempts: 0, ...policy } : policy,
    },
  };
}

/** Subnets are kept when they were asked for; the engine chooses gateways. */
function network({ Driver, Attachable, Internal, Options, Labels, IPAM }: Part): Part {
  const ipam = { Driver: 'default', ...(IPAM as Part | undefined) };
  const config = ((ipam as Part)['Config'] ?? []) as readonly Part[];
  const ranges = config.map(({ Subnet, IPRange }) => ({ Subnet, IPRange }));
  return { Driver: Driver ?? 'overlay', Attachable, Internal, Options, Labels, IPAM: { ...ipam, Config: ranges } };
}

/** Secrets have the hash of their content besides, as it cannot be read. */
const dockers = (labels: Part): Part =>
  Object.fromEntries(Object.entries(labels).filter(([name]) => name !== 'swarmup.content'));

const each = (parts: Readonly<Record<string, unknown>> | undefined, change: (part: Part) => unknown): Part =>
  Object.fromEntries(Object.entries(parts ?? {}).map(([name, part]) => [name, change(part as Part)]));

/**
 * Specs in the form that both sides can be compared in. `bindRoots`: folders of this machine, of whose files only the
 * name was recorded.
 */
export function comparable(stack: Partial<MadeStack>, bindRoots: readonly string[] = []): unknown {
  const { services, networks, secrets, configs } = stack;
  return {
    services: each(services, (spec) => tidy(withDefaults(tidy(spec, '', bindRoots) as Part))),
    networks: each(networks, (body) => tidy(network(body))),
    secrets: each(secrets, ({ Labels, ...spec }) =>
      tidy({ ...spec, Labels: dockers(Labels as Part), Data: undefined }),
    ),
    configs: each(configs, (spec) => tidy(spec)),
  };
}
