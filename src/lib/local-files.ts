import { createReadStream, type Stats } from 'node:fs';
import {
  chmod,
  lstat,
  mkdir,
  open,
  readdir,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  utimes,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { codeOf, messageOf, SwarmupError } from './errors.js';
import { type FileInfo, type FileSink, type FileTree, permissionBits } from './file-tree.js';

const pieceBytes = 256 * 1024;

/** The files of this computer; relative paths start at the working folder. */
export const localFiles: FileTree = {
  host: undefined,
  join,
  baseName: (path) => basename(path),
  folderOf: (path) => dirname(path),
  info: (path, { follow = false } = {}) =>
    about(path, async () => {
      try {
        return infoOf(await (follow ? stat(path) : lstat(path)));
      } catch (error) {
        if (codeOf(error) === 'ENOENT') return undefined;
        throw error;
      }
    }),
  list: (path) => about(path, () => readdir(path)),
  realPath: (path) => about(path, () => realpath(path)),
  readLink: (path) => about(path, () => readlink(path)),
  makeLink: (text, path) => about(path, () => symlink(text, path)),
  makeFolder: (path) => about(path, () => mkdir(path, { mode: 0o700 })),
  setAttributes: (path, { mode, accessedS, modifiedS }) =>
    about(path, async () => {
      await chmod(path, mode);
      await utimes(path, accessedS, modifiedS);
    }),
  read: readPieces,
  create: (path) => about(path, () => createFile(path)),
  rename: (from, to) => about(to, () => rename(from, to)),
  remove: (path) => about(path, () => rm(path, { force: true })),
};

async function* readPieces(path: string): AsyncIterable<Uint8Array> {
  try {
    yield* createReadStream(path, { highWaterMark: pieceBytes }) as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw fileFailure(path, error);
  }
}

async function createFile(path: string): Promise<FileSink> {
  const file = await open(path, 'wx', 0o600);
  return {
    write: (piece) =>
      about(path, async () => {
        // One call may write less than it was given (a disk that fills up).
        for (let rest = piece; rest.length > 0;) rest = rest.subarray((await file.write(rest)).bytesWritten);
      }),
    finish: ({ mode, accessedS, modifiedS }) =>
      about(path, async () => {
        await file.chmod(mode);
        await file.utimes(accessedS, modifiedS);
        await file.close();
      }),
    abandon: () => file.close().catch(() => undefined),
  };
}

function infoOf(stats: Stats): FileInfo {
  const kind = stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : stats.isSymbolicLink() ? 'link' : 'other';
  const times = { accessedS: stats.atimeMs / 1000, modifiedS: stats.mtimeMs / 1000 };
  return { kind, size: stats.size, mode: stats.mode & permissionBits, ...times };
}

async function about<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw fileFailure(path, error);
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'the file or folder does not exist',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EEXIST: 'it exists already',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of the path is not a folder',
  EISDIR: 'it is a folder',
};

function fileFailure(path: string, error: unknown): Error {
  if (error instanceof SwarmupError) return error;
  const reason = reasons[codeOf(error) ?? ''] ?? messageOf(error);
  return new SwarmupError('FILE_FAILED', `${path} on this computer: ${reason}`, { cause: error });
}
