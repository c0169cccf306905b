/** What a word of a command line names; completion looks it up. A place is `HOST:PATH`, a count `SERVICE=COUNT`. */
export type NameKind =
  | 'configs'
  | 'counts'
  | 'drivers'
  | 'hosts'
  | 'images'
  | 'networks'
  | 'nodes'
  | 'orphans'
  | 'packages'
  | 'places'
  | 'pools'
  | 'secrets'
  | 'services'
  | 'settings'
  | 'shells'
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
  /** An argument that takes several words describes its default in its description. */
  readonly default?: string | readonly string[];
  readonly names?: NameKind;
  /** Hosts that it names need not exist: those of the command's own swarm are meant, and no others. */
  readonly mayBeNew?: true;
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

/** Fills in missing arguments. The caller has already checked `raw`. */
export function argValues<A extends ArgDeclarations>(
  declarations: A,
  raw: Readonly<Record<string, unknown>>,
): ArgValues<A> {
  const values = Object.entries(declarations).map(
    ([name, { many, default: value }]) => [name, raw[name] ?? value ?? (many === true ? [] : undefined)] as const,
  );
  return Object.fromEntries(values) as ArgValues<A>;
}
