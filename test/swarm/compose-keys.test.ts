import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { objectKeys } from '../../src/swarm/compose/object-keys.js';
import { serviceKeys } from '../../src/swarm/compose/service-keys.js';
import { composeOf, convert } from '../support/compose-text.js';
import type { Keys } from '../../src/swarm/compose/shape.js';

/** All keys of a table, those of the tables in it included: `deploy.placement.constraints`. */
const pathsOf = (keys: Keys<never>): readonly string[] =>
  Object.entries(keys).flatMap(([name, { shape }]) =>
    shape.keys === undefined ? [name] : pathsOf(shape.keys).map((path) => `${name}.${path}`),
  );

/** What stands at the first key of the path, with the key and without it. */
class Pair {
  constructor(
    readonly plus: unknown,
    readonly minus: unknown,
  ) {}
}
const list = (minus: object, plus: object): Pair => new Pair([{ ...minus, ...plus }], [minus]);
const volume = (plus: object): Pair => list({ type: 'volume', source: 'data', target: '/x' }, plus);
const file = (plus: object): Pair => list({ source: 'file' }, plus);
const fileUse = {
  source: new Pair([{ source: 'file' }], undefined),
  target: file({ target: 't' }),
  uid: file({ uid: '9' }),
  gid: file({ gid: '9' }),
  mode: file({ mode: 0o400 }),
};
const update = {
  parallelism: 3,
  delay: '1s',
  failure_action: 'continue',
  monitor: '1s',
  max_failure_ratio: 0.5,
  order: 'start-first',
};
const discrete = (plus: object): Pair => {
  const resources = (spec: object) => ({
    resources: { reservations: { generic_resources: [{ discrete_resource_spec: spec }] } },
  });
  return new Pair(resources(plus), resources({}));
};
const deployList = (name: string, plus: unknown): Pair => new Pair({ placement: { [name]: plus } }, { placement: {} });
const limits = (soft: number, hard: number): object => ({ nofile: { soft, hard } });
const fileObject = {
  'external.name': new Pair({ external: { name: 'other' } }, { external: true }),
  name: 'other',
  file: 'x',
  content: 'x',
  environment: 'X',
  labels: { a: 'b' },
  template_driver: 'golang',
};
const under = (prefix: string, values: object): object =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}.${name}`, value]));

/** By the path of a key: a value other than what it is without it, or both. */
const examples: Readonly<Record<string, unknown>> = {
  ...under('services.web', {
    image: 'other:2',
    command: 'a b',
    entrypoint: 'a b',
    env_file: 'a.env',
    environment: { A: '1' },
    labels: { a: '1' },
    hostname: 'h',
    user: 'u',
    working_dir: '/w',
    isolation: 'hyperv',
    init: true,
    tty: true,
    stdin_open: true,
    read_only: true,
    stop_grace_period: '3s',
    stop_signal: 'SIGINT',
    sysctls: { 'net.core.somaxconn': 1024 },
    cap_add: ['NET_ADMIN'],
    cap_drop: ['NET_ADMIN'],
    dns: '1.1.1.1',
    dns_search: 'a.b',
    extra_hosts: ['a:1.1.1.1'],
    'ulimits.soft': new Pair(limits(1, 9), limits(2, 9)),
    'ulimits.hard': new Pair(limits(1, 9), limits(1, 8)),
    ...under('healthcheck', { disable: true, test: ['CMD', 'x'], interval: '1s', timeout: '1s' }),
    ...under('healthcheck', { start_period: '1s', start_interval: '1s', retries: 2 }),
    'ports.mode': list({ target: 80 }, { mode: 'host' }),
    'ports.target': list({}, { target: 80 }),
    'ports.published': list({ target: 80 }, { published: 8080 }),
    'ports.protocol': list({ target: 80 }, { protocol: 'udp' }),
    'volumes.type': new Pair([{ type: 'tmpfs', target: '/x' }], [{ type: 'volume', target: '/x' }]),
    'volumes.source': list({ type: 'volume', target: '/x' }, { source: 'data' }),
    'volumes.target': volume({ target: '/other' }),
    'volumes.read_only': volume({ read_only: true }),
    'volumes.consistency': volume({ consistency: 'cached' }),
    'volumes.bind.propagation': list(
      { type: 'bind', source: '/x', target: '/x', bind: {} },
      { bind: { propagation: 'rslave' } },
    ),
    'volumes.volume.nocopy': volume({ volume: { nocopy: true } }),
    'volumes.volume.subpath': volume({ volume: { subpath: 'a' } }),
    'volumes.tmpfs.size': list({ type: 'tmpfs', target: '/x', tmpfs: {} }, { tmpfs: { size: 1000 } }),
    ...under('networks', {
      aliases: new Pair({ net: { aliases: ['a'] } }, { net: {} }),
      driver_opts: new Pair({ net: { driver_opts: { a: 'b' } } }, { net: {} }),
      ipv4_address: new Pair({ net: { ipv4_address: '10.0.0.9' } }, { net: {} }),
      ipv6_address: new Pair({ net: { ipv6_address: '::9' } }, { net: {} }),
    }),
    ...under('secrets', fileUse),
    ...under('configs', fileUse),
    ...under('credential_spec', { config: 'file', file: 'c.json', registry: 'c' }),
    ...under('logging', { driver: 'syslog', options: { a: 'b' } }),
    ...under('deploy', { mode: 'global', replicas: 3, endpoint_mode: 'dnsrr', labels: { a: 'b' } }),
    ...under('deploy.update_config', update),
    ...under('deploy.rollback_config', update),
    ...under('deploy.resources.limits', { cpus: '0.5', memory: '1g', pids: 9 }),
    ...under('deploy.resources.reservations', { cpus: '0.5', memory: '1g' }),
    ...under('deploy.resources.reservations.generic_resources.discrete_resource_spec', {
      kind: discrete({ kind: 'gpu' }),
      value: discrete({ value: 2 }),
    }),
    ...under('deploy.restart_policy', { condition: 'none', delay: '1s', max_attempts: 3, window: '1s' }),
    'deploy.placement.constraints': deployList('constraints', ['node.role==manager']),
    'deploy.placement.preferences.spread': deployList('preferences', [{ spread: 'node.labels.zone' }]),
    'deploy.placement.max_replicas_per_node': 1,
    restart: 'on-failure:3',
    build: '.',
    cgroup_parent: 'x',
    cgroupns_mode: 'host',
    container_name: 'x',
    depends_on: ['b'],
    devices: ['/dev/x:/dev/x'],
    domainname: 'x',
    expose: ['80'],
    external_links: ['x'],
    ipc: 'host',
    links: ['b'],
    mac_address: '02:42:ac:11:65:43',
    network_mode: 'host',
    oom_score_adj: 100,
    pid: 'host',
    privileged: true,
    security_opt: ['label:disable'],
    shm_size: '64M',
    tmpfs: '/run',
    userns_mode: 'host',
  }),
  ...under('networks.net', {
    'external.name': new Pair({ external: { name: 'other' } }, { external: true }),
    name: 'other',
    driver: 'macvlan',
    driver_opts: { encrypted: '' },
    internal: true,
    attachable: true,
    labels: ['a=b'],
    'ipam.driver': 'other',
    'ipam.config.subnet': new Pair({ ipam: { config: [{ subnet: '10.1.0.0/24' }] } }, {}),
  }),
  ...under('volumes.data', {
    'external.name': new Pair({ external: { name: 'other' } }, { external: true }),
    name: 'other',
    driver: 'other',
    driver_opts: { type: 'nfs' },
    labels: { a: 'b' },
  }),
  ...under('secrets.file', { ...fileObject, driver: 'vault', driver_opts: { a: 'b' } }),
  ...under('configs.file', fileObject),
};

const nest = (path: readonly string[], value: unknown): unknown =>
  path.toReversed().reduce((inner, key) => ({ [key]: inner }), value);

/** A file with the key of this path, and the same without it. */
function filesFor(path: string): readonly [object, object] {
  const example = examples[path];
  const [section = '', ...keys] = path.split('.');
  const at = section === 'services' ? keys.slice(1) : keys;
  const [first = '', ...rest] = at;
  const pair =
    example instanceof Pair
      ? example
      : new Pair(nest(rest, example), rest.length === 0 ? undefined : nest(rest.slice(0, -1), {}));
  const put = (value: unknown): object =>
    section === 'services'
      ? { ...base, services: { web: { ...base.services.web, ...(value !== undefined && { [first]: value }) } } }
      : { ...base, [section]: { [first]: value } };
  return [put(pair.plus), put(pair.minus)];
}

const base = {
  services: {
    web: { image: 'web:1', volumes: ['data:/data'], networks: ['net'] },
  },
  networks: { net: {} },
  volumes: { data: {} },
  secrets: { file: { file: 'f' } },
  configs: { file: { file: 'f' } },
};

const make = async (file: object) => convert(await composeOf([stringify(file)], {}, { '/stack/a.env': 'A=1\n' }));

const tables: Readonly<Record<string, Keys<never>>> = {
  'services.web': serviceKeys,
  'networks.net': objectKeys.networks,
  'volumes.data': objectKeys.volumes,
  'secrets.file': objectKeys.secrets,
  'configs.file': objectKeys.configs,
};
const all = Object.entries(tables).flatMap(([prefix, keys]) => pathsOf(keys).map((path) => `${prefix}.${path}`));

describe('keys of compose files', () => {
  it('are those of which this test has examples', () => {
    expect(Object.keys(examples).toSorted()).toEqual([...all].toSorted());
  });

  it.each(all)('%s changes what is made, or is warned about by its name', async (path) => {
    const [plus, minus] = filesFor(path);
    const [{ warnings, ...now }, { warnings: before, ...old }] = [await make(plus), await make(minus)];
    const name = path.split('.').at(-1) ?? '';
    const isWarned = warnings.some((warning) => !before.includes(warning) && warning.includes(name));
    expect(isWarned || JSON.stringify(now) !== JSON.stringify(old)).toBe(true);
  });
});
