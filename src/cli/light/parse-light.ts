import { parseArgs, type ParseArgsConfig } from 'node:util';
import type { FlagDeclaration } from '../../drivers/driver.js';
import { flagValues, type FlagDeclarations, type FlagValues } from '../flag-declaration.js';
import type { LightCommand } from './light-command.js';

interface LightInput<F extends FlagDeclarations> {
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
      names: parsed.positionals,
      flags: flagValues(command.flags, Object.fromEntries(checked) as Record<string, unknown>),
    };
  } catch {
    return undefined;
  }
}

function optionOf(flag: FlagDeclaration): ParseOption {
  const isBoolean = flag.type === 'boolean';
  return {
    type: isBoolean ? 'boolean' : 'string',
    multiple: !isBoolean,
    ...(flag.char !== undefined && { short: flag.char }),
  };
}

/** Throws for values that the flag does not take. */
function checkedValue(flag: FlagDeclaration, given: unknown): unknown {
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
