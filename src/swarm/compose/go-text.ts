import { goFloat, GoScalar } from './go-yaml.js';

/** A scalar of a file as the text that docker makes of it; undefined if the value is not a scalar. */
export function goText(value: unknown): string | undefined {
  if (value instanceof GoScalar) return value.text;
  if (typeof value === 'string' || typeof value === 'bigint') return String(value);
  if (typeof value !== 'number') return undefined;
  return Number.isSafeInteger(value) ? String(value) : goFloat(value);
}

const units: Readonly<Record<string, number>> = {
  ...{ ns: 1, us: 1e3, µs: 1e3, μs: 1e3, ms: 1e6 },
  ...{ s: 1e9, m: 60e9, h: 3600e9 },
};

/** `1m30s` in nanoseconds, as Go's `time.ParseDuration` reads it; undefined: the text is not a duration. */
export function goDuration(text: string): number | undefined {
  if (!/^[-+]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.test(text)) return undefined;
  const parts = [...text.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g)];
  const size = parts.reduce((sum, [, count, unit]) => sum + Math.round(Number(count) * (units[unit ?? ''] ?? 0)), 0);
  return text.startsWith('-') ? -size : size;
}

const piece = /([ \t\r\n]+)|(#)|\\([\s\S])|"((?:\\[\s\S]|[^"\\])*)"|'([^']*)'|(["'\\])|([^ \t\r\n#"'\\]+)/g;

/**
 * The words of a command as docker splits them: quotes, backslashes and comments as in a shell. Throws the reason if
 * the text is invalid.
 */
export function shellWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  const pieces = new RegExp(piece);
  for (let found = pieces.exec(text); found !== null; found = pieces.exec(text)) {
    const [, space, hash, escaped, double, single, open, plain] = found;
    if (open !== undefined)
      throw new Error(open === '\\' ? 'it ends with a backslash' : `the quote ${open} is not closed`);
    if (space !== undefined) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (hash !== undefined && word === undefined) pieces.lastIndex = endOfLine(text, pieces.lastIndex);
    else word = (word ?? '') + (escaped ?? single ?? plain ?? unescaped(double) ?? '#');
  }
  return word === undefined ? words : [...words, word];
}

const unescaped = (quoted: string | undefined): string | undefined => quoted?.replace(/\\([\s\S])/g, '$1');

const endOfLine = (text: string, from: number): number => {
  const end = text.indexOf('\n', from);
  return end === -1 ? text.length : end;
};
