import type { DriverDeclaration } from '../drivers/driver.js';
import { optionFlag } from '../drivers/option-values.js';
import { usageError } from '../lib/errors.js';
import type { CreateOptions, CreateRequest, HostAddress, HostGroup } from '../operations/access/create-request.js';
import type { CommandIo } from './command-io.js';
import { type EngineFlagValues, engineFlags, engineSettings } from './engine-flags.js';
import { quietFlag } from './swarm-flags.js';
import { forceFlag } from './oclif-flags.js';
import type { Settings } from './settings.js';

/** The flags of `create` that are not a driver's. */
export const createFlags = {
  managers: { type: 'integer', description: 'number of managers, taken from the first names', min: 0, value: 'N' },
  swarm: {
    type: 'string',
    description: 'swarm to create or join',
    default: 'default',
    value: 'NAME',
    names: 'swarms',
  },
  'no-swarm': { type: 'boolean', description: 'create Docker hosts outside any swarm', excludes: ['swarm'] },
  driver: {
    type: 'string',
    char: 'd',
    description: 'driver [default: the setting "driver", else the best one here] [env: SWARMUP_DRIVER]',
    value: 'NAME',
    names: 'drivers',
  },
  'accept-new-host-key': {
    type: 'boolean',
    description: 'trust the key of a host that is new to swarmup',
    excludes: ['host-key'],
  },
  'host-key': { type: 'string', description: 'file of known host keys, the only ones trusted', value: 'FILE' },
  'engine-version': {
    type: 'string',
    description: 'version of Docker Engine, for example 24.0',
    value: 'VERSION',
  },
  ...engineFlags,
  'no-tls': { type: 'boolean', description: "do not open the engine's TLS port 2376" },
  'advertise-addr': {
    type: 'string',
    description: 'address, interface or network that the swarm uses to reach the new host',
    value: 'ADDRESS',
  },
  'default-addr-pool': {
    type: 'string',
    description: "address range for the swarm's overlay networks",
    value: 'CIDR',
  },
  agent: {
    type: 'boolean',
    description: 'install the agent on the managers',
    negatable: true,
  },
  force: forceFlag([]),
  fix: {
    type: 'boolean',
    description: 'raise kernel limits that are too low (as root)',
  },
  rollback: { type: 'boolean', description: 'if the run fails, remove what it made' },
  'dry-run': { type: 'boolean', description: 'show what would be done, and change nothing' },
  quiet: quietFlag,
} as const;

interface CreateFlagValues extends EngineFlagValues {
  readonly managers?: number | undefined;
  readonly swarm: string;
  readonly 'no-swarm': boolean;
  readonly driver?: string | undefined;
  readonly 'accept-new-host-key': boolean;
  readonly 'host-key'?: string | undefined;
  readonly 'engine-version'?: string | undefined;
  readonly 'no-tls': boolean;
  readonly 'advertise-addr'?: string | undefined;
  readonly 'default-addr-pool'?: string | undefined;
  readonly agent?: boolean | undefined;
  readonly fix: boolean;
  readonly rollback: boolean;
  readonly 'dry-run': boolean;
}

/** The request of a `create` command line. */
export function createRequest(
  names: readonly string[],
  flags: CreateFlagValues,
  given: Readonly<Record<string, unknown>>,
  drivers: readonly DriverDeclaration[],
  env: CommandIo['env'],
  settings: Settings,
): CreateRequest {
  const driverOptions = givenOptions(given, drivers);
  const hosts = names.map(hostOf);
  const addresses = Object.fromEntries(hosts.flatMap(({ name, address }) => (address ? [[name, address]] : [])));
  const hasAddresses = Object.keys(addresses).length > 0;
  const ownOptions = Object.keys(driverOptions).filter(isDrivers);
  const version = flags['engine-version'] ?? settings['engine-version'];
  const group: HostGroup = {
    names: hosts.map(({ name }) => name),
    ...(hasAddresses && { addresses }),
    managers: flags.managers,
    ...driverChoice(flags.driver, ownOptions, hasAddresses, drivers, env, settings),
    driverOptions,
    engine: {
      tls: !flags['no-tls'],
      tlsSans: flags['tls-san'] ?? [],
      ...(version !== undefined && { version }),
      ...engineSettings(flags, env),
    },
  };
  return {
    groups: [group],
    swarm: flags['no-swarm']
      ? null
      : {
          name: flags.swarm,
          advertiseAddr: flags['advertise-addr'],
          addressPool: flags['default-addr-pool'] ?? settings['default-addr-pool'],
          agent: flags.agent,
        },
    trust: {
      acceptNew: flags['accept-new-host-key'],
      ...(flags['host-key'] !== undefined && { file: flags['host-key'] }),
    },
  };
}

