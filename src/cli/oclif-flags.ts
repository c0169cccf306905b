import type { Interfaces } from '@oclif/core';
// Alone: the help needs nothing else of oclif, and all of it takes twice as long to load as Node.js to start.
import * as Flags from '@oclif/core/flags';
import type { DriverDeclaration } from '../drivers/driver.js';
import { optionEnv, optionFlag } from '../drivers/option-values.js';
import type { CommandFlag, FlagDeclarations } from './flag-declaration.js';

/** What the group of a driver's flags begins with, in the help of `create`. */
export const driverGroup = 'DRIVER ';

type OclifFlags = Interfaces.FlagInput;

/** oclif's flags of declared ones. */
export const oclifFlags = (declarations: FlagDeclarations): OclifFlags =>
  Object.fromEntries(Object.entries(declarations).map(([name, flag]) => [name, oclifFlag(flag)] as const));

/** A driver's options as flags: `subnet` of `docker` is `--docker-subnet`. */
export const driverFlags = (declarations: readonly DriverDeclaration[]): FlagDeclarations =>
  Object.assign({}, ...declarations.map(flagsOfDriver)) as FlagDeclarations;

/** `--force`, which `create` shares with drivers: in its words, and what each driver makes of it. */
export function forceFlag(drivers: readonly DriverDeclaration[]) {
  const meanings = drivers.flatMap(({ name, options }) =>
    Object.values(options)
      .filter(({ flag }) => flag === 'force')
      .map(({ description }) => `; ${name}: ${description}`),
  );
  return {
    type: 'boolean',
    description: `go on even if the driver warns that the swarm would suffer${meanings.join('')}`,
  } as const;
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
 * Defaults and environment variables are only described, not set: the registry applies them, only for the chosen
 * driver, so that only the flags that the user typed arrive here.
 */
function flagsOfDriver({ name, options }: DriverDeclaration): FlagDeclarations {
  const prefixed = Object.entries(options).map(([option, { default: value, ...declaration }]) => {
    const told = value === undefined ? '' : ` [default: ${String(value)}]`;
    const description = `${declaration.description}${told} [env: ${optionEnv(name, option, declaration)}]`;
    // Not given, yes and no are three answers: for the first the registry looks further.
    const flag = { ...declaration, description, negatable: true, group: `${driverGroup}${name}` };
    return [optionFlag(name, option, declaration), flag] as const;
  });
  return Object.fromEntries(prefixed);
}

/** The fields with other names in oclif; it accepts the rest of a declaration as it is. */
function sharedOf({ description, char, group, value, needs, excludes, required, showsDefault }: CommandFlag) {
  return {
    description,
    ...(char !== undefined && { char: char as Interfaces.AlphabetLowercase }),
    ...(group !== undefined && { helpGroup: group }),
    ...(value !== undefined && { helpValue: `<${value}>` }),
    ...(needs !== undefined && { dependsOn: [...needs] }),
    ...(excludes !== undefined && { exclusive: [...excludes] }),
    ...(required === true && { required: true as const }),
    ...(showsDefault === false && { defaultHelp: () => Promise.resolve(undefined) }),
  };
}

function oclifFlag(flag: CommandFlag): Interfaces.Flag<unknown> {
  const shared = sharedOf(flag);
  switch (flag.type) {
    case 'boolean':
      return Flags.boolean({ ...shared, allowNo: flag.negatable === true });
    case 'integer':
      return Flags.integer({
        ...shared,
        ...defined({ default: flag.default, min: flag.min, max: flag.max }),
      }) as Interfaces.Flag<unknown>;
    case 'list': {
      const values = { multiple: true, multipleNonGreedy: true } as const;
      return Flags.string({
        ...shared,
        ...defined({ default: flag.default && [...flag.default] }),
        ...values,
      }) as Interfaces.Flag<unknown>;
    }
    case 'string':
      return Flags.string({
        ...shared,
        ...defined({ default: flag.default, options: flag.choices }),
      }) as Interfaces.Flag<unknown>;
  }
}

const defined = <T extends object>(values: T): { [Name in keyof T]?: Exclude<T[Name], undefined> } =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
