import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A path in the package swarmup, as in `inPackage('templates', 'agent')`, wherever this code runs from: sources, dist or a bundle. */
export function inPackage(...parts: readonly string[]): string {
  let folder = import.meta.dirname;
  while (!isPackageRoot(folder)) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('this code does not run inside the package swarmup');
    folder = parent;
  }
  return join(folder, ...parts);
}

function isPackageRoot(folder: string): boolean {
  const file = join(folder, 'package.json');
  return existsSync(file) && (JSON.parse(readFileSync(file, 'utf8')) as { name?: string }).name === 'swarmup';
}
