import type { FileTree } from '../../lib/file-tree.js';

const magic = /[*?[]/;

/**
 * The paths on a host that match a pattern with `*`, `?` and `[…]`, in order of name. A path that exists, or that
 * contains no pattern, is its own result. No shell of the host is used. As in a shell, `*` does not match hidden names.
 */
export async function expandGlob(files: FileTree, path: string): Promise<readonly string[]> {
  if (!magic.test(path) || (await files.info(path)) !== undefined) return [path];
  const parts = path.split('/');
  let found = [parts[0] === '' ? '/' : ''];
  for (const part of parts.filter((word) => word !== '')) {
    const next = await Promise.all(found.map((folder) => matchesIn(files, folder, part)));
    found = next.flat();
  }
  return found;
}

async function matchesIn(files: FileTree, folder: string, part: string): Promise<readonly string[]> {
  const at = (name: string): string => (folder === '' ? name : files.join(folder, name));
  if (!magic.test(part)) return (await files.info(at(part))) === undefined ? [] : [at(part)];
  const here = folder === '' ? '.' : folder;
  if ((await files.info(here, { follow: true }))?.kind !== 'folder') return [];
  const pattern = patternOf(part);
  const names = (await files.list(here)).filter((name) => pattern.test(name));
  return names
    .filter((name) => part.startsWith('.') || !name.startsWith('.'))
    .sort()
    .map(at);
}

function patternOf(part: string): RegExp {
  const source = part.replace(/\[(!?)([^\]]+)\]|[*?]|[^*?[]+|\[/g, (token, not: string | undefined, set?: string) => {
    if (token === '*') return '.*';
    if (token === '?') return '.';
    if (set !== undefined) return `[${not === '!' ? '^' : ''}${set.replace(/[\\\]^]/g, String.raw`\$&`)}]`;
    return token.replace(/[.+^${}()|[\]\\]/g, String.raw`\$&`);
  });
  return new RegExp(`^${source}$`, 's');
}
