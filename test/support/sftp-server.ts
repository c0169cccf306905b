import { mkdir, open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import ssh2, { type SFTPWrapper } from 'ssh2';
import { codeOf } from '../../src/lib/errors.js';

const { OPEN_MODE, STATUS_CODE } = ssh2.utils.sftp;

/**
 * Serves the files below `root`: what writing needs, without extensions (no posix-rename), so that the plain SFTP way
 * is tested too. Below a temporary root folders are made as needed: the host's own tree is not there.
 */
export function serveFiles(sftp: SFTPWrapper, root: string): void {
  const handles = new Map<number, FileHandle>();
  let last = 0;
  const status = (id: number, work: Promise<unknown>): void => {
    work.then(
      () => {
        sftp.status(id, STATUS_CODE.OK);
      },
      (error: unknown) => {
        sftp.status(id, statusOf(error));
      },
    );
  };
  const handleOf = (handle: Buffer): FileHandle => {
    const found = handles.get(handle.readUInt32BE(0));
    if (found === undefined) throw new Error('unknown handle');
    return found;
  };
  sftp.on('OPEN', (id, path, flags, attributes) => {
    const real = join(root, path);
    const opened = async (): Promise<void> => {
      if (root !== '/') await mkdir(dirname(real), { recursive: true });
      const exclusive = (flags & OPEN_MODE.EXCL) !== 0;
      const file = await open(real, exclusive ? 'wx' : 'w', attributes.mode);
      last += 1;
      handles.set(last, file);
      const handle = Buffer.alloc(4);
      handle.writeUInt32BE(last);
      sftp.handle(id, handle);
    };
    opened().catch((error: unknown) => {
      sftp.status(id, statusOf(error));
    });
  });
  sftp.on('WRITE', (id, handle, offset, data) => {
    status(id, handleOf(handle).write(data, 0, data.length, offset));
  });
  sftp.on('FSETSTAT', (id, handle, attributes) => {
    status(id, handleOf(handle).chmod(attributes.mode));
  });
  sftp.on('CLOSE', (id, handle) => {
    status(id, handleOf(handle).close());
  });
  sftp.on('REMOVE', (id, path) => {
    status(id, rm(join(root, path)));
  });
  sftp.on('RENAME', (id, from, to) => {
    status(id, renameToNew(join(root, from), join(root, to)));
  });
  sftp.on('close', () => {
    for (const file of handles.values()) file.close().catch(() => undefined);
  });
}

/** SFTP version 3: "it is an error if there already exists a file with the new name". */
async function renameToNew(from: string, to: string): Promise<void> {
  const exists = await stat(to).then(
    () => true,
    () => false,
  );
  if (exists) throw new Error(`${to} exists`);
  await rename(from, to);
}

function statusOf(error: unknown): number {
  const code = codeOf(error);
  if (code === 'ENOENT') return STATUS_CODE.NO_SUCH_FILE;
  return code === 'EACCES' ? STATUS_CODE.PERMISSION_DENIED : STATUS_CODE.FAILURE;
}
