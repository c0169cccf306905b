import { promises as files } from 'node:fs';
import { dirname } from 'node:path';
import { codeOf } from './errors.js';

/**
 * Makes a folder and those above it; one that exists stays as it is. With `recursive`, mkdir of Node.js never ends
 * below /proc, where a folder exists in which nothing can be made. Errors: those of mkdir.
 */
export async function makeFolder(path: string, mode?: number): Promise<void> {
  const make = (): Promise<unknown> =>
    files.mkdir(path, { ...(mode !== undefined && { mode }) }).catch(async (error: unknown) => {
      const exists = codeOf(error) === 'EEXIST' && (await files.stat(path)).isDirectory();
      if (!exists) throw error;
    });
  try {
    await make();
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' || dirname(path) === path) throw error;
    await makeFolder(dirname(path), mode);
    await make();
  }
}
