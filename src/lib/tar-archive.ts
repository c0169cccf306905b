import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { extract, pack } from 'tar-stream';

interface TarEntry {
  readonly name: string;
  readonly mode: number;
  /** A folder when absent. */
  readonly data?: string | Buffer;
}

/** A tar archive of a few small entries, owned by root. */
export async function tarArchive(entries: readonly TarEntry[]): Promise<Buffer> {
  const archive = pack();
  for (const { name, mode, data } of entries)
    if (data === undefined) archive.entry({ name, mode, type: 'directory' });
    else archive.entry({ name, mode }, data);
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/**
 * The files of a tar archive, by name. All are in memory at the same time. Errors: those of tar-stream if the data is
 * not an archive.
 */
export async function readTar(archive: Uint8Array): Promise<ReadonlyMap<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const entries = Readable.from([archive]).pipe(extract());
  for await (const entry of entries) files.set(entry.header.name, await buffer(entry));
  return files;
}
