import type { NameKind } from './arg-declaration.js';
import type { FlagDeclaration } from '../drivers/driver.js';

/** A flag of a command as data: help, completion and both ways of parsing are made of it. */
export type CommandFlag = FlagDeclaration & {
  readonly required?: boolean;
  /** Flags that it contradicts. */
  readonly excludes?: readonly string[];
  /** The kind of name in its value, for completion. */
  readonly names?: NameKind;
  /** It names the manifest of the lab that the command is about. */
  readonly isManifest?: true;
  /** The heading it stands under in the help. */
  readonly group?: string;
  /** false: its description contains the default. */
  readonly showsDefault?: false;
};

export type FlagDeclarations = Readonly<Record<string, CommandFlag>>;

type FlagValue = string | number | boolean | readonly string[] | undefined;

type ValueOf<D extends CommandFlag> = D['type'] extends 'boolean'
  ? boolean | (D extends { readonly negatable: true } ? undefined : never)
  : D['type'] extends 'list'
    ? readonly string[]
    : D['type'] extends 'integer'
      ? number | MissingOf<D>
      : (D extends { readonly choices: readonly (infer Choice)[] } ? Choice : string) | MissingOf<D>;

type MissingOf<D extends CommandFlag> = D extends { readonly default: string | number } | { readonly required: true }
  ? never
  : undefined;

/**
 * The values of declared flags: a list is never missing, a boolean only where no is another answer than none, the rest
 * only without a default.
 */
export type FlagValues<F extends FlagDeclarations> = { readonly [Name in keyof F]: ValueOf<F[Name]> };

/** Fills in missing flags. The caller has already checked `raw`. */
export function flagValues<F extends FlagDeclarations>(
  declarations: F,
  raw: Readonly<Record<string, unknown>>,
): FlagValues<F> {
  const values = Object.entries(declarations).map(([name, flag]) => [name, raw[name] ?? absent(flag)] as const);
  return Object.fromEntries(values) as FlagValues<F>;
}

function absent(flag: CommandFlag): FlagValue {
  if (flag.default !== undefined) return flag.default;
  if (flag.type === 'boolean') return flag.negatable === true ? undefined : false;
  return flag.type === 'list' ? [] : undefined;
}
