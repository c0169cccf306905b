import {
  array,
  boolean,
  type GenericSchema,
  nullable,
  nullish,
  number,
  optional,
  string,
  union,
  unknown,
} from 'valibot';
import { record, strictObject } from '../lib/map-schema.js';

const scalar = union([string(), number(), boolean()]);
const words = union([string(), array(string())]);
const pairs = nullish(union([record(string(), nullable(scalar)), array(string())]));
const text = optional(union([string(), number()]));
const flag = optional(boolean());
const count = optional(union([number(), string()]));

const resources = optional(
  strictObject({
    cpus: text,
    memory: text,
    pids: count,
    devices: optional(unknown()),
    generic_resources: optional(unknown()),
  }),
);
const update = optional(
  strictObject({
    parallelism: count,
    delay: text,
    failure_action: text,
    monitor: text,
    max_failure_ratio: count,
    order: text,
  }),
);
const deploy = strictObject({
  mode: text,
  replicas: count,
  labels: pairs,
  endpoint_mode: text,
  update_config: update,
  rollback_config: update,
  resources: optional(strictObject({ limits: resources, reservations: resources })),
  restart_policy: optional(strictObject({ condition: text, delay: text, max_attempts: count, window: text })),
  placement: optional(
    strictObject({
      constraints: optional(array(string())),
      preferences: optional(array(strictObject({ spread: string() }))),
      max_replicas_per_node: count,
    }),
  ),
});
const file = union([string(), strictObject({ source: string(), target: text, uid: text, gid: text, mode: count })]);
const port = union([
  string(),
  number(),
  strictObject({
    target: union([number(), string()]),
    published: count,
    protocol: text,
    mode: text,
    name: text,
    app_protocol: text,
    host_ip: text,
  }),
]);
const volume = union([
  string(),
  strictObject({
    type: string(),
    source: text,
    target: string(),
    read_only: flag,
    bind: optional(unknown()),
    volume: optional(unknown()),
    tmpfs: optional(strictObject({ size: count, mode: count })),
    consistency: text,
  }),
]);

/** What the engine's services have no room for: told, and left out, as `docker stack deploy` does. */
export const unsupportedKeys = [
  'build',
  'cgroup_parent',
  'container_name',
  'cpuset',
  'depends_on',
  'devices',
  'domainname',
  'env_file',
  'expose',
  'external_links',
  'ipc',
  'links',
  'mac_address',
  'network_mode',
  'pid',
  'platform',
  'privileged',
  'profiles',
  'pull_policy',
  'restart',
  'security_opt',
  'shm_size',
  'userns_mode',
] as const;

const serviceSchema = strictObject({
  ...(Object.fromEntries(unsupportedKeys.map((key) => [key, optional(unknown())])) as Record<
    (typeof unsupportedKeys)[number],
    ReturnType<typeof optional<ReturnType<typeof unknown>>>
  >),
  image: string(),
  command: nullish(words),
  entrypoint: nullish(words),
  environment: pairs,
  labels: pairs,
  deploy: optional(deploy),
  ports: optional(array(port)),
  volumes: optional(array(volume)),
  networks: optional(
    union([array(string()), record(string(), nullable(strictObject({ aliases: optional(array(string())) })))]),
  ),
  secrets: optional(array(file)),
  configs: optional(array(file)),
  healthcheck: optional(
    strictObject({
      test: optional(words),
      interval: text,
      timeout: text,
      retries: count,
      start_period: text,
      disable: flag,
    }),
  ),
  hostname: text,
  user: text,
  working_dir: text,
  init: flag,
  tty: flag,
  stdin_open: flag,
  read_only: flag,
  stop_grace_period: text,
  stop_signal: text,
  cap_add: optional(array(string())),
  cap_drop: optional(array(string())),
  dns: optional(words),
  dns_search: optional(words),
  extra_hosts: optional(array(string())),
  sysctls: pairs,
  logging: optional(strictObject({ driver: text, options: optional(record(string(), scalar)) })),
});

const external = optional(union([boolean(), strictObject({ name: string() })]));
const fileObject = nullable(
  strictObject({ name: text, file: text, content: text, environment: text, external, labels: pairs }),
);
const network = nullable(
  strictObject({
    name: text,
    driver: text,
    driver_opts: optional(record(string(), scalar)),
    attachable: flag,
    internal: flag,
    external,
    labels: pairs,
    ipam: optional(
      strictObject({
        driver: text,
        config: optional(array(strictObject({ subnet: text, gateway: text, ip_range: text }))),
      }),
    ),
  }),
);
const volumeObject = nullable(
  strictObject({ name: text, driver: text, driver_opts: optional(record(string(), scalar)), external, labels: pairs }),
);

const composeSchema = strictObject({
  version: text,
  name: text,
  services: record(string(), serviceSchema),
  networks: optional(record(string(), network)),
  volumes: optional(record(string(), volumeObject)),
  secrets: optional(record(string(), fileObject)),
  configs: optional(record(string(), fileObject)),
});

type Output<S> = S extends GenericSchema<unknown, infer T> ? T : never;
export type ComposeFile = Output<typeof composeSchema>;
export type ComposeService = Output<typeof serviceSchema>;
export type ComposePairs = Output<typeof pairs>;

/** The compose specification as far as a swarm knows it. Extensions (`x-…`) are taken out before. */
export { composeSchema };
