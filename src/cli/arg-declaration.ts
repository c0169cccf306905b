/** What a word of a command line names; completion looks it up. A place is `HOST:PATH`, a count `SERVICE=COUNT`. */
export type NameKind =
  | 'counts'
  | 'drivers'
  | 'hosts'
  | 'images'
  | 'networks'
  | 'nodes'
  | 'places'
  | 'services'
  | 'settings'
  | 'snapshots'
  | 'stacks'
  | 'swarms'
  | 'templates';

/** A word that a command takes besides its flags, as data. */
export interface ArgDeclaration {
  readonly description: string;
  /** It takes all words that are left. Only the last one can. */
  readonly many?: boolean;
  readonly required?: boolean;
  readonly choices?: readonly string[];
  /** Of one that takes many, its description tells it. */
  readonly default?: string | readonly string[];
  readonly names?: NameKind;
}

/** In their order on the command line. */
export type ArgDeclarations = Readonly<Record<string, ArgDeclaration>>;

type ValueOf<D extends ArgDeclaration> = D extends { readonly many: true }
  ? readonly string[]
  : (D extends { readonly choices: readonly (infer Choice)[] } ? Choice : string) | MissingOf<D>;

type MissingOf<D extends ArgDeclaration> = D extends { readonly required: true } | { readonly default: string }
  ? never
  : undefined;

/** The words that were given: those of one that takes many are never missing. */
export type ArgValues<A extends ArgDeclarations> = { readonly [Name in keyof A]: ValueOf<A[Name]> };

/** Fills in what was not given. `raw` was checked by whoever parsed it. */
export function argValues<A extends ArgDeclarations>(
  declarations: A,
  raw: Readonly<Record<string, unknown>>,
): ArgValues<A> {
  const values = Object.entries(declarations).map(
    ([name, { many, default: value }]) => [name, raw[name] ?? value ?? (many === true ? [] : undefined)] as const,
  );
  return Object.fromEntries(values) as ArgValues<A>;
}
