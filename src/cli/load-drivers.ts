import type { Config } from '@oclif/core';
import type { CommandIo } from './command-io.js';
import { builtInDrivers } from '../drivers/built-in.js';
import type { DriverDeclaration } from '../drivers/driver.js';
import { commandId } from '../drivers/driver-command.js';
import { foundDrivers } from '../drivers/found.js';
import { addPluginDrivers, type PluginAnswer } from '../drivers/plugin-drivers.js';
import { createRegistry, type DriverRegistry } from '../drivers/registry.js';

export interface LoadedDrivers {
  readonly registry: DriverRegistry;
  /** Why drivers of a plugin are not there, one line each. */
  readonly warnings: readonly string[];
}

interface Commands {
  readonly hasCommand: (id: string) => boolean;
}

/**
 * The built-in drivers, those that installed plugins answer to the oclif hook `swarmup:driver`, and those that are on
 * PATH when they are named.
 */
export async function loadDrivers(config: Config & Commands, { env }: Pick<CommandIo, 'env'>): Promise<LoadedDrivers> {
  // oclif keeps a hook that throws to itself: its driver would merely be unknown.
  const { successes, failures } = await config.runHook('swarmup:driver', {}, hookTimeoutMs, true);
  const answers: readonly PluginAnswer[] = [
    ...successes.map(({ plugin, result }) => ({ plugin: plugin.name, drivers: result as unknown })),
    ...failures.map(({ plugin, error }) => ({ plugin: plugin.name, error })),
  ];
  const { entries, warnings } = addPluginDrivers(builtInDrivers, answers);
  const added = entries.slice(builtInDrivers.length).map(({ declaration }) => declaration);
  const hidden = added.flatMap((driver) => hiddenCommands(config, driver));
  return { registry: createRegistry(entries, foundDrivers(env)), warnings: [...warnings, ...hidden] };
}

const hookTimeoutMs = 10_000;

/** Commands that swarmup itself has. */
const hiddenCommands = (config: Commands, driver: DriverDeclaration): readonly string[] =>
  (driver.commands?.list ?? [])
    .filter((command) => config.hasCommand(commandId(driver, command)))
    .map(
      ({ name }) =>
        `the command '${name}' of the driver ${driver.name} is not available: swarmup has a command with this name`,
    );
