import { randomUUID } from 'node:crypto';
import { posix } from 'node:path';
import { promisify } from 'node:util';
import type { SFTPWrapper } from 'ssh2';
import type { UploadFile } from './runner.js';

type Done = (error?: Error | null) => void;

/** An abort is noticed after each of these. */
const pieceBytes = 256 * 1024;

/** A new name in the folder of `path`; hidden, and with an ending that no `*.conf` matches. */
export function temporaryBeside(path: string): string {
  return posix.join(posix.dirname(path), `.${posix.basename(path)}.swarmup-${randomUUID()}`);
}

/**
 * Writes one file: into a new file beside it that only its owner can read, with its mode, then over the old one. No
 * reader ever sees a part of it, or its content with a wider mode. An abort or a failure leaves nothing behind, unless
 * the connection is lost.
 */
export async function uploadBySftp(sftp: SFTPWrapper, file: UploadFile, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const temporary = temporaryBeside(file.path);
  const handle = await promisify((done: (error: Error | undefined, handle: Buffer) => void) => {
    sftp.open(temporary, 'wx', 0o600, done);
  })();
  try {
    try {
      // Not by the open: the host's umask would narrow it.
      await call((done) => {
        sftp.fchmod(handle, file.mode, done);
      });
      await writeAll(sftp, handle, Buffer.from(file.data), signal);
    } finally {
      await call((done) => {
        sftp.close(handle, done);
      });
    }
    await replace(sftp, temporary, file.path);
  } catch (error) {
    await call((done) => {
      sftp.unlink(temporary, done);
    }).catch(() => undefined);
    throw error;
  }
}

async function writeAll(sftp: SFTPWrapper, handle: Buffer, data: Buffer, signal: AbortSignal): Promise<void> {
  for (let offset = 0; offset < data.length; offset += pieceBytes) {
    const length = Math.min(pieceBytes, data.length - offset);
    await call((done) => {
      sftp.write(handle, data, offset, length, offset, done);
    });
    signal.throwIfAborted();
  }
}

/** Renames over an existing file: in one step where the server can (OpenSSH), else by removing that file first. */
export async function replace(sftp: SFTPWrapper, from: string, to: string): Promise<void> {
  try {
    await call((done) => {
      // Throws when the server has no such extension.
      sftp.ext_openssh_rename(from, to, done);
    });
  } catch (error) {
    if (!(error instanceof Error) || !error.message.includes('does not support')) throw error;
    await call((done) => {
      sftp.unlink(to, done);
    }).catch(() => undefined);
    await call((done) => {
      sftp.rename(from, to, done);
    });
  }
}

async function call(start: (done: Done) => void): Promise<void> {
  await promisify(start)();
}
