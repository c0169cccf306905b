import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const src = join(import.meta.dirname, '..', '..', 'src');
const importPattern = /(?:from|import)\s*\(?\s*'([^']+)'/g;

/** The files of src/, by their paths from there, with slashes. */
export const sourceFiles: readonly string[] = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.replaceAll('\\', '/'));

export const sourceText = (file: string): string => readFileSync(join(src, file), 'utf8');

/** What a file imports as it is written, types and dynamic imports included. */
export const importsOf = (file: string): readonly string[] =>
  [...sourceText(file).matchAll(importPattern)].map((match) => match[1] ?? '');

/** The files of src/ that a file imports. */
export const importedFiles = (file: string): readonly string[] =>
  importsOf(file)
    .filter((target) => target.startsWith('.'))
    .map((target) =>
      relative(src, resolve(src, dirname(file), target))
        .replaceAll('\\', '/')
        .replace(/\.js$/, '.ts'),
    );

/** Groups of files that reach each other by their imports (Tarjan's strongly connected components). */
export function circles(importsByFile: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const found: string[][] = [];
  const visit = (file: string): number => {
    const mine = order.size;
    let low = mine;
    order.set(file, mine);
    open.push(file);
    for (const next of importsByFile.get(file) ?? []) {
      if (!order.has(next)) low = Math.min(low, visit(next));
      else if (open.includes(next)) low = Math.min(low, order.get(next) ?? low);
    }
    lowest.set(file, low);
    if (low === mine) {
      const circle = open.splice(open.indexOf(file));
      if (circle.length > 1 || (importsByFile.get(file) ?? []).includes(file)) found.push(circle.sort());
    }
    return low;
  };
  for (const file of importsByFile.keys()) if (!order.has(file)) visit(file);
  return found;
}
