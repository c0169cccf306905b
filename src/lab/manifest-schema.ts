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
  regex(/^(?:env|file|command):./, 'a secret is given by reference: env:NAME, file:PATH or command:SHELL COMMAND'),
);

const engine = strictObject({
  version: text('Docker Engine to install, as in 24.0'),
  options: optional(
    says(record(string(), union([scalar, array(scalar)])), 'options of dockerd, as in log-level: debug'),
  ),
  'insecure-registries': texts('registries that may be used without TLS'),
  'registry-mirrors': texts('mirrors of Docker Hub'),
  labels: pairs('labels of the engine'),
  'storage-driver': text('storage driver of the engine'),
  env: pairs('environment of dockerd, as in HTTPS_PROXY'),
  'install-url': text('script that installs Docker Engine; none: nothing is installed'),
  tls: flag('serve the engine on port 2376 [default: true]'),
  'tls-sans': texts('further names for the certificate of the engine'),
});

const file = strictObject({
  source: text('file here; relative to the manifest'),
  content: text('the text itself, in place of a source'),
  target: pipe(string(), regex(/^\/.*[^/]$/, 'the absolute path of a file'), description('absolute path on the host')),
  mode: optional(
    pipe(
      string(),
      regex(/^0?[0-7]{3}$/, 'a mode has three octal digits, as in "0644"'),
      description('as in "0644", the default'),
    ),
  ),
});

const provision = strictObject({
  name: optional(says(objectName, 'how it is told apart from others [default: its file, else its place]')),
  run: optional(
    says(picklist(['once', 'on-change', 'always']), 'when: once a host, when it changed, at every up [default: once]'),
  ),
  file: text('script here; relative to the manifest'),
  script: text('the script itself, in place of a file; nothing is filled into it'),
  env: pairs('its environment'),
  secrets: optional(says(record(string(), reference), 'further environment, by reference: env:, file:, command:')),
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
  driver: text('what makes the hosts [default: as create chooses it]'),
  options: optional(
    says(driverOptions(declarations), 'options by driver; those of the driver that makes the hosts are used'),
  ),
  engine: optional(says(engine, 'Docker Engine on the hosts')),
  labels: pairs('labels of the nodes, for constraints of services'),
  zones: optional(says(array(label), 'hosts are spread over them by number: label swarmup.zone, driver option zone')),
  files: optional(says(array(file), 'files that the hosts get')),
  provision: optional(says(array(provision), 'scripts that are run on the hosts, as root')),
});

const pool = (declarations: readonly DriverDeclaration[]) =>
  strictObject({
    role: says(picklist(['manager', 'worker']), 'of its nodes in the swarm'),
    count: whole('how many hosts [default: 1]', 0, maxCount),
    names: optional(
      pipe(
        string(),
        regex(/^[a-z0-9](?:[a-z0-9-]|%(?:0[1-9])?d)*$/, 'a pattern is a host name with %d for its number'),
        description('pattern of the host names: %d is the number; without it the first host has no number'),
      ),
    ),
    ...poolSettings(declarations),
  });

const custody = strictObject({
  keyring: flag('the keyring of this machine keeps the unlock key'),
  'key-file': text('a file seals the unlock key'),
  command: text('a shell command keeps the unlock key'),
});

const swarm = strictObject({
  agent: flag('managers run the agent, which holds replica counts [default: true]'),
  autolock: optional(says(union([boolean(), custody]), 'managers ask for a key after a restart')),
  'address-pool': text('subnets for overlay networks; of a new swarm only'),
  'data-path-port': whole('UDP port of overlay traffic; of a new swarm only', 1024, 49151),
  'cert-expiry-days': whole('how long certificates of nodes hold', 1, 36500),
  'task-history': whole('tasks that are kept for each slot', 0, 1000),
  'heartbeat-seconds': whole('seconds between two signs of life of a node', 1, 3600),
  'snapshot-interval': whole('log entries between two snapshots of raft', 1, 1_000_000),
});

const network = nullable(
  strictObject({
    external: flag('others made it: it is used and left alone'),
    encrypted: flag('encrypt traffic between hosts'),
    attachable: flag('containers that are no tasks may join'),
    internal: flag('no way out'),
    subnet: text('as in 10.50.0.0/24 [default: one of the address pool]'),
    labels: pairs('labels of the network'),
  }),
);

const stack = strictObject({
  file: says(union([string(), array(string())]), 'compose files; later ones are laid over earlier ones'),
  prune: flag('remove services that the files do not have [default: true]'),
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
  image: text('of a service that swarmup makes; without it only the count of one that a stack makes is declared'),
  command: texts('arguments of the image'),
  replicas: whole('count that the agent holds', 0, 100_000),
  min: whole('least count that is left alone', 0, 100_000),
  max: whole('greatest count that is left alone', 0, 100_000),
  'max-per-node': whole('most tasks on one node', 1, 100_000),
  rebalance: optional(says(picklist(['auto', 'never']), 'whether its tasks may be moved')),
  ...serviceOptionSchemas,
});

const hooks = strictObject({
  'before-up': text('shell command here, before anything is changed'),
  'after-host': text('shell command here, for each host that was made: SWARMUP_HOST, SWARMUP_HOST_ADDRESS'),
  'after-up': text('shell command here, when everything is as wanted'),
  'before-destroy': text('shell command here, before hosts are removed'),
});

/** The schema of `swarmup.yaml`; from it come the checks and the JSON schema for editors. */
export const manifestSchema = (declarations: readonly DriverDeclaration[]) =>
  strictObject({
    version: says(literal(1), 'of this format'),
    name: says(label, 'of the lab and its swarm'),
    extends: optional(says(union([string(), array(string())]), 'manifests that this one is laid over')),
    protect: flag('destroy refuses'),
    message: text('shown when up is done'),
    defaults: optional(says(strictObject(poolSettings(declarations)), 'of every pool')),
    pools: says(record(label, pool(declarations)), 'hosts that are alike, by the name of their pool'),
    swarm: optional(says(swarm, 'settings of the swarm')),
    networks: optional(says(record(objectName, network), 'overlay networks')),
    secrets: optional(says(record(objectName, reference), 'secrets of the swarm, by reference')),
    stacks: optional(says(record(objectName, stack), 'stacks of compose files')),
    services: optional(says(record(objectName, service), 'services, and counts of services of stacks')),
    forwards: optional(
      says(
        array(
          pipe(
            string(),
            regex(/^(?:[a-z0-9-]+:)?\d{1,5}:\d{1,5}$/, 'a forward is [HOST:]LOCAL:REMOTE, as in "8080:80"'),
          ),
        ),
        `ports of this machine that ${swarmup`forward`} leads to the lab: [HOST:]LOCAL:REMOTE`,
      ),
    ),
    hooks: optional(says(hooks, 'shell commands of this machine')),
  });

export type Manifest = InferOutput<ReturnType<typeof manifestSchema>>;
export type PoolSettings = NonNullable<Manifest['defaults']>;
/** With the options of `service create`. */
export type ManifestService = NonNullable<Manifest['services']>[string] & Readonly<Record<string, unknown>>;
export type ProvisionStep = NonNullable<PoolSettings['provision']>[number];
export type HostFile = NonNullable<PoolSettings['files']>[number];
