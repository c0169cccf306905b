import { type SwarmupError, usageError } from '../lib/errors.js';
import { nearest } from '../lib/nearest.js';
import type { DriverDeclaration, OptionDeclaration, OptionValues } from './driver.js';

type Env = Readonly<Record<string, string | undefined>>;

/** Without dashes: `docker-subnet` for `subnet` of the driver `docker`, unless its declaration names another. */
export function optionFlag(driver: string, option: string, declaration: OptionDeclaration): string {
  return declaration.flag ?? `${driver}-${option}`;
}

/** `image-variant` of the driver `docker`: SWARMUP_DOCKER_IMAGE_VARIANT, unless its declaration names another. */
export function optionEnv(driver: string, option: string, declaration: OptionDeclaration): string {
  return declaration.env ?? `SWARMUP_${driver}_${option}`.replaceAll('-', '_').toUpperCase();
}

/**
 * The options of a driver: the given value, else the environment variable, else the default; checked and of the
 * declared type. Text is accepted for every type, as flags and variables give it.
 * Errors: OPTION_INVALID (exit 2), naming the flag or the variable.
 */
export function readOptions(driver: DriverDeclaration, raw: Readonly<Record<string, unknown>>, env: Env): OptionValues {
  const known = Object.keys(driver.options);
  const unknown = Object.keys(raw).find((name) => !known.includes(name));
  if (unknown !== undefined) throw unknownOption(driver, unknown);
  return Object.fromEntries(
    Object.entries(driver.options).flatMap(([name, declaration]) => {
      const variable = optionEnv(driver.name, name, declaration);
      const given = raw[name];
      const fromEnv = env[variable] === '' ? undefined : env[variable];
      if (given !== undefined)
        return [[name, parse(declaration, given, `--${optionFlag(driver.name, name, declaration)}`)]];
      if (fromEnv !== undefined) return [[name, parse(declaration, fromEnv, variable)]];
      return declaration.default === undefined ? [] : [[name, declaration.default]];
    }),
  );
}

function parse(declaration: OptionDeclaration, value: unknown, source: string): OptionValues[string] {
  switch (declaration.type) {
    case 'string':
      return parseString(declaration, value, source);
    case 'integer':
      return parseInteger(declaration, value, source);
    case 'boolean':
      return parseBoolean(value, source);
    case 'list':
      return parseList(value, source);
  }
}

function parseString({ choices }: OptionDeclaration & { type: 'string' }, value: unknown, source: string): string {
  if (typeof value !== 'string') throw invalid(source, value, 'a string');
  if (choices === undefined || choices.includes(value)) return value;
  throw invalid(source, value, choices.map((choice) => `'${choice}'`).join(' or '));
}

function parseInteger({ min, max }: OptionDeclaration & { type: 'integer' }, value: unknown, source: string): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  const fits = (n: number): boolean => Number.isSafeInteger(n) && n >= (min ?? n) && n <= (max ?? n);
  if (typeof number === 'number' && fits(number)) return number;
  const range = [...(min === undefined ? [] : [`at least ${min}`]), ...(max === undefined ? [] : [`at most ${max}`])];
  throw invalid(source, value, ['a whole number', ...range].join(', '));
}

const booleans: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  '1': true,
  false: false,
  no: false,
  off: false,
  '0': false,
};

function parseBoolean(value: unknown, source: string): boolean {
  const found = typeof value === 'string' ? booleans[value.toLowerCase()] : value;
  if (typeof found === 'boolean') return found;
  throw invalid(source, value, 'true or false');
}

/** As text: separated by commas. */
function parseList(value: unknown, source: string): readonly string[] {
  const parts: unknown = typeof value === 'string' ? value.split(',').map((part) => part.trim()) : value;
  if (Array.isArray(parts) && parts.every((part): part is string => typeof part === 'string'))
    return parts.filter((part) => part !== '');
  throw invalid(source, value, 'a list of strings');
}

function invalid(source: string, value: unknown, expected: string): SwarmupError {
  const shown = typeof value === 'string' ? `'${value}'` : JSON.stringify(value);
  return usageError('OPTION_INVALID', `${source}: ${shown} is not ${expected}`);
}

function unknownOption({ name: driver, options }: DriverDeclaration, option: string): SwarmupError {
  const flags = Object.entries(options).map(([name, declaration]) => optionFlag(driver, name, declaration));
  const alike = nearest(`${driver}-${option}`, flags).map((flag) => `--${flag}`);
  return usageError(
    'OPTION_INVALID',
    `the driver '${driver}' has no option '${option}'`,
    ...(alike.length > 0 ? [`did you mean ${alike.join(' or ')}?`] : []),
  );
}
