import { join } from 'node:path';

/**
 * The text of a file of a host whose folder moves within the store `home`: paths below the folder, absolute ones (of
 * keys, and of what its driver keeps) and, in quotes, those relative to the store (of certificates). Pure.
 */
export function movedPaths(text: string, home: string, from: string, to: string): string {
  const jsonPath = (path: string): string => JSON.stringify(path).slice(1, -1);
  return text
    .replaceAll(`${jsonPath(join(home, from))}/`, `${jsonPath(join(home, to))}/`)
    .replaceAll(`"${from}/`, `"${to}/`);
}
