import type { Command, Interfaces } from '@oclif/core';
import type { DriverCommand, DriverDeclaration } from '../drivers/driver.js';
import { commandId, namesOf, optionsOf } from '../drivers/driver-command.js';
import { globalFlags } from './global-flags.js';
import { driverFlags, oclifFlags } from './oclif-flags.js';

/** Where commands are added: oclif's configuration, or what stands for it. */
interface Commands {
  readonly hasCommand: (id: string) => boolean;
  readonly add: (topic: Interfaces.Topic, commands: readonly Command.Loadable[]) => void;
}

/** Adds the commands that drivers bring, each driver a topic. Those that are there stay as they are. */
export function addDriverCommands(to: Commands, drivers: readonly DriverDeclaration[]): void {
  for (const driver of drivers) {
    const { about, list = [] } = driver.commands ?? {};
    const news = list.filter((command) => !to.hasCommand(commandId(driver, command)));
    if (about === undefined || news.length === 0) continue;
    const topic = { name: driver.name, description: about };
    to.add(
      topic,
      news.map((command) => loadable(driver, command)),
    );
  }
}

/** As oclif has a command that it has read, but not loaded: with its name in each flag, and the flags of all. */
function loadable(driver: DriverDeclaration, command: DriverCommand): Command.Loadable {
  const options = driverFlags([{ ...driver, options: optionsOf(driver, command) }]);
  const flags = oclifFlags({ ...globalFlags, ...command.flags, ...options });
  const { summary, description = '', examples = [], words } = command;
  return {
    id: commandId(driver, command),
    names: namesOf(command),
    summary,
    description,
    examples: [...examples],
    args: words === undefined ? {} : { [words.name]: { ...words, multiple: words.many } },
    flags: Object.fromEntries(Object.entries(flags).map(([name, flag]) => [name, { ...flag, name }])),
    aliases: [],
    hiddenAliases: [],
    hidden: false,
    hasDynamicHelp: false,
    load: async () => (await import('./driver-command.js')).driverCommand(driver, command),
  } as unknown as Command.Loadable;
}
