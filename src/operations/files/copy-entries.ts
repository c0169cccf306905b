import { randomUUID } from 'node:crypto';
import { SwarmupError } from '../../lib/errors.js';
import { limit } from '../../lib/limit.js';
import type { CopyEnds, CopyEntry } from './plan-copy.js';

/** Small files wait for answers more than for bytes. */
const filesAtOnce = 8;

/**
 * Copies planned entries with their modes and times. A file is written beside its place under a hidden name and
 * renamed over it when it is whole; after a failure or an abort nothing half-written is left, unless the connection is
 * gone. `onBytes` is called for each piece.
 */
export async function copyEntries(
  ends: CopyEnds,
  entries: readonly CopyEntry[],
  signal: AbortSignal,
  onBytes: (entry: CopyEntry, bytes: number) => void,
): Promise<void> {
  const folders = entries.filter(({ info }) => info.kind === 'folder');
  const made: CopyEntry[] = [];
  for (const folder of folders) {
    signal.throwIfAborted();
    if (await makeFolder(ends, folder)) made.push(folder);
  }
  const inTurn = limit(filesAtOnce);
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const copies = entries
    .filter(({ info }) => info.kind !== 'folder')
    .map((entry) =>
      inTurn(either, () =>
        entry.info.kind === 'link' ? copyLink(ends, entry) : copyFile(ends, entry, either, onBytes),
      ).catch((error: unknown) => {
        stop.abort(error);
        throw error;
      }),
    );
  // All of them, so that each has cleaned up.
  await Promise.allSettled(copies);
  signal.throwIfAborted();
  if (stop.signal.aborted) throw stop.signal.reason as Error;
  // Last, and from the inside out: what is put into a folder changes its time, and a mode may forbid it.
  for (const { to, info } of made.reverse()) await ends.target.setAttributes(to, info);
}

/** False: it was there already, and stays as it is. */
async function makeFolder({ target }: CopyEnds, { to }: CopyEntry): Promise<boolean> {
  const there = await target.info(to);
  if (there?.kind === 'folder') return false;
  if (there !== undefined) throw inTheWay(target.host, to, there.kind);
  await target.makeFolder(to);
  return true;
}

async function copyLink({ source, target }: CopyEnds, { from, to }: CopyEntry): Promise<void> {
  const text = await source.readLink(from);
  const there = await target.info(to);
  if (there?.kind === 'folder') throw inTheWay(target.host, to, there.kind);
  if (there !== undefined) await target.remove(to);
  await target.makeLink(text, to);
}

async function copyFile(
  { source, target }: CopyEnds,
  entry: CopyEntry,
  signal: AbortSignal,
  onBytes: (entry: CopyEntry, bytes: number) => void,
): Promise<void> {
  const { from, to, info } = entry;
  if ((await target.info(to))?.kind === 'folder') throw inTheWay(target.host, to, 'folder');
  const temporary = target.join(target.folderOf(to), `.${target.baseName(to)}.swarmup-${randomUUID()}`);
  const sink = await target.create(temporary);
  try {
    for await (const piece of source.read(from)) {
      signal.throwIfAborted();
      await sink.write(piece);
      onBytes(entry, piece.length);
    }
    await sink.finish(info);
    signal.throwIfAborted();
    await target.rename(temporary, to);
  } catch (error) {
    await sink.abandon();
    await target.remove(temporary).catch(() => undefined);
    throw error;
  }
}

function inTheWay(host: string | undefined, path: string, kind: string): Error {
  const what = kind === 'other' ? 'something that is neither a file nor a folder' : `a ${kind}`;
  return new SwarmupError('FILE_FAILED', `${path} on ${host ?? 'this computer'}: ${what} is in the way`, {
    ...(host !== undefined && { host }),
  });
}
