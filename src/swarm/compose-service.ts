import { usageError } from '../lib/errors.js';
import type { ComposeFile, ComposePairs, ComposeService } from './compose-schema.js';
import { emptyDraft, type ServiceDraft, type UpdateDraft } from './service-draft.js';
import { applyOptions, setReplicas, type References } from './service-options.js';
import { byteCount, durationNs, type MountConfig, type PortConfig, portConfigs } from './spec-values.js';

export const stackLabel = 'com.docker.stack.namespace';

/** Turns names of the file into names of the swarm. */
export interface StackNames {
  readonly stack: string;
  readonly network: (key: string) => string;
  readonly volume: (key: string) => string;
  readonly secret: (key: string) => string;
  readonly config: (key: string) => string;
}

/** `KEY=VALUE` or `KEY: value`; a key without a value takes that of the environment, or is left out. */
export function pairsOf(
  pairs: ComposePairs,
  env: Readonly<Record<string, string | undefined>> = {},
): Readonly<Record<string, string>> {
  const entries = Array.isArray(pairs)
    ? pairs.map((text): [string, string | null] =>
        text.includes('=') ? [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)] : [text, null],
      )
    : Object.entries(pairs ?? {});
  return Object.fromEntries(
    entries.flatMap(([key, value]) => {
      const text = value ?? env[key];
      return text === undefined ? [] : [[key, String(text)]];
    }),
  );
}

const list = (words: string | readonly string[] | null | undefined): string[] =>
  typeof words === 'string' ? shellWords(words) : [...(words ?? [])];

