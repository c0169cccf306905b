import { Failure, toolError } from './failure.js';
import { header, usageForms, usageOf } from './texts.js';

/** An option as it was given; `index` is N of options like --nicN. */
export interface Option {
  readonly name: string;
  readonly index: number;
  readonly value: string;
}

export interface Parsed {
  readonly positional: readonly string[];
  readonly options: readonly Option[];
}

interface Shape {
  readonly name: string;
  readonly takesValue: boolean;
}

/** Below a usage that is longer the error stands once more. */
const screenLines = 50;

/** A syntax error: the version, what is wrong, the usage of the command. */
export function syntaxError(command: string, text: string, exitCode = 2, forms = usageForms(command)): Failure {
  return usageError(command, text, { exitCode, forms, between: '\n' });
}

/** Below an option that is unknown the usage follows without a blank line. */
function usageError(
  command: string,
  text: string,
  {
    exitCode,
    forms,
    between,
  }: { readonly exitCode: number; readonly forms: readonly string[]; readonly between: string },
): Failure {
  const error = toolError(text).text;
  const usage = usageOf(command, forms);
  const again = usage.split('\n').length > screenLines ? `\n${error}` : '';
  return new Failure(`${header}${error}${between}${usage}${again}`, exitCode);
}

export interface Grammar {
  readonly command: string;
  /** Only the forms of the usage that match count. */
  readonly form?: RegExp;
  /** Older spellings that are still taken, by the name in the usage. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** Options that the tool takes and its usage does not name; with `=` at the end when a value follows. */
  readonly unlisted?: readonly string[];
  /** Options that take one more argument for some values. */
  readonly second?: (option: Pick<Option, 'name' | 'value'>) => boolean;
}

/**
 * Splits the arguments of a command by the usage that the real tool prints for it: what is not in there is refused.
 * Both `--name value` and `--name=value` are taken. A second argument is joined to the value by a blank.
 */
export function parseArguments(grammar: Grammar, args: readonly string[]): Parsed {
  const forms = usageForms(grammar.command).filter((form) => grammar.form?.test(form) ?? true);
  const shapes = new Map([...forms.flatMap(optionsOf), ...(grammar.unlisted ?? []).map(unlisted)]);
  const positional: string[] = [];
  const options: Option[] = [];
  const left = [...args];
  for (let arg = left.shift(); arg !== undefined; arg = left.shift()) {
    if (/^-./.test(arg)) options.push(readOption(grammar, { shapes, forms }, arg, left));
    else positional.push(arg);
  }
  return { positional, options };
}

interface Known {
  readonly shapes: ReadonlyMap<string, Shape>;
  readonly forms: readonly string[];
}

/** One option; its values are taken off `left`. */
function readOption(grammar: Grammar, { shapes, forms }: Known, arg: string, left: string[]): Option {
  const { 1: given = '', 2: inline } = /^--?([^=]*)(?:=(.*))?$/s.exec(arg) ?? [];
  const found = find(shapes, grammar.aliases ?? {}, given);
  if (found === undefined || (inline !== undefined && !found.shape.takesValue)) {
    throw usageError(grammar.command, `Unknown option: ${arg}`, { exitCode: 2, forms, between: '' });
  }
  const { shape, index } = found;
  const { name } = shape;
  if (!shape.takesValue) return { name, index, value: '' };
  const values = [inline ?? left.shift()];
  if (grammar.second?.({ name, value: values[0] ?? '' }) === true) values.push(left.shift());
  if (!values.every((value) => value !== undefined)) {
    const text = `--${name}: A required argument of an option was missing`;
    throw usageError(grammar.command, text, { exitCode: 2, forms, between: '' });
  }
  return { name, index, value: values.join(' ') };
}

/** Names in a usage: `--cpus=CPU-count` takes a value, `--register` does not, `--nicN=` comes with a number. */
function optionsOf(form: string): [string, Shape][] {
  const text = form.replace(/\n\s+/g, ' ');
  return [...text.matchAll(/--([a-z0-9][a-z0-9-]*)(N|X)?(=|(?= (?:id|file)\b))?/g)].map((match) => {
    const [, name = '', numbered = '', value] = match;
    return [`${name}${numbered === '' ? '' : '#'}`, { name, takesValue: value !== undefined }];
  });
}

function unlisted(spelling: string): [string, Shape] {
  const key = spelling.replace(/=$/, '');
  return [key, { name: key.replace(/#$/, ''), takesValue: spelling.endsWith('=') }];
}

function find(
  shapes: ReadonlyMap<string, Shape>,
  aliases: Readonly<Record<string, string>>,
  given: string,
): { readonly shape: Shape; readonly index: number } | undefined {
  const named = shapes.get(aliases[given] ?? given);
  if (named !== undefined) return { shape: named, index: 0 };
  const { 1: stem = '', 2: digits } = /^(.*?)(\d+)$/.exec(given) ?? [];
  const numbered = shapes.get(`${aliases[`${stem}#`]?.replace(/#$/, '') ?? stem}#`);
  return numbered === undefined || digits === undefined ? undefined : { shape: numbered, index: Number(digits) };
}

/** The last value of an option; undefined when it was not given. */
export function valueOf({ options }: Parsed, name: string): string | undefined {
  return options.findLast((option) => option.name === name)?.value;
}

export const isGiven = (parsed: Parsed, name: string): boolean => valueOf(parsed, name) !== undefined;

/** A switch: on or off. */
export function switchValue(command: string, value: string): boolean {
  if (/^(on|true|yes|1|enabled?)$/i.test(value)) return true;
  if (/^(off|false|no|0|disabled?)$/i.test(value)) return false;
  throw syntaxError(command, `Invalid argument format: ${value}`);
}

export function numberValue(command: string, { name, value }: Pick<Option, 'name' | 'value'>): number {
  if (/^(0x[0-9a-f]+|\d+)$/i.test(value)) return Number(value);
  throw syntaxError(command, `--${name}: Invalid argument format: ${value}`);
}
