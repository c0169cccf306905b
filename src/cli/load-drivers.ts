import type { Config } from '@oclif/core';
import { builtInDrivers } from '../drivers/built-in.js';
import { addPluginDrivers, type PluginAnswer } from '../drivers/plugin-drivers.js';
import { createRegistry, type DriverRegistry } from '../drivers/registry.js';

export interface LoadedDrivers {
  readonly registry: DriverRegistry;
  /** Why drivers of a plugin are not there, one line each. */
  readonly warnings: readonly string[];
}

/** The built-in drivers and those that installed plugins answer to the oclif hook `swarmup:driver`. */
export async function loadDrivers(config: Config): Promise<LoadedDrivers> {
  // oclif keeps a hook that throws to itself: its driver would merely be unknown.
  const { successes, failures } = await config.runHook('swarmup:driver', {}, hookTimeoutMs, true);
  const answers: readonly PluginAnswer[] = [
    ...successes.map(({ plugin, result }) => ({ plugin: plugin.name, drivers: result as unknown })),
    ...failures.map(({ plugin, error }) => ({ plugin: plugin.name, error })),
  ];
  const { entries, warnings } = addPluginDrivers(builtInDrivers, answers);
  return { registry: createRegistry(entries), warnings };
}

const hookTimeoutMs = 10_000;
