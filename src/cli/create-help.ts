import type { Command } from '@oclif/core';
import { builtInDrivers } from '../drivers/built-in.js';
import { foundDrivers } from '../drivers/found.js';
import { createRegistry, type DriverRegistry } from '../drivers/registry.js';
import type { CommandIo } from './command-io.js';
import { foundDriver, namedDriver } from './found-driver.js';
import { driverFlags, driverGroup, forceFlag, oclifFlags } from './oclif-flags.js';
import { readSettings } from './settings.js';

/**
 * The help of `create` names the drivers; it has the flags of the one that `--driver` names, also where that comes from
 * a plugin or is only found when it is named. Without a registry there are no plugins.
 */
export async function helpOfCreate(
  create: Command.Loadable,
  argv: readonly string[],
  io: CommandIo,
  registry: DriverRegistry = createRegistry(builtInDrivers, foundDrivers(io.env)),
): Promise<Pick<Command.Loadable, 'flags' | 'description'>> {
  const found = await foundDriver(registry, argv, io.env, await readSettings(io));
  const drivers = [...registry.declarations, ...found];
  const named = drivers.filter(({ name }) => name === namedDriver(argv));
  const own = Object.entries(create.flags).filter(([, { helpGroup = '' }]) => !helpGroup.startsWith(driverGroup));
  const names = drivers.map(({ name }) => name).join(', ');
  return {
    flags: { ...Object.fromEntries(own), ...oclifFlags({ ...driverFlags(named), force: forceFlag(named) }) },
    description: `${create.description ?? ''}\n\nDrivers: ${names}. create --driver NAME --help shows the flags of a driver.`,
  };
}
