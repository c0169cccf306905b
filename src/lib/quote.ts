/** One POSIX shell word that means exactly `word`: safe text as it is, anything else in single quotes. */
export function quoteWord(word: string): string {
  // Not `=`: a first word with one would be an assignment.
  if (/^[\w@%+:,./-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** A POSIX shell command line that a shell splits into exactly `words`. NUL cannot be said in a shell: the caller's bug. */
export function quote(words: readonly string[]): string {
  return words.map(quoteWord).join(' ');
}

/**
 * A shell script with its values quoted: `` sh`install -m 600 ${from} ${to}` ``. An array becomes several words. The
 * template's own text is shell and stays as it is (raw: backslashes are not doubled).
 */
export function sh(script: TemplateStringsArray, ...values: readonly (string | number | readonly string[])[]): string {
  return String.raw(
    { raw: script.raw },
    ...values.map((value) => (typeof value === 'object' ? quote(value) : quoteWord(String(value)))),
  );
}
