import type { GenericSchema, InferOutput } from 'valibot';
import type { SwarmupErrorOptions } from './errors.js';
import { type Fault, FileFaultError, type FilePath, type FilePlace } from './faults.js';
import { isPlain } from './is-plain.js';
import { checkValue } from './schema-faults.js';

/** A JSON file, and how an error about it is made. */
export interface JsonSource {
  readonly path: string;
  readonly text: string;
  /** Of its errors. */
  readonly code: string;
  readonly error?: SwarmupErrorOptions & { readonly prefix?: string };
}

type Json = Readonly<Record<string, unknown>>;

/** The map that a JSON file holds. Errors: `source.code`, with the place where it ceases to be JSON. */
export function parseJson(source: JsonSource): Json {
  let value: unknown;
  try {
    value = JSON.parse(source.text);
  } catch {
    const { end } = scan(source.text);
    throw jsonError(source, [{ path: [], message: 'it is not JSON' }], () => end);
  }
  if (!isPlain(value)) throw jsonError(source, [{ path: [], message: 'it must be a JSON object' }], () => undefined);
  return value;
}

/**
 * The value of a file as its schema says; `value` is what `parseJson` returned, or what became of it.
 * Errors: `source.code` with the place, the path and the words for everything that is wrong.
 */
export function checkJson<S extends GenericSchema>(source: JsonSource, value: unknown, schema: S): InferOutput<S> {
  const checked = checkValue(schema, value);
  if ('output' in checked) return checked.output;
  throw jsonFault(source, checked.faults);
}

/** An error about what stands at paths of a JSON file. */
export function jsonFault(source: JsonSource, faults: readonly Fault[]): FileFaultError {
  const { starts } = scan(source.text);
  return jsonError(source, faults, (path) => starts.get(JSON.stringify(path)));
}

function jsonError(
  { path: file, text, code, error }: JsonSource,
  faults: readonly Fault[],
  offsetOf: (path: FilePath) => number | undefined,
): FileFaultError {
  const placed = faults.map((fault) => {
    const offset = offsetOf(fault.path);
    return { ...fault, ...(offset === undefined ? { file } : placeAt(file, text, offset)) };
  });
  return new FileFaultError(code, placed, error);
}

function placeAt(file: string, text: string, offset: number): FilePlace {
  const before = text.slice(0, offset).split('\n');
  return { file, line: before.length, column: (before.at(-1) ?? '').length + 1 };
}

interface Scan {
  /** By the JSON of a path: where its key begins, or, in a list, its value. */
  readonly starts: ReadonlyMap<string, number>;
  /** Where the text ceases to be JSON; undefined: nowhere. */
  readonly end: number | undefined;
}

const space = /[ \t\r\n]*/y;
const token =
  /[{}[\],:]|"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"|true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y;

/** JSON.parse reports no positions, or reports them only sometimes. */
function scan(text: string): Scan {
  const scanner = new Scanner(text);
  try {
    scanner.value([]);
    scanner.finish();
  } catch (error) {
    if (!(error instanceof RangeError) && error !== stop) throw error;
    return { starts: scanner.starts, end: error === stop ? scanner.at : undefined };
  }
  return { starts: scanner.starts, end: undefined };
}

const stop = new Error('it is not JSON');

class Scanner {
  readonly starts = new Map<string, number>();
  at = 0;

  constructor(private readonly text: string) {}

  value(path: FilePath): void {
    const first = this.#peek();
    if (!this.starts.has(JSON.stringify(path))) this.starts.set(JSON.stringify(path), this.at);
    if (first === '{')
      this.#parts('}', () => {
        this.#member(path);
      });
    else if (first === '[')
      this.#parts(']', (i) => {
        this.value([...path, i]);
      });
    else if (/^[\]},:]?$/.test(first)) throw stop;
    else this.#take(first);
  }

  finish(): void {
    if (this.#peek() !== '' || this.at < this.text.length) throw stop;
  }

  #member(path: FilePath): void {
    const key = this.#peek();
    if (!key.startsWith('"')) throw stop;
    const below = [...path, JSON.parse(key) as string];
    this.starts.set(JSON.stringify(below), this.at);
    this.#take(key);
    this.#take(':');
    this.value(below);
  }

  #parts(close: string, read: (index: number) => void): void {
    this.#take(this.#peek());
    for (let i = 0; this.#peek() !== close; i += 1) {
      if (i > 0) this.#take(',');
      read(i);
    }
    this.#take(close);
  }

  /** The next token, without consuming it; empty if there is none. Skips the space before it. */
  #peek(): string {
    space.lastIndex = this.at;
    space.test(this.text);
    this.at = space.lastIndex;
    token.lastIndex = this.at;
    return token.exec(this.text)?.[0] ?? '';
  }

  #take(expected: string): void {
    if (this.#peek() !== expected) throw stop;
    this.at += expected.length;
  }
}
