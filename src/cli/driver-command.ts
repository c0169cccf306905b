import { Args, type Command, type Interfaces } from '@oclif/core';
import type { CommandText, DriverCommand, DriverDeclaration } from '../drivers/driver.js';
import { commandId, optionsOf } from '../drivers/driver-command.js';
import { optionFlag } from '../drivers/option-values.js';
import { BaseCommand } from './base-command.js';
import { flagValues } from './flag-declaration.js';
import { listArg } from './list-arg.js';
import { driverFlags, oclifFlags, splitValues } from './oclif-flags.js';
import { confirm } from './prompts.js';
import { table } from './render/table.js';

/** The oclif class of a command that a driver brings: `swarmup <driver> <command>`. */
export function driverCommand(driver: DriverDeclaration, command: DriverCommand): Command.Class {
  const own = { ...driver, options: optionsOf(driver, command) };
  return class extends BaseCommand {
    static override id = commandId(driver, command);
    static override summary = command.summary;
    static override description = command.description ?? '';
    static override examples = [...(command.examples ?? [])];
    static override args = wordsOf(command);
    static override flags: Interfaces.FlagInput = { ...oclifFlags(command.flags ?? {}), ...driverFlags([own]) };

    async run(): Promise<unknown> {
      const { args, flags } = await this.parse(this.ctor, splitValues(this.argv, [own]));
      const { runDriverCommand } = await import('../operations/drivers/driver-command.js');
      const outcome = await this.operate({ quiet: true }, (context) =>
        runDriverCommand(context, {
          driver: driver.name,
          command,
          words: Object.values(args as Readonly<Record<string, string | readonly string[] | undefined>>).flatMap(
            (word) => word ?? [],
          ),
          flags: flagValues(command.flags ?? {}, flags),
          options: typedOptions(own, flags),
          confirm: (what, question) => {
            this.io.say(textOf(what));
            return confirm(this.io, question, context.signal);
          },
        }),
      );
      this.exitWith(outcome.exitCode ?? 0);
      this.print(outcome.text.map(textOf).join(''));
      return outcome.result;
    }
  };
}

function wordsOf({ words }: DriverCommand): Interfaces.ArgInput {
  if (words === undefined) return {};
  const { name, description, many = false, required = false } = words;
  const optional = many ? listArg(description) : Args.string({ description });
  return { [name]: required ? Args.string({ description, multiple: many, required }) : optional };
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
