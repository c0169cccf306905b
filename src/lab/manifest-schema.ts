import {
  array,
  boolean,
  description,
  type GenericSchema,
  type InferOutput,
  integer,
  literal,
  maxValue,
  minValue,
  nullable,
  number,
  optional,
  picklist,
  pipe,
  regex,
  string,
  union,
  unknown,
} from 'valibot';
import type { DriverDeclaration, OptionDeclaration } from '../drivers/driver.js';
import { objectWithRest, record, strictObject } from '../lib/map-schema.js';
import { swarmup } from '../lib/typed-command.js';
import { serviceOptions } from '../swarm/service-options.js';

/** More than anybody's swarm; a count with a digit too many is caught. */
const maxCount = 1000;

const says = <S extends GenericSchema>(schema: S, text: string) => pipe(schema, description(text));
const text = (about: string) => optional(says(string(), about));
const flag = (about: string) => optional(says(boolean(), about));
const texts = (about: string) => optional(says(array(string()), about));
const whole = (about: string, min: number, max: number) =>
  optional(pipe(number(), integer(), minValue(min), maxValue(max), description(about)));
const scalar = union([string(), number(), boolean()]);
const pairs = (about: string) => optional(says(record(string(), scalar), about));
const label = pipe(
  string(),
  regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'a name has lower-case letters, digits and hyphens, at most 63'),
);
const objectName = pipe(
  string(),
  regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$/, 'a name has letters, digits, dots, hyphens and underscores, at most 63'),
);
const reference = pipe(
  string(),
  regex(/^(?:env|file|command):./, 'a secret is a reference: env:NAME, file:PATH or command:SHELL COMMAND'),
);

const engine = strictObject({
  version: text('version of Docker Engine to install, for example 24.0'),
  options: optional(
    says(record(string(), union([scalar, array(scalar)])), 'options of dockerd, for example log-level: debug'),
  ),
  'insecure-registries': texts('registries that the engine may use without TLS'),
  'registry-mirrors': texts('mirrors of Docker Hub'),
  labels: pairs('labels of the engine'),
  'storage-driver': text('storage driver of the engine'),
  env: pairs('environment variables of dockerd, for example HTTPS_PROXY'),
  'install-url': text('URL of a script that installs Docker Engine; none: install nothing'),
  tls: flag('open the TLS port 2376 of the engine [default: true]'),
  'tls-sans': texts('additional names and addresses for the certificate of the engine'),
});

const file = strictObject({
  source: text('file on this computer; relative to the manifest'),
  content: text('the text of the file, instead of a source'),
  target: pipe(string(), regex(/^\/.*[^/]$/, 'the absolute path of a file'), description('absolute path on the host')),
  mode: optional(
    pipe(
      string(),
      regex(/^0?[0-7]{3}$/, 'a mode has three octal digits, as in "0644"'),
      description('permissions of the file [default: "0644"]'),
    ),
  ),
});

const provision = strictObject({
  name: optional(says(objectName, 'name that identifies the step [default: its file, else its position]')),
  run: optional(
    says(
      picklist(['once', 'on-change', 'always']),
      'when to run the step: once for each host, when it changes, or at every up [default: once]',
    ),
  ),
  file: text('script on this computer; relative to the manifest'),
  script: text('the text of the script, instead of a file; variables in it are not replaced'),
  env: pairs('environment variables of the step'),
  secrets: optional(
    says(record(string(), reference), 'secret environment variables, as references: env:, file:, command:'),
  ),
});

/** By driver and option; those of drivers that are known by themselves are typed. */
const driverOptions = (declarations: readonly DriverDeclaration[]) =>
  objectWithRest(
    Object.fromEntries(
      declarations.map(({ name, options }) => [
        name,
        optional(
          strictObject(Object.fromEntries(Object.entries(options).map(([key, option]) => [key, optionSchema(option)]))),
        ),
      ]),
    ),
    record(string(), unknown()),
  );

/** A secret is given by reference only. */
function optionSchema(option: OptionDeclaration) {
  if (option.secret === true) return optional(says(reference, option.description));
  switch (option.type) {
    case 'boolean':
      return optional(says(boolean(), option.description));
    case 'integer':
      return whole(option.description, option.min ?? 0, option.max ?? Number.MAX_SAFE_INTEGER);
    case 'list':
      return optional(says(array(string()), option.description));
    case 'string':
      return option.choices === undefined
        ? optional(says(string(), option.description))
        : optional(says(picklist(option.choices), option.description));
  }
}

const poolSettings = (declarations: readonly DriverDeclaration[]) => ({
  driver: text('driver that makes the hosts [default: the driver that create chooses]'),
  options: optional(
    says(
      driverOptions(declarations),
      'options for each driver; swarmup uses the options of the driver that makes the hosts',
    ),
  ),
  engine: optional(says(engine, 'settings of Docker Engine on the hosts')),
  labels: pairs('labels of the nodes, for the constraints of services'),
  zones: optional(
    says(
      array(label),
      'zones over which the hosts are spread by number; sets the label swarmup.zone and the driver option zone',
    ),
  ),
  files: optional(says(array(file), 'files to copy to the hosts')),
  provision: optional(says(array(provision), 'scripts to run on the hosts as root')),
});