/** How the flags say that it is to be carried out. */
export const createOptions = (flags: Pick<CreateFlagValues, 'fix' | 'rollback' | 'dry-run'>): CreateOptions => ({
  fix: flags.fix,
  rollback: flags.rollback,
  dryRun: flags['dry-run'],
});

/** `--force` is an option of some drivers, and says nothing of which. */
const isDrivers = (flag: string): boolean => !(flag in createFlags);

/** By flag name without the dashes, as in `docker-subnet`: whose they are is checked when the driver is chosen. */
function givenOptions(
  flags: Readonly<Record<string, unknown>>,
  drivers: readonly DriverDeclaration[],
): Readonly<Record<string, unknown>> {
  const names = drivers.flatMap(optionFlags);
  return Object.fromEntries(names.filter((name) => flags[name] !== undefined).map((name) => [name, flags[name]]));
}

/** `NAME` or `NAME=[USER@]HOST[:PORT]`; IPv6 in brackets where a port follows. Errors: ADDRESS_INVALID. */
function hostOf(word: string): { readonly name: string; readonly address?: HostAddress } {
  const at = word.indexOf('=');
  if (at < 0) return { name: word };
  const [name, text] = [word.slice(0, at), word.slice(at + 1)];
  const [, user, bracketed, plain, port] =
    /^(?:([^@\s]+)@)?(?:\[([0-9a-fA-F:.%]+)\]|([^@\s:[\]]+|[0-9a-fA-F]*:[0-9a-fA-F:.]*:[0-9a-fA-F.]*))(?::(\d+))?$/.exec(
      text,
    ) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || Number(port ?? 22) > 65_535 || Number(port ?? 22) === 0)
    throw usageError('ADDRESS_INVALID', `'${text}' is not a valid address for ${name}`, `${name}=[USER@]HOST[:PORT]`);
  return { name, address: { host, user, port: port === undefined ? undefined : Number(port) } };
}

const optionFlags = ({ name, options }: DriverDeclaration): readonly string[] =>
  Object.entries(options).map(([option, declaration]) => optionFlag(name, option, declaration));

/** The driver that a command line, the environment or the settings name: a driver's own flag, or an address, does it as well as `--driver`. */
export function driverChoice(
  flag: string | undefined,
  options: readonly string[],
  hasAddresses: boolean,
  drivers: readonly DriverDeclaration[],
  env: CommandIo['env'],
  settings: Settings,
): Pick<HostGroup, 'driver' | 'driverSource'> {
  const [option = ''] = options;
  const implied = drivers.find((driver) => optionFlags(driver).includes(option));
  if (flag !== undefined) return { driver: flag, driverSource: 'named by --driver' };
  if (implied !== undefined) return { driver: implied.name, driverSource: `named by --${option}` };
  const adopting = hasAddresses ? drivers.find(({ addressOptions }) => addressOptions !== undefined) : undefined;
  if (adopting !== undefined) return { driver: adopting.name, driverSource: 'hosts with an address exist already' };
  const variable = env['SWARMUP_DRIVER'] ?? '';
  if (variable !== '') return { driver: variable, driverSource: 'named by SWARMUP_DRIVER' };
  if (settings.driver !== undefined) return { driver: settings.driver, driverSource: `named in ${settings.path}` };
  return { driver: undefined };
}
