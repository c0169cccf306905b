import type { Config } from '@oclif/core';
import type { CommandIo } from './command-io.js';
import { dockerMachinePlugins } from '../drivers/docker-machine/find-plugins.js';
import { builtInDrivers } from '../drivers/built-in.js';
import { addPluginDrivers, type PluginAnswer } from '../drivers/plugin-drivers.js';
import { createRegistry, type DriverRegistry } from '../drivers/registry.js';

export interface LoadedDrivers {
  readonly registry: DriverRegistry;
  /** Why drivers of a plugin are not there, one line each. */
  readonly warnings: readonly string[];
}

/**
 * The built-in drivers, those that installed plugins answer to the oclif hook `swarmup:driver`, and those of
 * docker-machine that are on PATH when they are named.
 */
export async function loadDrivers(config: Config, { env }: Pick<CommandIo, 'env'>): Promise<LoadedDrivers> {
  // oclif keeps a hook that throws to itself: its driver would merely be unknown.
  const { successes, failures } = await config.runHook('swarmup:driver', {}, hookTimeoutMs, true);
  const answers: readonly PluginAnswer[] = [
    ...successes.map(({ plugin, result }) => ({ plugin: plugin.name, drivers: result as unknown })),
    ...failures.map(({ plugin, error }) => ({ plugin: plugin.name, error })),
  ];
  const { entries, warnings } = addPluginDrivers(builtInDrivers, answers);
  return { registry: createRegistry(entries, dockerMachinePlugins(env)), warnings };
}

const hookTimeoutMs = 10_000;
