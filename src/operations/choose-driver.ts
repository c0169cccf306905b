import { SwarmupError, usageError } from '../lib/errors.js';
import { exitCodes } from '../lib/exit-codes.js';
import type { Driver, DriverContext, OptionValues, Problem } from '../drivers/driver.js';
import { swarmMachines } from './swarm-access.js';
import type { OperationContext } from './context.js';
import type { CreateRequest, HostAddress } from './results.js';

export interface ChosenDriver {
  readonly driver: Driver;
  readonly options: OptionValues;
  /** Those of one host, with its address. */
  readonly optionsOf: (name: string) => OptionValues;
  /** Why this one, for the output. */
  readonly reason: string;
}

/** What a driver gets from us for one call. */
export function driverContext(
  context: OperationContext,
  driver: { readonly name: string },
  options: OptionValues,
  call: { readonly signal?: AbortSignal; readonly log?: (message: string) => void } = {},
): DriverContext {
  return {
    options,
    signal: call.signal ?? context.signal,
    log: call.log ?? quietly,
    run: context.run,
    env: context.env,
    cacheDir: context.cacheDir,
    exclusive: (key, use) => {
      // The holder may be building an image or downloading one.
      const patience = { signal: call.signal ?? context.signal, timeoutMs: 30 * 60_000 };
      return context.store.withLock(`driver-${driver.name}-${key}`, patience, use);
    },
  };
}

/** Where no step is under way there is no line to show a driver's log on. */
const quietly = (): undefined => undefined;

/**
 * The driver for new hosts: the one that was named, else that of the swarm's other hosts, else the most preferred
 * one that works here. Errors: DRIVER_UNKNOWN, OPTION_INVALID, OPTION_FOREIGN (exit 2), DRIVER_NONE (exit 3).
 */
export async function chooseDriver(context: OperationContext, request: CreateRequest): Promise<ChosenDriver> {
  const named = request.driver ?? (await driverOfSwarm(context, request.swarm));
  if (named !== undefined) {
    const driver = await context.drivers.get(named);
    const reason =
      request.driver === undefined
        ? `as the other hosts of swarm ${request.swarm ?? ''}`
        : (request.driverSource ?? 'as asked');
    return { driver, ...optionsFor(context, driver, request), reason };
  }
  const candidates = [...context.drivers.declarations]
    .filter((d) => d.preference > 0)
    .sort((a, b) => b.preference - a.preference);
  const refused: string[] = [];
  for (const { name } of candidates) {
    const driver = await context.drivers.get(name);
    const { options, optionsOf } = optionsFor(context, driver, request);
    const problems = await driver.check(driverContext(context, driver, options), request.names);
    const error = problems.find((problem) => problem.severity === 'error');
    const found = problems.find((problem) => problem.severity === 'info')?.message;
    if (error === undefined)
      return { driver, options, optionsOf, reason: `best available here${found === undefined ? '' : `: ${found}`}` };
    refused.push(`${name}: ${error.message}`);
    if (candidates.length === 1) throw preflightError([error]);
  }
  throw new SwarmupError('DRIVER_NONE', `no driver can make hosts here (${refused.join('; ')})`, {
    exitCode: exitCodes.preflight,
    hints: ['swarmup driver ls shows the drivers', 'choose one with --driver NAME to see its own remedies'],
  });
}

async function driverOfSwarm(context: OperationContext, swarm: string | null): Promise<string | undefined> {
  return swarm === null ? undefined : (await swarmMachines(context, swarm))[0]?.driver;
}

/** Options of another driver than the chosen one are a mistake, not something to be quiet about. */
function optionsFor(
  context: OperationContext,
  driver: Driver,
  request: CreateRequest,
): Pick<ChosenDriver, 'options' | 'optionsOf'> {
  const prefix = `${driver.name}-`;
  const foreign = Object.keys(request.driverOptions).find((flag) => !flag.startsWith(prefix));
  if (foreign !== undefined)
    throw usageError(
      'OPTION_FOREIGN',
      `--${foreign} is no option of the driver ${driver.name}`,
      `swarmup create --help`,
    );
  const own = Object.fromEntries(
    Object.entries(request.driverOptions).map(([flag, value]) => [flag.slice(prefix.length), value] as const),
  );
  const read = (more: Readonly<Record<string, unknown>>): OptionValues =>
    context.drivers.options(driver.name, { ...own, ...more }, context.env);
  const options = read({});
  const optionsOf = (name: string): OptionValues => {
    const address = request.addresses?.[name];
    return address === undefined ? options : read(addressOptions(driver, name, address));
  };
  for (const name of request.names) optionsOf(name);
  return { options, optionsOf };
}

function addressOptions(driver: Driver, name: string, address: HostAddress): Readonly<Record<string, unknown>> {
  const { addressOptions: keys } = driver;
  if (keys === undefined)
    throw usageError(
      'ADDRESS_UNSUPPORTED',
      `the driver ${driver.name} makes its hosts: ${name} cannot be given an address`,
      '--driver generic takes hosts that exist already',
    );
  const { host, user, port } = address;
  return {
    [keys.host]: host,
    ...(user !== undefined && { [keys.user]: user }),
    ...(port !== undefined && { [keys.port]: port }),
  };
}

/** Turns the errors of a driver's check into the one error that ends a command (exit 3); hints of all of them. */
export function preflightError(problems: readonly Problem[]): SwarmupError {
  const [first] = problems;
  return new SwarmupError(first?.code ?? 'PREFLIGHT', problems.map((problem) => problem.message).join('; '), {
    exitCode: exitCodes.preflight,
    hints: problems.flatMap((problem) => problem.hints),
  });
}
