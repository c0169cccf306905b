import type { Interfaces } from '@oclif/core';
// Alone: the help needs no more of oclif, and all of it takes as long to load as Node.js to start, twice.
import * as Flags from '@oclif/core/flags';
import type { DriverDeclaration, FlagDeclaration } from '../drivers/driver.js';
import { optionEnv, optionFlag } from '../drivers/option-values.js';
import type { FlagDeclarations } from './flag-declaration.js';

/** What the group of a driver's flags begins with, in the help of `create`. */
export const driverGroup = 'DRIVER ';

type OclifFlags = Interfaces.FlagInput;

/** oclif's flags of declared ones. */
export function oclifFlags(declarations: FlagDeclarations, helpGroup?: string): OclifFlags {
  return Object.fromEntries(
    Object.entries(declarations).map(([name, flag]) => [name, oclifFlag(flag, helpGroup)] as const),
  );
}

/** A driver's options as flags: `subnet` of `docker` is `--docker-subnet`. */
export function driverFlags(declarations: readonly DriverDeclaration[]): OclifFlags {
  return Object.assign({}, ...declarations.map(flagsOfDriver)) as OclifFlags;
}

/** `--force`, which `create` shares with drivers: in its words, and what each driver makes of it. */
export function forceFlag(drivers: readonly DriverDeclaration[]) {
  const meanings = drivers.flatMap(({ name, options }) =>
    Object.values(options)
      .filter(({ flag }) => flag === 'force')
      .map(({ description }) => `; ${name}: ${description}`),
  );
  return Flags.boolean({
    description: `also when the driver refuses because the swarm would suffer${meanings.join('')}`,
  });
}

/**
 * Words for oclif, whose booleans take no value: `--acme-spot=0.01` is `--acme-spot --acme-spot-price=0.01`, where
 * the driver acme declares what the value is for.
 */
export function splitValues(argv: readonly string[], declarations: readonly DriverDeclaration[]): string[] {
  const flags = new Map<string, string>(
    declarations.flatMap(({ name, options }) =>
      Object.entries(options).flatMap(([option, declaration]) => {
        const value = declaration.type === 'boolean' ? declaration.valueOption : undefined;
        const valued = value === undefined ? undefined : options[value];
        return value === undefined || valued === undefined
          ? []
          : [[`--${optionFlag(name, option, declaration)}`, `--${optionFlag(name, value, valued)}`] as const];
      }),
    ),
  );
  const end = argv.indexOf('--');
  return argv.flatMap((word, index) => {
    const at = word.indexOf('=');
    const valued = at < 0 || (end >= 0 && index > end) ? undefined : flags.get(word.slice(0, at));
    return valued === undefined ? [word] : [word.slice(0, at), `${valued}${word.slice(at)}`];
  });
}

/**
 * Defaults and environment variables are only told, not set: the registry applies them, for the chosen driver alone,
 * so that what arrives here is what the user typed.
 */
function flagsOfDriver({ name, options }: DriverDeclaration): OclifFlags {
  const prefixed = Object.entries(options).map(([option, { default: value, ...declaration }]) => {
    const told = value === undefined ? '' : ` [default: ${String(value)}]`;
    const description = `${declaration.description}${told} [env: ${optionEnv(name, option, declaration)}]`;
    // Not given, yes and no are three answers: for the first the registry looks further.
    return [optionFlag(name, option, declaration), { ...declaration, description, negatable: true }] as const;
  });
  return oclifFlags(Object.fromEntries(prefixed), `${driverGroup}${name}`);
}

function oclifFlag(flag: FlagDeclaration, helpGroup: string | undefined): Interfaces.Flag<unknown> {
  const shared = {
    description: flag.description,
    ...(flag.char !== undefined && { char: flag.char as Interfaces.AlphabetLowercase }),
    ...(helpGroup !== undefined && { helpGroup }),
    ...(flag.value !== undefined && { helpValue: `<${flag.value}>` }),
    ...(flag.needs !== undefined && { dependsOn: [...flag.needs] }),
  };
  switch (flag.type) {
    case 'boolean':
      return Flags.boolean({ ...shared, allowNo: flag.negatable === true });
    case 'integer':
      return Flags.integer({
        ...shared,
        ...(flag.default !== undefined && { default: flag.default }),
        ...(flag.min !== undefined && { min: flag.min }),
        ...(flag.max !== undefined && { max: flag.max }),
      }) as Interfaces.Flag<unknown>;
    case 'list':
      return Flags.string({ ...shared, multiple: true, multipleNonGreedy: true }) as Interfaces.Flag<unknown>;
    case 'string':
      return Flags.string({
        ...shared,
        ...(flag.default !== undefined && { default: flag.default }),
        ...(flag.choices !== undefined && { options: flag.choices }),
      }) as Interfaces.Flag<unknown>;
  }
}
