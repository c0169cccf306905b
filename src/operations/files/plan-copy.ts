import { SwarmupError, usageError } from '../../lib/errors.js';
import type { FileInfo, FileTree } from '../../lib/file-tree.js';

/** One thing to copy, and where to. A folder comes before what is in it. */
export interface CopyEntry {
  readonly from: string;
  readonly to: string;
  readonly info: FileInfo;
}

export interface CopyPlan {
  readonly entries: readonly CopyEntry[];
  readonly bytes: number;
  /** Sockets, devices and the like. */
  readonly skipped: readonly string[];
}

export interface CopyEnds {
  readonly source: FileTree;
  readonly target: FileTree;
}

/**
 * Finds the files to copy; changes nothing. A named link is followed, and a link inside a folder stays a link. As with
 * cp and scp, files are copied into the target if it is a folder, and otherwise get the target's name. Errors:
 * FILE_FAILED; COPY_REFUSED (exit 2) for a folder without `recursive`, and for an unsuitable target.
 */
export async function planCopy(
  { source, target }: CopyEnds,
  paths: readonly string[],
  to: string,
  recursive: boolean,
): Promise<CopyPlan> {
  const place = await targetPlace(target, to === '' ? '.' : to, paths.length);
  const walk: Walk = { source, target, entries: [], skipped: [] };
  for (const path of paths) {
    const from = path === '' ? '.' : path;
    const info = await sourceInfo(source, from, recursive);
    if (info.kind === 'folder' && place.isFile) throw refused(target, to, 'the path is a file, not a folder');
    const name = nameOf(source, from) ?? source.baseName(await source.realPath(from));
    const at = place.isFolder ? target.join(place.path, name) : place.path;
    if (source.host === target.host) await refuseIntoItself(source, from, at);
    await addEntry(walk, { from, to: at, info });
  }
  const files = walk.entries.filter(({ info }) => info.kind === 'file');
  return { ...walk, bytes: files.reduce((sum, { info }) => sum + info.size, 0) };
}

interface TargetPlace {
  /** Through a link to a file, as cp does: that file is replaced, not the link. */
  readonly path: string;
  readonly isFolder: boolean;
  readonly isFile: boolean;
}

async function targetPlace(target: FileTree, path: string, sources: number): Promise<TargetPlace> {
  const there = await target.info(path, { follow: true });
  const isFolder = there?.kind === 'folder';
  if (!isFolder && (sources > 1 || /[/\\]$/.test(path)))
    throw refused(target, path, there === undefined ? 'the folder does not exist' : 'the path is not a folder');
  if (there?.kind === 'other') throw refused(target, path, 'the path is neither a file nor a folder');
  const folder = target.folderOf(path);
  if (there === undefined && (await target.info(folder, { follow: true })) === undefined) throw missing(target, folder);
  const real = there === undefined ? path : await target.realPath(path);
  return { path: real, isFolder, isFile: there?.kind === 'file' };
}

async function sourceInfo(source: FileTree, from: string, recursive: boolean): Promise<FileInfo> {
  const info = await source.info(from, { follow: true });
  if (info === undefined) throw missing(source, from);
  if (info.kind === 'folder' && !recursive)
    throw refused(source, from, 'the path is a folder', 'add -r to copy the folder with everything in it');
  if (info.kind === 'other') throw refused(source, from, 'the path is neither a file nor a folder');
  return info;
}

interface Walk extends CopyEnds {
  readonly entries: CopyEntry[];
  readonly skipped: string[];
}

async function addEntry(walk: Walk, entry: CopyEntry): Promise<void> {
  const { source, target } = walk;
  if (entry.info.kind === 'other') {
    walk.skipped.push(entry.from);
    return;
  }
  walk.entries.push(entry);
  if (entry.info.kind !== 'folder') return;
  for (const name of await source.list(entry.from)) {
    // A host that answers with paths instead of names wants to write where it should not.
    if (name === '' || name === '..' || /[/\0]/.test(name) || target.baseName(target.join('x', name)) !== name)
      throw refused(source, entry.from, `the folder contains the name ${JSON.stringify(name)}, which cannot be copied`);
    const from = source.join(entry.from, name);
    const info = await source.info(from);
    if (info !== undefined) await addEntry(walk, { from, to: target.join(entry.to, name), info });
  }
}

/** `.`, `..` and `/` do not have a name. */
function nameOf(source: FileTree, path: string): string | undefined {
  const name = source.baseName(path);
  return ['', '.', '..', '~'].includes(name) ? undefined : name;
}

async function refuseIntoItself(tree: FileTree, from: string, to: string): Promise<void> {
  const real = await tree.realPath(from);
  if (to === real || to.startsWith(tree.join(real, 'x').slice(0, -1)))
    throw refused(tree, from, 'the file would be copied onto or into itself');
}

function missing({ host }: FileTree, path: string): Error {
  return new SwarmupError('FILE_FAILED', `${path} on ${host ?? 'this computer'}: the file or folder does not exist`, {
    ...(host !== undefined && { host }),
  });
}

function refused({ host }: FileTree, path: string, why: string, ...hints: string[]): Error {
  return usageError('COPY_REFUSED', `${path} on ${host ?? 'this computer'}: ${why}`, ...hints);
}
