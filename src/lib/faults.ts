import { SwarmupError, type SwarmupErrorOptions } from './errors.js';

/** Keys from the top of a file, and indexes in lists. */
export type FilePath = readonly (string | number)[];

/** A problem in a file, without its place. */
export interface Finding {
  /** The actual and the allowed value, in one line. */
  readonly message: string;
  /** What the user can do, one sentence each. */
  readonly hints?: readonly string[];
  /** True if a word is one typing mistake away from an allowed word: such a fault is reported first. */
  readonly isSlip?: boolean;
}

/** A problem at a path of a file. */
export interface Fault extends Finding {
  readonly path: FilePath;
}

/** A place in a file: line and column count from 1, and are undefined if the file does not contain the part. */
export interface FilePlace {
  readonly file: string;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
}

/** A fault and where it stands. */
type PlacedFault = Fault & FilePlace;

/** More faults than this are counted instead of listed. */
const maxListed = 10;

/**
 * An error about the contents of files: `file:line:column: path: what was found, what is allowed`, one line for each
 * fault.
 */
export class FileFaultError extends SwarmupError {
  readonly faults: readonly PlacedFault[];

  constructor(code: string, faults: readonly PlacedFault[], options: SwarmupErrorOptions & { prefix?: string } = {}) {
    const sorted = [...faults].sort(byHelpfulness);
    const hints = [...sorted.flatMap((fault) => fault.hints ?? []), ...(options.hints ?? [])];
    super(code, `${options.prefix ?? ''}${textOf(sorted)}`, { ...options, hints: [...new Set(hints)] });
    this.faults = sorted;
  }
}

/** Slips of typing come first, then the order of the file; faults of one place keep their order. */
const byHelpfulness = (a: PlacedFault, b: PlacedFault): number =>
  Number(b.isSlip ?? false) - Number(a.isSlip ?? false) ||
  a.file.localeCompare(b.file) ||
  (a.line ?? 0) - (b.line ?? 0) ||
  (a.column ?? 0) - (b.column ?? 0);

function textOf(faults: readonly PlacedFault[]): string {
  const lines = faults.slice(0, maxListed).map((fault) => {
    const path = fault.path.join('.');
    return `${placeText(fault)}: ${path === '' ? '' : `${path}: `}${fault.message}`;
  });
  const rest = faults.length - lines.length;
  return [...lines, ...(rest > 0 ? [`and ${String(rest)} more`] : [])].join('\n');
}

const placeText = ({ file, line, column }: FilePlace): string =>
  line === undefined || column === undefined ? file : `${file}:${String(line)}:${String(column)}`;

/** `a, b or c`; of many only the first few. */
export function listed(words: readonly string[], most = 12): string {
  if (words.length > most) return `${words.slice(0, most).join(', ')} …`;
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} or ${last}`;
}

/** For example `; did you mean count?`, or an empty text. */
export const meantText = (meant: readonly string[]): string =>
  meant.length === 0 ? '' : `; did you mean ${meant.join(' or ')}?`;