/** As a shell would split it: quotes keep spaces. */
const shellWords = (text: string): string[] =>
  [...text.matchAll(/(?:[^\s"']+|"[^"]*"|'[^']*')+/g)].map(([word]) => word.replace(/"([^"]*)"|'([^']*)'/g, '$1$2'));

/** The spec of a service of a stack, with the names and labels that `docker stack deploy` gives. Errors: VALUE_INVALID. */
export function composeService(
  key: string,
  service: ComposeService,
  names: StackNames,
  references: References,
  env: Readonly<Record<string, string | undefined>>,
): ServiceDraft {
  const { stack } = names;
  const draft = emptyDraft(`${stack}_${key}`, service.image);
  const container = draft.TaskTemplate.ContainerSpec;
  draft.Labels = { ...pairsOf(service.deploy?.labels), 'com.docker.stack.image': service.image, [stackLabel]: stack };
  container.Labels = { ...pairsOf(service.labels), [stackLabel]: stack };
  const entrypoint = list(service.entrypoint);
  const command = list(service.command);
  if (entrypoint.length > 0) container.Command = entrypoint;
  if (command.length > 0) container.Args = command;
  container.Env = Object.entries(pairsOf(service.environment, env))
    .map(([name, value]) => `${name}=${value}`)
    .sort();
  applyOptions(draft, simpleOptions(service), references);
  Object.assign(container, containerExtras(service));
  const ports = (service.ports ?? []).flatMap(portOf);
  if (ports.length > 0) draft.EndpointSpec = { ...draft.EndpointSpec, Ports: ports };
  const mounts = (service.volumes ?? []).map((volume) => mountOf(volume, names));
  if (mounts.length > 0) container.Mounts = mounts;
  draft.TaskTemplate.Networks = networksOf(key, service, names, references);
  addFiles(draft, service, names, references);
  addDeploy(draft, service);
  return draft;
}

/** What the table of service options does as well. */
const text = (value: string | number | undefined): string | undefined =>
  value === undefined ? undefined : String(value);

function healthOptions({ healthcheck: health }: ComposeService): Readonly<Record<string, unknown>> {
  return {
    'health-interval': text(health?.interval),
    'health-timeout': text(health?.timeout),
    'health-retries': text(health?.retries),
    'health-start-period': text(health?.start_period),
    'no-healthcheck': health?.disable,
  };
}

function deployOptions({ deploy }: ComposeService): Readonly<Record<string, unknown>> {
  const restart = deploy?.restart_policy;
  return {
    mode: deploy?.mode,
    'endpoint-mode': deploy?.endpoint_mode,
    'restart-condition': restart?.condition,
    'restart-delay': text(restart?.delay),
    'restart-max-attempts': text(restart?.max_attempts),
    'replicas-max-per-node': text(deploy?.placement?.max_replicas_per_node),
    constraint: deploy?.placement?.constraints,
  };
}

function simpleOptions(service: ComposeService): Readonly<Record<string, unknown>> {
  const { limits, reservations } = service.deploy?.resources ?? {};
  return {
    ...deployOptions(service),
    ...healthOptions(service),
    'limit-cpu': text(limits?.cpus),
    'limit-memory': text(limits?.memory),
    'reserve-cpu': text(reservations?.cpus),
    'reserve-memory': text(reservations?.memory),
    'stop-grace-period': text(service.stop_grace_period),
    'stop-signal': service.stop_signal,
    user: text(service.user),
    workdir: service.working_dir,
    hostname: service.hostname,
    'read-only': service.read_only,
    init: service.init,
  };
}

function containerExtras(service: ComposeService): object {
  const { healthcheck: health, dns, dns_search: search } = service;
  const sysctls = pairsOf(service.sysctls);
  const test = typeof health?.test === 'string' ? ['CMD-SHELL', health.test] : health?.test;
  return {
    ...(service.tty !== undefined && { TTY: service.tty }),
    ...(service.stdin_open !== undefined && { OpenStdin: service.stdin_open }),
    ...(service.cap_add !== undefined && { CapabilityAdd: service.cap_add }),
    ...(service.cap_drop !== undefined && { CapabilityDrop: service.cap_drop }),
    ...(Object.keys(sysctls).length > 0 && { Sysctls: sysctls }),
    ...(service.extra_hosts !== undefined && {
      Hosts: service.extra_hosts.map((host) => host.replace(/^([^:]+):(.*)$/, '$2 $1')),
    }),
    ...((dns !== undefined || search !== undefined) && { DNSConfig: { Nameservers: list(dns), Search: list(search) } }),
    ...(test !== undefined && { Healthcheck: { ...healthOf(service), Test: test } }),
  };
}

function healthOf({ healthcheck: health }: ComposeService): object {
  return {
    ...(health?.interval !== undefined && { Interval: durationNs(String(health.interval)) }),
    ...(health?.timeout !== undefined && { Timeout: durationNs(String(health.timeout)) }),
    ...(health?.start_period !== undefined && { StartPeriod: durationNs(String(health.start_period)) }),
    ...(health?.retries !== undefined && { Retries: Number(health.retries) }),
  };
}

function portOf(port: NonNullable<ComposeService['ports']>[number]): readonly PortConfig[] {
  if (typeof port !== 'object') return portConfigs(String(port));
  const { target, published, protocol = 'tcp', mode = 'ingress' } = port;
  const text = `target=${String(target)},protocol=${String(protocol)},mode=${String(mode)}`;
  return portConfigs(published === undefined ? text : `published=${String(published)},${text}`);
}

type ComposeVolume = NonNullable<ComposeService['volumes']>[number];

function mountOf(volume: ComposeVolume, names: StackNames): MountConfig {
  if (typeof volume === 'string') return shortMount(volume, names);
  const { type, source, target, read_only: readOnly, tmpfs } = volume;
  return {
    Type: type,
    ...(source !== undefined && { Source: type === 'volume' ? names.volume(String(source)) : String(source) }),
    Target: target,
    ...(readOnly !== undefined && { ReadOnly: readOnly }),
    ...(tmpfs?.size !== undefined && { TmpfsOptions: { SizeBytes: byteCount(String(tmpfs.size)) } }),
    ...(type === 'volume' && { VolumeOptions: { Labels: { [stackLabel]: names.stack } } }),
  };
}

/** `data:/data:ro`, `/srv:/srv`, `/data`. Errors: VALUE_INVALID for a path of this machine. */
function shortMount(text: string, names: StackNames): MountConfig {
  const [first = '', target, access] = text.split(':');
  const readOnly = access === 'ro' ? { ReadOnly: true } : {};
  const labels = { VolumeOptions: { Labels: { [stackLabel]: names.stack } } };
  if (target === undefined) return { Type: 'volume', Target: first, ...labels };
  if (/^[.~]/.test(first))
    throw usageError(
      'VALUE_INVALID',
      `the volume '${text}' is relative to this machine, but tasks run on hosts`,
      'give a path of the hosts that begins with /',
    );
  if (first.startsWith('/')) return { Type: 'bind', Source: first, Target: target, ...readOnly };
  return { Type: 'volume', Source: names.volume(first), Target: target, ...readOnly, ...labels };
}

/** Without any a service is in the stack's own network. Each knows it by its name in the file. */
function networksOf(
  key: string,
  service: ComposeService,
  names: StackNames,
  references: References,
): NonNullable<ServiceDraft['TaskTemplate']['Networks']> {
  const wanted = service.networks ?? ['default'];
  const entries = Array.isArray(wanted) ? wanted.map((name) => [name, null] as const) : Object.entries(wanted);
  return entries.map(([name, options]) => ({
    Target: references.network(names.network(name)),
    Aliases: [key, ...(options?.aliases ?? [])],
  }));
}

function addFiles(draft: ServiceDraft, service: ComposeService, names: StackNames, references: References): void {
  for (const kind of ['secret', 'config'] as const) {
    const values = (service[`${kind}s`] ?? []).map((file) => {
      const { source, target, uid, gid, mode } =
        typeof file === 'string' ? ({ source: file } as Exclude<typeof file, string>) : file;
      const octal = mode === undefined ? undefined : typeof mode === 'number' ? mode.toString(8) : mode;
      const name = target ?? (kind === 'secret' ? source : `/${source}`);
      const extras = Object.entries({ uid, gid, mode: octal }).filter(([, value]) => value !== undefined);
      return [
        `source=${names[kind](source)}`,
        `target=${String(name)}`,
        ...extras.map(([k, v]) => `${k}=${String(v)}`),
      ].join(',');
    });
    applyOptions(draft, { [kind]: values }, references);
  }
}

function addDeploy(draft: ServiceDraft, { deploy, logging }: ComposeService): void {
  const { replicas, update_config: update, rollback_config: rollback, placement, resources } = deploy ?? {};
  const { TaskTemplate: template } = draft;
  if (replicas !== undefined) setReplicas(draft, Number(replicas));
  if (update !== undefined) draft.UpdateConfig = updateOf(update);
  if (rollback !== undefined) draft.RollbackConfig = updateOf(rollback);
  const preferences = placement?.preferences?.map(({ spread }) => ({ Spread: { SpreadDescriptor: spread } }));
  if (preferences !== undefined) template.Placement = { ...template.Placement, Preferences: preferences };
  const pids = resources?.limits?.pids;
  if (pids !== undefined)
    template.Resources = { ...template.Resources, Limits: { ...template.Resources?.Limits, Pids: Number(pids) } };
  if (logging !== undefined) template.LogDriver = logDriver(logging);
}

const logDriver = ({ driver, options = {} }: NonNullable<ComposeService['logging']>) => ({
  ...(driver !== undefined && { Name: String(driver) }),
  Options: Object.fromEntries(Object.entries(options).map(([key, value]) => [key, String(value)])),
});

function updateOf(config: NonNullable<NonNullable<ComposeService['deploy']>['update_config']>): UpdateDraft {
  return {
    Parallelism: Number(config.parallelism ?? 1),
    ...(config.delay !== undefined && { Delay: durationNs(String(config.delay)) }),
    ...(config.failure_action !== undefined && { FailureAction: String(config.failure_action) }),
    ...(config.monitor !== undefined && { Monitor: durationNs(String(config.monitor)) }),
    ...(config.max_failure_ratio !== undefined && { MaxFailureRatio: Number(config.max_failure_ratio) }),
    ...(config.order !== undefined && { Order: String(config.order) }),
  };
}

/** The networks that the services of a stack are in, by key of the file. Errors: NETWORK_UNKNOWN, SECRET_UNKNOWN, CONFIG_UNKNOWN. */
export function usedNetworks({ services, networks = {} }: ComposeFile): readonly string[] {
  const used = Object.values(services).flatMap(({ networks: own }) =>
    own === undefined ? ['default'] : Array.isArray(own) ? own : Object.keys(own),
  );
  const unknown = used.find((key) => key !== 'default' && !(key in networks));
  if (unknown !== undefined)
    throw usageError('NETWORK_UNKNOWN', `a service is in the network ${unknown}, which the file does not declare`);
  return [...new Set(used)];
}
