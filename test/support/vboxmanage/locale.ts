import { Failure } from './failure.js';

/** Where the locale is not UTF-8, the real tool knows no letters but those of ASCII. */
function knowsAllLetters(): boolean {
  const { LC_ALL, LC_CTYPE, LANG } = process.env;
  return /\.utf-?8$/i.test([LC_ALL, LC_CTYPE, LANG].find((name) => name !== undefined && name !== '') ?? '');
}

const foreignLetter = /[^\x00-\x7f]/;

/** Arguments that the locale cannot express end the tool before it does anything. */
export function needArguments(args: readonly string[]): void {
  if (knowsAllLetters() || !args.some((arg) => foreignLetter.test(arg))) return;
  throw new Failure('VBoxManage: fatal error: RTR3Init: VERR_NO_TRANSLATION\n', 3);
}

/** What comes out of the tool: everything up to the first letter that the locale cannot express, and nothing after it. */
export function cutAtForeignLetter(): (text: string) => string {
  if (knowsAllLetters()) return (text) => text;
  let cut = false;
  return (text) => {
    if (cut) return '';
    const at = text.search(foreignLetter);
    cut = at !== -1;
    return cut ? text.slice(0, at) : text;
  };
}
