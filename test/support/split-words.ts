/** The words of a POSIX shell line that uses no quoting but single quotes and backslashes. */
export function splitWords(line: string): readonly string[] {
  const word = /(?:'[^']*'|\\[^]|[^\s'\\])+/g;
  return [...line.matchAll(word)].map(([text]) => text.replace(/'([^']*)'|\\([^])/g, '$1$2'));
}
