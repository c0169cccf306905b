import { parseArgs, type ParseArgsConfig } from 'node:util';
import { argValues } from '../arg-declaration.js';
import type { AnyWords, CommandDefinition } from '../command.js';
import { flagsOf } from '../command-line.js';
import { type CommandFlag, flagValues } from '../flag-declaration.js';

type ParseOption = NonNullable<ParseArgsConfig['options']>[string];

/** What oclif gives every command; how they are obeyed is read from argv itself. */
const everywhere: Readonly<Record<string, ParseOption>> = { json: { type: 'boolean' }, debug: { type: 'boolean' } };

/**
 * Parses the arguments of a light command when they are plainly right. Anything else (`--help`, an unknown flag, a
 * wrong value, a name too many) is undefined: oclif parses it again and says what is wrong. A light command takes one
 * argument at most, which can be left out.
 */
export function parseLight(
  command: Pick<CommandDefinition<never>, 'flags' | 'args'>,
  argv: readonly string[],
): AnyWords | undefined {
  const [[name, arg] = []] = Object.entries(command.args);
  try {
    const { values, positionals } = plainWords(argv) ?? parseFlags(command, argv);
    if (name === undefined && positionals.length > 0) return undefined;
    if (positionals.length > 1 && arg?.many !== true) return undefined;
    const given = Object.fromEntries(
      Object.entries(command.flags).map(([flag, declaration]) => [flag, checkedValue(declaration, values[flag])]),
    ) as Record<string, unknown>;
    const words = name === undefined ? {} : { [name]: arg?.many === true ? positionals : positionals[0] };
    return {
      args: argValues(command.args, words),
      flags: flagValues(command.flags, given),
      given,
    };
  } catch {
    return undefined;
  }
}

interface Parsed {
  readonly values: Readonly<Record<string, unknown>>;
  readonly positionals: readonly string[];
}

/** Without flags there is nothing to parse, and Node.js need not load its parser. */
function plainWords(argv: readonly string[]): Parsed | undefined {
  const before = flagsOf(argv);
  if (before.some((word) => word.startsWith('-'))) return undefined;
  return { values: {}, positionals: [...before, ...argv.slice(before.length + 1)] };
}

/** Errors: those of `parseArgs`. */
function parseFlags({ flags }: Pick<CommandDefinition<never>, 'flags'>, argv: readonly string[]): Parsed {
  const options = Object.entries(flags).map(([flag, declaration]) => [flag, optionOf(declaration)] as const);
  return parseArgs({
    args: [...argv],
    options: { ...everywhere, ...Object.fromEntries(options) },
    allowPositionals: true,
  });
}

function optionOf(flag: CommandFlag): ParseOption {
  const isBoolean = flag.type === 'boolean';
  return {
    type: isBoolean ? 'boolean' : 'string',
    multiple: !isBoolean,
    ...(flag.char !== undefined && { short: flag.char }),
  };
}

/** Throws for values that the flag does not take. */
function checkedValue(flag: CommandFlag, given: unknown): unknown {
  if (!Array.isArray(given) || flag.type === 'list') return given;
  const [value = '', ...more] = given as readonly string[];
  if (more.length > 0) throw new Error('given more than once');
  if (flag.type === 'integer') return checkedInteger(flag, value);
  if (flag.type === 'string' && flag.choices?.includes(value) === false) throw new Error('no such choice');
  return value;
}

function checkedInteger(
  { min = 0, max = Infinity }: { readonly min?: number; readonly max?: number },
  value: string,
): number {
  const number = Number(value);
  if (!/^\d+$/.test(value) || number < min || number > max) throw new Error('no such number');
  return number;
}
