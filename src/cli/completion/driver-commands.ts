import type { DriverCommand, DriverDeclaration, FlagDeclaration } from '../../drivers/driver.js';
import { commandId, namesOf, optionsOf } from '../../drivers/driver-command.js';
import { optionFlag } from '../../drivers/option-values.js';
import { globalFlags } from '../global-flags.js';
import type { CommandManifest, ManifestCommand, ManifestFlag } from './command-manifest.js';

/** The manifest with the commands that drivers bring: it is made of the files of commands, and those have none. */
export function withDriverCommands(
  { commands }: CommandManifest,
  drivers: readonly DriverDeclaration[],
): CommandManifest {
  const added = drivers.flatMap((driver) =>
    (driver.commands?.list ?? []).map((command) => [commandId(driver, command), manifestCommand(driver, command)]),
  );
  const all = { ...(Object.fromEntries(added) as CommandManifest['commands']), ...commands };
  return { commands: Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1))) };
}

function manifestCommand(driver: DriverDeclaration, command: DriverCommand): ManifestCommand {
  const { words } = command;
  const options = Object.entries(optionsOf(driver, command)).map(
    ([name, option]) => [optionFlag(driver.name, name, option), { ...option, negatable: true }] as const,
  );
  const flags = [...Object.entries(globalFlags), ...Object.entries(command.flags ?? {}), ...options];
  return {
    summary: command.summary,
    args: words === undefined ? {} : { [words.name]: { name: words.name, multiple: words.many === true } },
    flags: Object.fromEntries(flags.map(([name, flag]) => [name, manifestFlag(name, flag)])),
    names: namesOf(command),
  };
}

function manifestFlag(name: string, flag: FlagDeclaration): ManifestFlag {
  const shared = { name, description: flag.description, ...(flag.char !== undefined && { char: flag.char }) };
  if (flag.type === 'boolean') return { ...shared, type: 'boolean', allowNo: flag.negatable === true };
  const options = flag.type === 'string' ? flag.choices : undefined;
  return { ...shared, type: 'option', multiple: flag.type === 'list', ...(options !== undefined && { options }) };
}
