import type { FlagDeclaration } from '../drivers/driver.js';

export type FlagDeclarations = Readonly<Record<string, FlagDeclaration>>;

type FlagValue = string | number | boolean | readonly string[] | undefined;

type ValueOf<D extends FlagDeclaration> = D['type'] extends 'boolean'
  ? boolean
  : D['type'] extends 'list'
    ? readonly string[]
    : D['type'] extends 'integer'
      ? number | MissingOf<D>
      : (D extends { readonly choices: readonly (infer Choice)[] } ? Choice : string) | MissingOf<D>;

type MissingOf<D extends FlagDeclaration> = D extends { readonly default: string | number } ? never : undefined;

/** The values of declared flags: a boolean is never missing, a list never, the rest only without a default. */
export type FlagValues<F extends FlagDeclarations> = { readonly [Name in keyof F]: ValueOf<F[Name]> };

/** Fills in what was not given. `raw` was checked by whoever parsed it. */
export function flagValues<F extends FlagDeclarations>(
  declarations: F,
  raw: Readonly<Record<string, unknown>>,
): FlagValues<F> {
  const values = Object.entries(declarations).map(([name, flag]) => [name, raw[name] ?? absent(flag)] as const);
  return Object.fromEntries(values) as FlagValues<F>;
}

function absent(flag: FlagDeclaration): FlagValue {
  if (flag.default !== undefined) return flag.default;
  if (flag.type === 'boolean') return false;
  return flag.type === 'list' ? [] : undefined;
}
