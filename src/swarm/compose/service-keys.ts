import type { ContainerDraft } from '../service-draft.js';
import { type Attachments, attachments, attachmentsOf } from './attachments.js';
import { capabilities, hosts, image, type Limit, limit, restart, words } from './container-values.js';
import { deployKeys, duration, part } from './deploy-keys.js';
import { byName, type FileUse, filesOf, fileUses } from './file-uses.js';
import { healthcheck } from './health-keys.js';
import { imageReference } from './image-reference.js';
import { convertKeys, group, ignored, into, key, type Values } from './keys.js';
import { type ComposeMount, mountOf, mounts } from './mounts.js';
import { ports, sortedPorts } from './ports.js';
import type { ServiceTarget } from './service-target.js';
import {
  flag,
  list,
  mapOf,
  nullablePairs,
  options,
  pairs,
  type Shape,
  text,
  texts,
  textOrTexts,
  type Keys,
} from './shape.js';
import { imageLabel } from './stack-names.js';

type Pairs = Readonly<Record<string, string>>;

/** Sets a field of the container to the value as it is. */
const field =
  (name: string) =>
  (value: unknown, { container }: { readonly container: ContainerDraft }): void => {
    container[name] = value;
  };

interface LogDriver {
  Name?: string;
  Options?: Pairs;
}

const loggingKeys = {
  driver: key(text, (driver: string, to: LogDriver) => {
    to.Name = driver;
  }),
  options: key(options, (given: Pairs, to: LogDriver) => {
    to.Options = given;
  }),
} satisfies Keys<LogDriver>;

type Logging = Values<typeof loggingKeys>;

/** Options of the same driver are merged; if an earlier file names no driver, only its own options count. */
const logging: Shape<Logging> = {
  ...group(loggingKeys),
  merge: (below, above) => {
    const [old = '', wanted = ''] = [below.driver, above.driver];
    if (old !== '' && wanted !== '' && old !== wanted) return above;
    const merged = below.options && { options: { ...below.options, ...above.options } };
    return { driver: old === '' ? wanted : old, ...merged };
  },
};

interface CredentialSpec {
  Config?: string;
  File?: string;
  Registry?: string;
}

const credentialKeys = {
  config: key(text, (config: string, to: CredentialSpec) => {
    to.Config = config;
  }),
  file: key(text, (file: string, to: CredentialSpec) => {
    to.File = file;
  }),
  registry: key(text, (registry: string, to: CredentialSpec) => {
    to.Registry = registry;
  }),
} satisfies Keys<CredentialSpec>;

/** The name of a config in it becomes an ID with all the others. */
function addCredentials(values: Values<typeof credentialKeys>, { container, names, fail }: ServiceTarget): void {
  const spec: CredentialSpec = {};
  convertKeys(credentialKeys, values, spec);
  const given = Object.entries(spec).filter(([, value]) => value !== '');
  if (given.length > 1) fail(['credential_spec'], 'it must be one of config, file and registry');
  if (given.length === 0) return;
  const config = spec.Config === undefined || spec.Config === '' ? undefined : names.config(spec.Config);
  container['Privileges'] = { CredentialSpec: config === undefined ? spec : { Config: config } };
  if (config !== undefined) container.Configs = [...(container.Configs ?? []), { ConfigName: config, Runtime: {} }];
}

const noRoom = 'services of a swarm do not have this setting';
const listOf = list(text);

