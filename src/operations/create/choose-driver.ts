import { SwarmupError, usageError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import { swarmup } from '../../lib/typed-command.js';
import type { Driver, OptionValues } from '../../drivers/driver.js';
import { optionFlag } from '../../drivers/option-values.js';
import { swarmMachines } from '../access/swarm-access.js';
import { asFlags, askedOptions, differences, inherited, swarmOptions } from './swarm-options.js';
import type { OperationContext } from '../access/context.js';
import type { HostAddress, HostGroup } from '../access/create-request.js';
import { driverContext, preflightError } from '../access/driver-context.js';

export interface ChosenDriver {
  readonly driver: Driver;
  readonly options: OptionValues;
  /** Those of hosts that have an address, by name. */
  readonly addressed: Readonly<Record<string, OptionValues>>;
  /** Names of the options that no record may hold. */
  readonly secretOptions: readonly string[];
  /** The options that new hosts get because the swarm has them, as flags. */
  readonly inherited: readonly string[];
  /** By what new hosts differ from the swarm. */
  readonly warnings: readonly string[];
  /** Why this one, for the output. */
  readonly reason: string;
}

/** Hosts that are made alike, and what makes them. */
export interface ChosenGroup {
  readonly group: HostGroup;
  readonly chosen: ChosenDriver;
}

/**
 * The driver for new hosts: the one that was named, else that of the swarm's other hosts, else the most preferred
 * one that works here; with the swarm's options where none are given. Errors: DRIVER_UNKNOWN, OPTION_INVALID,
 * OPTION_FOREIGN (exit 2), DRIVER_NONE, OPTION_DIFFERS (exit 3).
 */
export async function chooseDriver(
  context: OperationContext,
  group: HostGroup,
  swarm: string | null,
): Promise<ChosenDriver> {
  const named = group.driver ?? (await driverOfSwarm(context, swarm));
  if (named !== undefined) {
    const driver = await context.drivers.get(named).catch((error: unknown) => {
      throw withSource(error, named, group.driverSource);
    });
    const own = await optionsFor(context, driver, group, swarm);
    const reason =
      group.driver === undefined
        ? `the same driver as for the other hosts of swarm ${swarm ?? ''}`
        : (group.driverSource ?? 'as asked');
    return { driver, ...own, reason };
  }
  const candidates = [...context.drivers.declarations]
    .filter((d) => d.preference > 0)
    .sort((a, b) => b.preference - a.preference);
  const refused: string[] = [];
  for (const { name } of candidates) {
    const driver = await context.drivers.get(name);
    const own = await optionsFor(context, driver, group, swarm);
    // Whether it works here. What it says about these hosts comes later and is not a reason to take another driver.
    const problems = await driver.check(driverContext(context, driver, own.options), []);
    const error = problems.find((problem) => problem.severity === 'error' && problem.fix === undefined);
    const found = problems.find((problem) => problem.severity === 'info')?.message;
    if (error === undefined)
      return { driver, ...own, reason: `the best driver on this computer${found === undefined ? '' : `: ${found}`}` };
    refused.push(`${name}: ${error.message}`);
    if (candidates.length === 1) throw preflightError([error]);
  }
  throw new SwarmupError('DRIVER_NONE', `no driver can make hosts on this computer (${refused.join('; ')})`, {
    exitCode: exitCodes.preflight,
    hints: [`${swarmup`driver ls`} shows the drivers`, 'choose a driver with --driver NAME to see how to make it work'],
  });
}

/** An unknown driver that the environment or a file names: the user may have forgotten that it does. */
function withSource(error: unknown, name: string, source: string | undefined): unknown {
  if (!(error instanceof SwarmupError) || source === undefined) return error;
  const { code, message, hints, exitCode } = error;
  return new SwarmupError(code, message, { exitCode, hints: [...hints, `${name} is ${source}`], cause: error });
}

async function driverOfSwarm(context: OperationContext, swarm: string | null): Promise<string | undefined> {
  return swarm === null ? undefined : (await swarmMachines(context, swarm))[0]?.driver;
}

/** Options of another driver than the chosen one are a mistake, not something to be quiet about. */
async function optionsFor(
  context: OperationContext,
  driver: Driver,
  group: HostGroup,
  swarm: string | null,
): Promise<Omit<ChosenDriver, 'driver' | 'reason'>> {
  const { name } = driver;
  const declaration = await context.drivers.describe(name);
  const { options } = declaration;
  const byFlag = new Map(Object.entries(options).map(([option, d]) => [optionFlag(name, option, d), option]));
  const given = Object.entries(group.driverOptions ?? {}).map(
    ([flag, value]) => [flag, byFlag.get(flag), value] as const,
  );
  const [foreign] = given.find(([, option]) => option === undefined) ?? [];
  if (foreign !== undefined)
    throw usageError(
      'OPTION_FOREIGN',
      `the driver ${name} does not have the option --${foreign}`,
      swarmup`create --help --driver ${name}`,
    );
  const own = given.flatMap(([, option, value]) => (option === undefined ? [] : [[option, value] as const]));
  const secret = Object.entries(options).filter(([, option]) => option.secret === true);
  // A manifest says all of its lab.
  const found = group.lab === undefined ? await swarmOptions(context, declaration, swarm) : undefined;
  const fresh = found === undefined ? [] : await newNames(context, group);
  const known = fresh.length > 0 ? found : undefined;
  const asked = askedOptions(declaration, Object.fromEntries(own), context.env);
  const kept = known && inherited(declaration, known, asked);
  const read = (more: Readonly<Record<string, unknown>>): Promise<OptionValues> =>
    context.drivers.options(name, { ...kept, ...Object.fromEntries(own), ...more }, context.env);
  const all = await read({});
  return {
    options: all,
    inherited: asFlags(declaration, kept ?? {}),
    warnings: known === undefined ? [] : differences(declaration, known, { asked, own: all, hosts: fresh }),
    addressed: Object.fromEntries(
      await Promise.all(
        Object.entries(group.addresses ?? {}).map(
          async ([host, address]) => [host, await read(addressOptions(context, driver, host, address))] as const,
        ),
      ),
    ),
    secretOptions: secret.map(([option]) => option),
  };
}

/** Those of the names that are no hosts yet: hosts that are there keep their options. */
async function newNames(context: OperationContext, { names }: HostGroup): Promise<readonly string[]> {
  const records = await Promise.all(names.map((name) => context.store.read(name)));
  return names.filter((_, i) => records[i] === undefined);
}

function addressOptions(
  { drivers }: OperationContext,
  driver: Driver,
  name: string,
  address: HostAddress,
): Readonly<Record<string, unknown>> {
  const { addressOptions: keys } = driver;
  if (keys === undefined)
    throw usageError(
      'ADDRESS_UNSUPPORTED',
      `the driver ${driver.name} makes new hosts, so ${name} cannot have an address of an existing host`,
      ...drivers.declarations
        .filter((other) => other.addressOptions !== undefined)
        .map((other) => `use --driver ${other.name} for hosts that exist already`),
    );
  const { host, user, port } = address;
  return {
    [keys.host]: host,
    ...(user !== undefined && { [keys.user]: user }),
    ...(port !== undefined && { [keys.port]: port }),
  };
}
