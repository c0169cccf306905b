// Loaded at the first use, which reading does not come to: see file-store.ts.
import { promises as files } from 'node:fs';
import { codeOf, SwarmupError, systemReason } from '../lib/errors.js';

/** Readable and writable by the owner alone. */
const privateMode = 0o600;

/**
 * Replaces `path` (mode 0600) so that a reader sees the old or the new bytes, never a mixture, even after a crash or a
 * power cut. Its folder must exist. After a failure, the old file is unchanged and no other file is left. Errors:
 * STORE_WRITE_FAILED with path, cause and remedy.
 */
export async function writeFileAtomic(path: string, data: string | Uint8Array): Promise<void> {
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  try {
    const file = await files.open(temporary, 'wx', privateMode);
    try {
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    await files.rename(temporary, path);
  } catch (error) {
    // What could not be written can often not be removed either; the first failure is the one to tell.
    await files.rm(temporary, { force: true }).catch(() => undefined);
    throw writeFailure(path, error);
  }
}

const causes: Readonly<Record<string, readonly [cause: string, remedy: string]>> = {
  ENOSPC: ['the disk is full', 'free some space and run the same command again'],
  EDQUOT: ['your disk quota is used up', 'free some space and run the same command again'],
  EACCES: [
    'permission denied',
    'become the owner of the folder (chown), or set SWARMUP_HOME to a folder that you can write to',
  ],
  EPERM: [
    'the operation is not permitted in this folder',
    'set SWARMUP_HOME to a folder that you can write to, on a file system with hard links',
  ],
  EROFS: ['the file system is read-only', 'set SWARMUP_HOME to a folder you can write to'],
  ENOTDIR: ['a part of the path is a file', 'remove that file, or set SWARMUP_HOME to another folder'],
  EEXIST: ['a part of the path is a file', 'remove that file, or set SWARMUP_HOME to another folder'],
};

/** STORE_WRITE_FAILED for any error of a file operation on `path`; a SwarmupError stays as it is. */
export function writeFailure(path: string, thrown: unknown): SwarmupError {
  if (thrown instanceof SwarmupError) return thrown;
  const code = codeOf(thrown);
  const [cause, remedy] = causes[code ?? ''] ?? [systemReason(thrown), 'set SWARMUP_HOME to another folder'];
  return new SwarmupError('STORE_WRITE_FAILED', `cannot write ${path}: ${cause}`, { hints: [remedy], cause: thrown });
}
