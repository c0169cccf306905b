import { posix } from 'node:path';
import { promisify } from 'node:util';
import type { SFTPWrapper, Stats } from 'ssh2';
import { messageOf, SwarmupError } from '../lib/errors.js';
import { type FileAttributes, type FileInfo, type FileSink, type FileTree, permissionBits } from '../lib/file-tree.js';
import { replace } from './sftp-upload.js';

type Done = (error?: Error | null) => void;
type Got<T> = (error: Error | undefined, value: T) => void;

/** What every OpenSSH takes in one packet. */
const pieceBytes = 32 * 1024;
/** The number of pieces on their way at the same time: 2 MiB, which fills 500 Mbit/s at 30 ms. */
const pieces = 64;

/** SSH_FX_NO_SUCH_FILE (draft-ietf-secsh-filexfer-02 section 7). */
const noSuchFile = 2;

/** A host's files over an sftp channel. Relative paths start at the user's home folder, and so does `~/`. */
export function sftpFiles(sftp: SFTPWrapper, host: string): FileTree {
  const about = async <T>(path: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw fileFailure(host, path, error);
    }
  };
  const call = (path: string, start: (done: Done) => void): Promise<void> =>
    about(path, async () => {
      await promisify(start)();
    });
  const get = <T>(path: string, start: (done: Got<T>) => void): Promise<T> => about(path, () => promisify(start)());
  return {
    host,
    join: (folder, name) => posix.join(folder, name),
    baseName: (path) => posix.basename(path),
    folderOf: (path) => posix.dirname(path),
    info: (path, { follow = false } = {}) => about(path, () => infoAt(sftp, path, follow)),
    list: async (path) => {
      const entries = await get<{ filename: string }[]>(path, (done) => {
        sftp.readdir(path, done);
      });
      return entries.map(({ filename }) => filename).filter((name) => name !== '.' && name !== '..');
    },
    realPath: (path) =>
      get<string>(path, (done) => {
        sftp.realpath(path, done);
      }),
    readLink: (path) =>
      get<string>(path, (done) => {
        sftp.readlink(path, done);
      }),
    makeLink: (text, path) =>
      call(path, (done) => {
        sftp.symlink(text, path, done);
      }),
    makeFolder: (path) =>
      call(path, (done) => {
        sftp.mkdir(path, { mode: 0o700 }, done);
      }),
    setAttributes: (path, attributes) =>
      call(path, (done) => {
        sftp.setstat(path, sftpAttributes(attributes), done);
      }),
    read: (path) => readPieces(sftp, path, about),
    create: (path) => about(path, () => createFile(sftp, path, about)),
    rename: (from, to) => about(to, () => replace(sftp, from, to)),
    remove: (path) =>
      call(path, (done) => {
        sftp.unlink(path, done);
      }).catch((error: unknown) => {
        if (!(error instanceof SwarmupError) || statusOf(error.cause) !== noSuchFile) throw error;
      }),
  };
}

async function infoAt(sftp: SFTPWrapper, path: string, follow: boolean): Promise<FileInfo | undefined> {
  try {
    const ask = promisify((done: Got<Stats>) => {
      if (follow) sftp.stat(path, done);
      else sftp.lstat(path, done);
    });
    return infoOf(await ask());
  } catch (error) {
    if (statusOf(error) === noSuchFile) return undefined;
    throw error;
  }
}

type About = <T>(path: string, work: () => Promise<T>) => Promise<T>;

/** Asks for many pieces at once and hands them over in order. */
async function* readPieces(sftp: SFTPWrapper, path: string, about: About): AsyncIterable<Uint8Array> {
  const handle = await about(path, () =>
    promisify((done: Got<Buffer>) => {
      sftp.open(path, 'r', done);
    })(),
  );
  const asked: Promise<Buffer>[] = [];
  let offset = 0;
  const ask = (): void => {
    const piece = about(path, () => readPiece(sftp, handle, offset));
    // A reader that stops does not wait any longer.
    piece.catch(() => undefined);
    asked.push(piece);
    offset += pieceBytes;
  };
  try {
    for (;;) {
      while (asked.length < pieces) ask();
      const piece = (await asked.shift()) ?? Buffer.alloc(0);
      if (piece.length > 0) yield piece;
      if (piece.length < pieceBytes) return;
    }
  } finally {
    await Promise.allSettled(asked);
    await promisify((done: Done) => {
      sftp.close(handle, done);
    })().catch(() => undefined);
  }
}

/** Shorter than asked for only at the end of the file: a server may answer with less than there is. */
async function readPiece(sftp: SFTPWrapper, handle: Buffer, offset: number): Promise<Buffer> {
  const buffer = Buffer.alloc(pieceBytes);
  let length = 0;
  while (length < pieceBytes) {
    const count = await new Promise<number>((resolve, reject) => {
      sftp.read(handle, buffer, length, pieceBytes - length, offset + length, (error, bytes) => {
        // The end of the file is an error to some versions of ssh2, and no bytes to others.
        if (error === undefined) resolve(bytes);
        else if (statusOf(error) === 1) resolve(0);
        else reject(error);
      });
    });
    if (count === 0) break;
    length += count;
  }
  return buffer.subarray(0, length);
}

async function createFile(sftp: SFTPWrapper, path: string, about: About): Promise<FileSink> {
  const handle = await promisify((done: Got<Buffer>) => {
    sftp.open(path, 'wx', 0o600, done);
  })();
  const close = promisify((done: Done) => {
    sftp.close(handle, done);
  });
  const pending: Promise<unknown>[] = [];
  let offset = 0;
  return {
    async write(data) {
      for (let at = 0; at < data.length; at += pieceBytes) {
        const piece = Buffer.from(data.subarray(at, at + pieceBytes));
        const position = offset;
        offset += piece.length;
        const written = about<unknown>(path, () =>
          promisify((done: Done) => {
            sftp.write(handle, piece, 0, piece.length, position, done);
          })(),
        );
        written.catch(() => undefined);
        pending.push(written);
        if (pending.length >= pieces) await pending.shift();
      }
    },
    async finish(attributes) {
      await Promise.all(pending);
      await about(path, async () => {
        await promisify((done: Done) => {
          sftp.fsetstat(handle, sftpAttributes(attributes), done);
        })();
        await close();
      });
    },
    async abandon() {
      await Promise.allSettled(pending);
      await close().catch(() => undefined);
    },
  };
}

/** Times are whole seconds in this version of the protocol. */
const sftpAttributes = ({ mode, accessedS, modifiedS }: FileAttributes) => ({
  mode,
  atime: Math.floor(accessedS),
  mtime: Math.floor(modifiedS),
});

function infoOf(stats: Stats): FileInfo {
  const kind = stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : stats.isSymbolicLink() ? 'link' : 'other';
  const times = { accessedS: stats.atime, modifiedS: stats.mtime };
  return { kind, size: stats.size, mode: stats.mode & permissionBits, ...times };
}

function statusOf(error: unknown): number | undefined {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'number'
    ? error.code
    : undefined;
}

/** By SSH_FX_ code. A disk that is full is a plain "failure" to the protocol. */
const reasons: Readonly<Record<number, string>> = {
  2: 'the file or folder does not exist',
  3: 'permission denied',
  4: 'the host gave no reason (the disk may be full, or the path may be a folder)',
};

function fileFailure(host: string, path: string, error: unknown): Error {
  if (error instanceof SwarmupError) return error;
  const reason = reasons[statusOf(error) ?? 0] ?? messageOf(error);
  return new SwarmupError('FILE_FAILED', `${path} on ${host}: ${reason}`, { host, cause: error });
}
