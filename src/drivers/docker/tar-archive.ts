import { pack } from 'tar-stream';

export interface TarEntry {
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
