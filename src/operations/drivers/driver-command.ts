import type { CommandCall, CommandContext, CommandOutcome, DriverCommand } from '../../drivers/driver.js';
import { SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import type { OperationContext } from '../access/context.js';
import { driverContext } from '../access/driver-context.js';
import { storeOwner } from '../access/store-owner.js';

interface DriverCommandRequest extends Omit<CommandCall, 'command'> {
  /** Name of the driver. */
  readonly driver: string;
  readonly command: DriverCommand;
  /** Those of the driver's options that were typed, by name. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly confirm: CommandContext<unknown>['confirm'];
}

/** Runs a command that a driver brings. Errors: OPTION_INVALID (exit 2), and the command's own. */
export async function runDriverCommand(
  context: OperationContext,
  { driver: name, command, words, flags, ...request }: DriverCommandRequest,
): Promise<CommandOutcome> {
  const driver = await context.drivers.get(name);
  if (driver.runCommand === undefined)
    throw new Error(`the driver ${name} declares commands but has no function that runs them`);
  const options =
    command.options === undefined ? {} : await context.drivers.options(name, request.options, context.env);
  const log = (message: string): void => {
    context.report({ type: 'info', message });
  };
  const { store, env } = context;
  return driver.runCommand(
    {
      ...driverContext(context, driver, options, { log }),
      owner: storeOwner(store, env),
      confirm: request.confirm,
      ownHosts: async () => {
        const { machines } = await store.list();
        return machines
          .filter((machine) => machine.driver === name && machine.driverState !== null)
          .map(({ id, name: host, swarm, driverState }) => ({ id, name: host, swarm, state: driverState }));
      },
      everyHost: () => everyHost(context),
    },
    { command: command.name, words, flags },
  );
}

/** A record that cannot be read may be the one that knows. */
async function everyHost({ store }: OperationContext): ReturnType<CommandContext<unknown>['everyHost']> {
  const { machines, broken } = await store.list();
  if (broken.length > 0)
    throw new SwarmupError(
      'RECORD_BROKEN',
      `swarmup cannot find orphans because it cannot read the records of these hosts: ${broken.map(({ name }) => name).join(', ')}`,
      { exitCode: exitCodes.preflight, hints: broken.map(({ reason }) => reason) },
    );
  return machines.map(({ id, name, swarm }) => ({ id, name, swarm }));
}
