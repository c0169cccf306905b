import type { YAMLError } from 'yaml';
import type { Finding } from './faults.js';

/** What is allowed, by the message of the library. `$1` is the group of the pattern; `@` is the character that was found. */
const meanings: readonly (readonly [pattern: RegExp, meaning: string])[] = [
  [/^Missing closing (.)quote/, 'a text that begins with $1 must end with $1, but here is @'],
  [
    /^Flow (?:sequence|map) .*end with a (.)$/,
    'the bracket that was opened before must be closed with $1, but here is @',
  ],
  [/^Missing space after :/, 'a space must come after the colon of a key, but here is @'],
  [/^Missing , /, 'commas must separate the parts inside [ ] and { }, but here is @'],
  [/^Unexpected block-seq-ind/, 'a list cannot be a part of a map: its items must stand below a key'],
  [/^Sequence item without -/, 'each item of this list must begin with -, but here is @'],
  [/^Comments must be separated/, 'a space must come before the # of a comment'],
  [/^Unexpected (?:,|empty item) in/, 'a part must stand before each comma, but here is @'],
  [/^Block scalar header/, 'the line must end after | or >, but more comes'],
  [/ at node end$/, 'the line must end after a text in quotes or a closing bracket, but here is @'],
  [/^Unexpected .*(?:YAML stream|token)/, 'a key or a value must stand here, but here is @'],
];

/** The same by the code of the error. */
const rules: Partial<Readonly<Record<YAMLError['code'], string>>> = {
  ALIAS_PROPS: 'an alias must stand alone, without a tag or an anchor',
  BAD_ALIAS: 'a name must come after & and *, and must not end with a colon',
  BAD_DQ_ESCAPE: String.raw`this escape is not known: in double quotes, write \\ for a backslash`,
  BAD_INDENT: 'the keys of a map and the items of a list must begin in the same column, but this line does not',
  BAD_SCALAR_START: 'a text must stand in quotes if it begins with @',
  BLOCK_AS_IMPLICIT_KEY: 'a key has one value: put a text with a colon in quotes, or a map on the next line',
  BLOCK_IN_FLOW: 'inside [ ] and { }, maps and lists must be written with brackets, too',
  MISSING_CHAR: 'this line has no colon: a key, a colon and a value must stand on one line',
  MULTILINE_IMPLICIT_KEY: 'this line has no colon: a key, a colon and a value must stand on one line',
  MULTIPLE_ANCHORS: 'a value can have one anchor only',
  MULTIPLE_DOCS: 'a file can have one document only, but here another one begins',
  MULTIPLE_TAGS: 'a value can have one tag only',
  TAB_AS_INDENT: 'lines must be indented with spaces, but here is a tab',
};

interface SyntaxFault extends Finding {
  readonly offset: number;
}

/**
 * The syntax errors of a file in plain words: what was found and what is allowed. Texts are never quoted, because one may
 * be a secret. Of several errors at one place, which follow from each other, the most telling one is left.
 */
export function syntaxFaults(errors: readonly YAMLError[], text: string): readonly SyntaxFault[] {
  const telling = [...errors].sort((a, b) => Number(isTold(b)) - Number(isTold(a)));
  const byOffset = new Map<number, SyntaxFault>();
  for (const error of telling) {
    const [offset] = error.pos;
    if (!byOffset.has(offset)) byOffset.set(offset, { offset, message: messageFor(error, text) });
  }
  return [...byOffset.values()];
}

const isTold = ({ message }: YAMLError): boolean => meanings.some(([pattern]) => pattern.test(message));

function messageFor({ code, message, pos: [at] }: YAMLError, text: string): string {
  if (code === 'DUPLICATE_KEY') return `a key must stand in a map only once, but ${keyAt(text, at)} stands here again`;
  const [pattern, meaning] = meanings.find(([each]) => each.test(message)) ?? [/^/, rules[code]];
  if (meaning === undefined) return `this is not YAML: ${message}`;
  return meaning.replaceAll('$1', pattern.exec(message)?.[1] ?? '').replace('@', foundAt(text, at));
}

const keyAt = (text: string, at: number): string => /^[\w.-]+/.exec(text.slice(at))?.[0] ?? 'this one';

const names: Readonly<Record<string, string>> = {
  '\n': 'the end of the line',
  '\r': 'the end of the line',
  '\t': 'a tab',
};

function foundAt(text: string, at: number): string {
  const rest = text.slice(at).replace(/^ +/, '');
  const [char = ''] = rest;
  if (rest.trim() === '') return 'the end of the file';
  return names[char] ?? (/[^\w\s]/.test(char) ? char : 'other text');
}
