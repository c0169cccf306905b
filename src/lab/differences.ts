type Shown = string | number | boolean | undefined;

/** One thing that is other than it should be, as in `attachable false -> true`, or `replicas 3` where there was nothing. */
type Difference = readonly [what: string, is: Shown, should: Shown];

/** The differences, one line each. Pure. */
export const differences = (pairs: readonly Difference[]): readonly string[] =>
  pairs
    .filter(([, is, should]) => is !== should)
    .map(([what, is, should]) => `${what} ${is === undefined ? '' : `${is} -> `}${should ?? 'none'}`);
