import { parseArgs, type ParseArgsConfig } from 'node:util';
import { flagValues, type FlagDeclaration, type FlagDeclarations, type FlagValues } from '../flag-declaration.js';
import { namesOf, type LightCommand } from './light-command.js';

export interface LightInput<F extends FlagDeclarations> {
  readonly names: readonly string[];
  readonly flags: FlagValues<F>;
}

type ParseOption = NonNullable<ParseArgsConfig['options']>[string];

/** What `BaseCommand` gives every command; how they are obeyed is read from argv itself. */
const everywhere: Readonly<Record<string, ParseOption>> = { json: { type: 'boolean' }, debug: { type: 'boolean' } };

/**
 * Parses the arguments of a light command when they are plainly right. Anything else (`--help`, an unknown flag, a
 * wrong value, a name too many) is undefined: oclif parses it again and says what is wrong.
 */
export function parseLight<F extends FlagDeclarations>(
  command: Pick<LightCommand<F>, 'flags' | 'names'>,
  args: readonly string[],
): LightInput<F> | undefined {
  try {
    const options = Object.entries(command.flags).map(([name, flag]) => [name, optionOf(flag)] as const);
    const parsed = parseArgs({
      args: [...args],
      options: { ...everywhere, ...Object.fromEntries(options) },
      allowPositionals: command.names !== undefined,
    });
    if (parsed.positionals.length > 1 && command.names?.many !== true) return undefined;
    const checked = Object.entries(command.flags).map(([name, flag]) => [
      name,
      checkedValue(flag, parsed.values[name]),
    ]);
    return {
      names: namesOf(command, parsed.positionals),
      flags: flagValues(command.flags, Object.fromEntries(checked) as Record<string, unknown>),
    };
  } catch {
    return undefined;
  }
}

function optionOf(flag: FlagDeclaration): ParseOption {
  return {
    type: flag.type === 'boolean' ? 'boolean' : 'string',
    multiple: flag.type === 'list',
    ...(flag.char !== undefined && { short: flag.char }),
  };
}

/** Throws for a value that the flag does not take. */
function checkedValue(flag: FlagDeclaration, value: unknown): unknown {
  if (value === undefined) return undefined;
  if (flag.type === 'string' && flag.choices?.includes(value as string) === false) throw new Error('no such choice');
  if (flag.type !== 'integer') return value;
  const number = Number(value);
  if (!/^\d+$/.test(value as string) || number < (flag.min ?? 0) || number > (flag.max ?? Infinity))
    throw new Error('no such number');
  return number;
}