const pool = (declarations: readonly DriverDeclaration[]) =>
  strictObject({
    role: says(picklist(['manager', 'worker']), 'role of the nodes in the swarm'),
    count: whole('number of hosts [default: 1]', 0, maxCount),
    names: optional(
      pipe(
        string(),
        regex(/^[a-z0-9](?:[a-z0-9-]|%(?:0[1-9])?d)*$/, 'a pattern is a host name with %d for its number'),
        description('pattern of the host names, in which %d is the number; by default, the first host has no number'),
      ),
    ),
    ...poolSettings(declarations),
  });

const custody = strictObject({
  keyring: flag('the keyring of this computer stores the unlock key'),
  'key-file': text('the unlock key is sealed with a key file'),
  command: text('a shell command stores the unlock key'),
});

const swarm = strictObject({
  agent: flag('run the agent on managers, which maintains replica counts [default: true]'),
  autolock: optional(
    says(union([boolean(), custody]), 'lock managers, so that they need the unlock key after a restart'),
  ),
  'address-pool': text('address range for overlay networks; only for a new swarm'),
  'data-path-port': whole('UDP port of overlay traffic; only for a new swarm', 1024, 49151),
  'cert-expiry-days': whole('validity of node certificates', 1, 36500),
  'task-history': whole('number of ended tasks to keep for each replica', 0, 1000),
  'heartbeat-seconds': whole('seconds between two heartbeats of a node', 1, 3600),
  'snapshot-interval': whole('number of Raft log entries between two snapshots', 1, 1_000_000),
});

const network = nullable(
  strictObject({
    external: flag('the network exists already: swarmup uses it but never changes it'),
    encrypted: flag('encrypt the traffic between hosts'),
    attachable: flag('allow containers that are not part of a service to join'),
    internal: flag('do not connect the network to the outside'),
    subnet: text('subnet, for example 10.50.0.0/24 [default: a free subnet of the address pool]'),
    labels: pairs('labels of the network'),
  }),
);

const stack = strictObject({
  file: says(union([string(), array(string())]), 'compose files; later files override earlier ones'),
  prune: flag('remove services that are not in the compose files [default: true]'),
});

/** The options of `service create`, by the same names. */
const serviceOptionSchemas = Object.fromEntries(
  Object.entries(serviceOptions)
    .filter(([name]) => name !== 'replicas')
    .map(([name, { kind, description: about, ...option }]) => {
      if (kind === 'list') return [name, texts(about)];
      if (kind === 'flag') return [name, flag(about)];
      const { choices } = option as { readonly choices?: readonly string[] };
      const value = choices === undefined ? union([string(), number()]) : picklist(choices);
      return [name, optional(says(value, about))];
    }),
) as Readonly<Record<string, GenericSchema<unknown, unknown>>>;

const service = strictObject({
  image: text(
    'image of a service that swarmup makes; without an image, only the replica count of a service of a stack is declared',
  ),
  command: texts('arguments for the program in the image'),
  replicas: whole('replica count that the agent maintains', 0, 100_000),
  min: whole('lowest replica count that the agent accepts', 0, 100_000),
  max: whole('highest replica count that the agent accepts', 0, 100_000),
  'max-per-node': whole('highest number of tasks on one node', 1, 100_000),
  rebalance: optional(says(picklist(['auto', 'never']), 'allow the agent to move tasks of the service')),
  ...serviceOptionSchemas,
});

const hooks = strictObject({
  'before-up': text('shell command to run on this computer before anything is changed'),
  'after-host': text(
    'shell command to run on this computer for each new host, with SWARMUP_HOST and SWARMUP_HOST_ADDRESS',
  ),
  'after-up': text('shell command to run on this computer when the lab matches its manifest'),
  'before-destroy': text('shell command to run on this computer before hosts are removed'),
});

/** The schema of `swarmup.yaml`; from it come the checks and the JSON schema for editors. */
export const manifestSchema = (declarations: readonly DriverDeclaration[]) =>
  strictObject({
    version: says(literal(1), 'version of the manifest format'),
    name: says(label, 'name of the lab and its swarm'),
    extends: optional(says(union([string(), array(string())]), 'manifests that this manifest extends and overrides')),
    protect: flag('protect the lab: destroy refuses to remove it'),
    message: text('text to show when up has finished'),
    defaults: optional(says(strictObject(poolSettings(declarations)), 'values for every pool')),
    pools: says(record(label, pool(declarations)), 'groups of similar hosts, by the name of the pool'),
    swarm: optional(says(swarm, 'settings of the swarm')),
    networks: optional(says(record(objectName, network), 'overlay networks')),
    secrets: optional(says(record(objectName, reference), 'secrets of the swarm, as references')),
    stacks: optional(says(record(objectName, stack), 'stacks, deployed from compose files')),
    services: optional(says(record(objectName, service), 'services, and replica counts of services in stacks')),
    forwards: optional(
      says(
        array(
          pipe(
            string(),
            regex(/^(?:[a-z0-9-]+:)?\d{1,5}:\d{1,5}$/, 'a forward is [HOST:]LOCAL:REMOTE, as in "8080:80"'),
          ),
        ),
        `ports of this computer that ${swarmup`forward`} forwards to the lab: [HOST:]LOCAL:REMOTE`,
      ),
    ),
    hooks: optional(says(hooks, 'shell commands to run on this computer')),
  });

export type Manifest = InferOutput<ReturnType<typeof manifestSchema>>;
export type PoolSettings = NonNullable<Manifest['defaults']>;
/** A service with the options of `service create`. */
export type ManifestService = NonNullable<Manifest['services']>[string] & Readonly<Record<string, unknown>>;
export type ProvisionStep = NonNullable<PoolSettings['provision']>[number];
export type HostFile = NonNullable<PoolSettings['files']>[number];