/** Every key of a service with its form and its effect, in the order in which the keys act. */
export const serviceKeys = {
  image: key(image, (given: string, { draft, container }: ServiceTarget) => {
    container.Image = imageReference(given) ?? given;
    draft.Labels[imageLabel] = given;
  }),
  command: key(words, (args: string[], { container }: ServiceTarget) => {
    container.Args = args;
  }),
  entrypoint: key(words, (command: string[], { container }: ServiceTarget) => {
    container.Command = command;
  }),
  env_file: into('environment', textOrTexts),
  environment: key(nullablePairs, (all: Readonly<Record<string, string | null>>, { container }: ServiceTarget) => {
    container.Env = Object.entries(all)
      .map(([name, value]) => (value === null ? name : `${name}=${value}`))
      .sort();
  }),
  labels: key(pairs, (labels: Pairs, { container }: ServiceTarget) => {
    container.Labels = { ...labels, ...container.Labels };
  }),
  hostname: key(text, field('Hostname')),
  user: key(text, field('User')),
  working_dir: key(text, field('Dir')),
  isolation: key(text, field('Isolation')),
  init: key(flag('plain'), field('Init')),
  tty: key(flag('cast'), field('TTY')),
  stdin_open: key(flag('cast'), field('OpenStdin')),
  read_only: key(flag('cast'), field('ReadOnly')),
  stop_grace_period: key(duration, field('StopGracePeriod')),
  stop_signal: key(text, field('StopSignal')),
  sysctls: key(pairs, field('Sysctls')),
  cap_add: key(listOf, (given: string[], { container }: ServiceTarget) => {
    container['CapabilityAdd'] = capabilities(given);
  }),
  cap_drop: key(listOf, (given: string[], { container, service }: ServiceTarget) => {
    container['CapabilityDrop'] = capabilities(given, capabilities(service.cap_add ?? []));
  }),
  dns: key(textOrTexts, (servers: string[], { container, service }: ServiceTarget) => {
    container['DNSConfig'] = { Nameservers: servers, Search: service.dns_search ?? [] };
  }),
  dns_search: key(textOrTexts, (search: string[], { container, service }: ServiceTarget) => {
    container['DNSConfig'] = { Nameservers: service.dns ?? [], Search: search };
  }),
  extra_hosts: key(hosts, (all: string[], { container }: ServiceTarget) => {
    container['Hosts'] = all.map((host) => host.replace(/^([^:]*):(.*)$/, '$2 $1'));
  }),
  ulimits: key(
    mapOf(limit, (below, above) => ({ ...below, ...above })),
    (all: Readonly<Record<string, Limit>>, { container }: ServiceTarget) => {
      const sorted = Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1));
      container['Ulimits'] = sorted.map(([Name, limits]) => ({ Name, ...limits }));
    },
  ),
  healthcheck,
  ports: key(ports, (all, { draft }: ServiceTarget) => {
    draft.EndpointSpec = { ...draft.EndpointSpec, Ports: sortedPorts(all) };
  }),
  volumes: key(mounts, (all: readonly ComposeMount[], { container, volume, fail }: ServiceTarget) => {
    container.Mounts = all.map((mount) =>
      mountOf(mount, volume, (name) =>
        fail(['volumes'], `the volume ${name} is not declared`, `declare the volume under volumes at the top level`),
      ),
    );
  }),
  networks: key(attachments, (given: Attachments, { draft, name, names }: ServiceTarget) => {
    draft.TaskTemplate.Networks = attachmentsOf(given, name, names);
  }),
  secrets: key(fileUses, (uses: FileUse[], to: ServiceTarget) => {
    to.container.Secrets = byName('SecretName', filesOf('secret', uses, to));
  }),
  configs: key(fileUses, (uses: FileUse[], to: ServiceTarget) => {
    to.container.Configs = filesOf('config', uses, to);
  }),
  credential_spec: nestedCredentials(),
  logging: key(logging, (values: Logging, { draft }: ServiceTarget) => {
    draft.TaskTemplate.LogDriver = {};
    convertKeys(loggingKeys, values, draft.TaskTemplate.LogDriver);
  }),
  deploy: part(deployKeys, { nullable: true }),
  restart: key(restart, (policy: string, { draft, service, warn }: ServiceTarget) => {
    if (service.deploy?.restart_policy !== undefined)
      warn('restart is ignored: deploy.restart_policy takes precedence');
    else if (policy.startsWith('on-failure'))
      draft.TaskTemplate.RestartPolicy = { Condition: 'on-failure', MaxAttempts: Number(policy.split(':')[1] ?? 0) };
    else if (policy !== '' && !policy.startsWith('no')) draft.TaskTemplate.RestartPolicy = { Condition: 'any' };
    else if (policy !== '') warn('restart: no is ignored: use deploy.restart_policy with the condition none');
  }),
  build: ignored('images are not built here; push the image to a registry first'),
  cgroup_parent: ignored(noRoom, text),
  cgroupns_mode: ignored(noRoom, text),
  container_name: ignored('swarm names the containers of its tasks', text),
  depends_on: ignored('swarm does not start services in a fixed order', listOf),
  devices: ignored(noRoom, listOf),
  domainname: ignored(noRoom, text),
  expose: ignored('services in the same network can reach all ports of each other'),
  external_links: ignored('services in the same network find each other by name', listOf),
  ipc: ignored(noRoom, text),
  links: ignored('services in the same network find each other by name', listOf),
  mac_address: ignored(noRoom, text),
  network_mode: ignored(
    'name a network instead; for the network of the host, use an external network with the name host',
    text,
  ),
  oom_score_adj: ignored("docker's CLI does not pass it on"),
  pid: ignored(noRoom),
  privileged: ignored('tasks are never privileged', flag('cast')),
  security_opt: ignored(noRoom, texts),
  shm_size: ignored('mount a tmpfs at /dev/shm under volumes instead'),
  tmpfs: ignored('mount it under volumes, with type: tmpfs', textOrTexts),
  userns_mode: ignored(noRoom, text),
} satisfies Keys<ServiceTarget>;

function nestedCredentials() {
  return key(group(credentialKeys), addCredentials);
}

export type ComposeService = Values<typeof serviceKeys>;

export const service = group(serviceKeys, { extensions: true });
