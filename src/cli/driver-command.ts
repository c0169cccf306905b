import type { Command } from '@oclif/core';
import type { CommandText, DriverCommand, DriverDeclaration } from '../drivers/driver.js';
import { commandId, optionsOf } from '../drivers/driver-command.js';
import { optionFlag } from '../drivers/option-values.js';
import type { ArgDeclarations } from './arg-declaration.js';
import type { CommandDefinition } from './command.js';
import { shows } from './define-command.js';
import { flagValues } from './flag-declaration.js';
import { oclifCommand } from './oclif-command.js';
import { driverFlags, splitValues } from './oclif-flags.js';
import { confirm } from './prompts.js';
import { table } from './render/table.js';

/** The oclif class of a command that a driver brings: `swarmup <driver> <command>`. */
export const driverCommand = (driver: DriverDeclaration, command: DriverCommand): Command.Class =>
  Object.assign(oclifCommand(driverDefinition(driver, command)), { id: commandId(driver, command) });

function driverDefinition(driver: DriverDeclaration, command: DriverCommand): CommandDefinition {
  const own = { ...driver, options: optionsOf(driver, command) };
  return shows({
    summary: command.summary,
    description: command.description ?? '',
    examples: command.examples ?? [],
    args: wordsOf(command),
    flags: { ...command.flags, ...driverFlags([own]) },
    read: ({ argv }) => ({ argv: splitValues(argv, [own]) }),
    run: async ({ args, flags, given, io, operate, exitWith, print }) => {
      const { runDriverCommand } = await import('../operations/drivers/driver-command.js');
      const outcome = await operate({ quiet: true }, (context) =>
        runDriverCommand(context, {
          driver: driver.name,
          command,
          words: Object.values(args).flatMap((word) => word ?? []),
          flags: flagValues(command.flags ?? {}, flags),
          options: typedOptions(own, given),
          confirm: (what, question) => {
            io.say(textOf(what));
            return confirm(io, question, context.signal);
          },
        }),
      );
      exitWith(outcome.exitCode ?? 0);
      print(outcome.text.map(textOf).join(''));
      return outcome.result;
    },
  });
}

function wordsOf({ words }: DriverCommand): ArgDeclarations {
  if (words === undefined) return {};
  const { name, description, many = false, required = false } = words;
  return { [name]: { description, many, required } };
}

/** By the names of the options. */
const typedOptions = (
  { name, options }: DriverDeclaration,
  flags: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(options)
      .map(([option, declaration]) => [option, flags[optionFlag(name, option, declaration)]] as const)
      .filter(([, value]) => value !== undefined),
  );

const textOf = (part: CommandText): string => (typeof part === 'string' ? `${part}\n` : table(part.head, part.rows));
