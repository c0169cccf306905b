import type { Command } from '@oclif/core';
import type { DriverDeclaration } from '../drivers/driver.js';
import { commandId } from '../drivers/driver-command.js';
import type { CommandConfig } from './command-config.js';
import { driverCommand } from './driver-command.js';
import { globalFlags } from './global-flags.js';
import { oclifFlags } from './oclif-flags.js';

/** Adds the commands that drivers bring, each driver a topic. Those that are there stay as they are. */
export function addDriverCommands(config: CommandConfig, drivers: readonly DriverDeclaration[]): void {
  for (const driver of drivers) {
    const { about, list = [] } = driver.commands ?? {};
    const news = list.filter((command) => !config.hasCommand(commandId(driver, command)));
    if (about === undefined || news.length === 0) continue;
    const topic = { name: driver.name, description: about };
    config.add(
      topic,
      news.map((command) => loadable(driverCommand(driver, command))),
    );
  }
}

/** As oclif has a command that it has read, but not loaded: with its name in each flag, and the flags of all. */
function loadable(command: Command.Class): Command.Loadable {
  const flags = { ...oclifFlags(globalFlags), ...command.flags };
  return {
    id: command.id,
    summary: command.summary,
    description: command.description,
    examples: command.examples,
    args: Object.fromEntries(
      Object.entries(command.args).map(([name, { description, multiple, required }]) => [
        name,
        { name, description, multiple, required },
      ]),
    ),
    flags: Object.fromEntries(Object.entries(flags).map(([name, flag]) => [name, { ...flag, name }])),
    aliases: [],
    hiddenAliases: [],
    hidden: false,
    hasDynamicHelp: false,
    load: () => Promise.resolve(command),
  } as Command.Loadable;
}
