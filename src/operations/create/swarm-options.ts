import { isDeepStrictEqual } from 'node:util';
import type { DriverDeclaration, OptionDeclaration, OptionValues } from '../../drivers/driver.js';
import { optionEnv, optionFlag } from '../../drivers/option-values.js';
import { SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import type { OperationContext } from '../access/context.js';
import { swarmMachines } from '../access/swarm-access.js';

type Raw = Readonly<Record<string, unknown>>;

/** The options of the hosts that a swarm was made with. */
export interface SwarmOptions {
  readonly swarm: string;
  readonly values: Raw;
}

/**
 * The options of a driver that belong to a swarm: those of its oldest host of this driver, without those that mean one
 * host alone. Secret options are on no record. undefined: the swarm has no such host.
 */
export async function swarmOptions(
  context: OperationContext,
  { name, options }: DriverDeclaration,
  swarm: string | null,
): Promise<SwarmOptions | undefined> {
  if (swarm === null) return undefined;
  // A store that cannot be read fails the command under its locks, with the remedy.
  const [oldest] = (await swarmMachines(context, swarm).catch(() => []))
    .filter(({ driver }) => driver === name)
    .toSorted((a, b) => a.createdAt.localeCompare(b.createdAt));
  if (oldest === undefined) return undefined;
  const shared = Object.entries(oldest.options).filter(([option]) => isShared(options[option]));
  return { swarm, values: Object.fromEntries(shared) };
}

const isShared = (declaration: OptionDeclaration | undefined): boolean =>
  declaration !== undefined && declaration.perHost !== true && declaration.secret !== true;

/**
 * What new hosts inherit of the swarm's options: what neither the command line nor the environment gives, unless it
 * makes sense only together with an option that is given otherwise.
 */
export function inherited({ options }: DriverDeclaration, { values }: SwarmOptions, asked: Raw): Raw {
  const differs = (option: string): boolean => option in asked && !isSame(asked[option], values[option]);
  return Object.fromEntries(
    Object.entries(values).filter(
      ([option]) => !(option in asked) && !(options[option]?.dependsOn ?? []).some(differs),
    ),
  );
}

type Env = Readonly<Record<string, string | undefined>>;

/** The options that the command line or the environment gives. */
export function askedOptions({ name, options }: DriverDeclaration, flags: Raw, env: Env): Raw {
  const set = Object.entries(options).flatMap(([option, declaration]) => {
    const value = env[optionEnv(name, option, declaration)] ?? '';
    return value === '' ? [] : [[option, value] as const];
  });
  return { ...Object.fromEntries(set), ...flags };
}

/** Of options as they were given and as they are kept: `2` and 2, `a,b` and [a, b]. */
const isSame = (one: unknown, other: unknown): boolean =>
  isDeepStrictEqual(one, other) || textOf(one) === textOf(other);

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.join(',');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Inherited options that are not what they would be anyway, as on a command line. */
export const asFlags = ({ name, options }: DriverDeclaration, values: Raw): readonly string[] =>
  Object.entries(values).flatMap(([option, value]) => {
    const declaration = options[option];
    const isUsual = declaration === undefined || isDeepStrictEqual(value, declaration.default);
    return isUsual ? [] : [flag(name, option, declaration, value)];
  });

function flag(driver: string, option: string, declaration: OptionDeclaration, value: unknown): string {
  const word = `--${optionFlag(driver, option, declaration)}`;
  if (value === undefined) return `no ${word}`;
  return value === true ? word : `${word} ${textOf(value)}`;
}

/**
 * Warnings about options that new hosts do not have in common with the swarm. Errors: OPTION_DIFFERS (exit 3) if the
 * hosts could not form one swarm.
 */
export function differences(
  { name, options }: DriverDeclaration,
  { swarm, values }: SwarmOptions,
  { asked, own, hosts }: { readonly asked: Raw; readonly own: OptionValues; readonly hosts: readonly string[] },
): readonly string[] {
  const different = Object.entries(options).filter(
    ([option, declaration]) => option in asked && isShared(declaration) && !isSame(own[option], values[option]),
  );
  return different.map(([option, declaration]) => {
    const [mine, theirs] = [own, values].map((of) => flag(name, option, declaration, of[option]));
    const effect = declaration.differing;
    if (effect?.refused === true)
      throw new SwarmupError(
        'OPTION_DIFFERS',
        `${hosts.join(', ')} cannot join swarm ${swarm} with ${mine ?? ''}: its hosts have ${theirs ?? ''}, and ${effect.consequence}`,
        {
          exitCode: exitCodes.preflight,
          hints: [`leave out --${optionFlag(name, option, declaration)}: the new hosts get the swarm's own`],
        },
      );
    const consequence = effect === undefined ? '' : `; ${effect.consequence}`;
    return (
      `${mine ?? ''} is for ${hosts.join(', ')} only: swarm ${swarm} was made with ${theirs ?? ''}, ` +
      `which later hosts get again${consequence}`
    );
  });
}
