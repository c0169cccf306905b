import { gunzipSync } from 'node:zlib';
import { messageOf, SwarmupError } from '../../lib/errors.js';
import { readTar } from '../../lib/tar-archive.js';
import { isLockedNodeKey, withoutLock } from '../../swarm/node-key.js';
import { type RaftPosition, readRaftLog } from '../../swarm/raft-log.js';

const walFile = /^(?:\.\/)?raft\/wal-v3-encrypted\/([0-9a-f]+-[0-9a-f]+\.wal)$/;
const needed = ['docker-state.json', 'certificates/swarm-node.key', 'certificates/swarm-node.crt'] as const;

/**
 * Checks a copied state: every record of its Raft log has a checksum over all records before it, so a log that was
 * copied while the engine wrote is read to its end as the engine would do. An incomplete last record is harmless,
 * because it was not committed yet. Errors: STATE_COPY_BROKEN.
 */
export async function checkStateCopy(archive: Uint8Array, unlockKey: string | undefined): Promise<RaftPosition> {
  const files = await filesOf(archive);
  for (const name of needed) if (!files.has(name)) throw broken(`${name} is missing`);
  const segments = [...files]
    .flatMap(([name, bytes]) => (walFile.test(name) ? [{ name, bytes, cut: false }] : []))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const log = readRaftLog(segments);
  if (log.records < 2 || log.commit === 0) throw broken('the Raft log is empty');
  if (log.index < log.commit) throw broken('the Raft log ends before the last committed entry');
  const key = Buffer.from(files.get('certificates/swarm-node.key') ?? []).toString();
  if (isLockedNodeKey(key)) {
    if (unlockKey === undefined) throw broken('the state is locked, and there is no unlock key');
    await withoutLock(key, unlockKey);
  }
  const { term, index, commit } = log;
  return { term, index, commit };
}

async function filesOf(archive: Uint8Array): Promise<ReadonlyMap<string, Uint8Array>> {
  try {
    const files = await readTar(gunzipSync(archive));
    return new Map([...files].map(([name, data]) => [name.replace(/^\.\//, ''), data]));
  } catch (error) {
    throw broken(messageOf(error));
  }
}

const broken = (why: string): SwarmupError =>
  new SwarmupError('STATE_COPY_BROKEN', `the copy of the swarm's state cannot be used: ${why}`, { retryable: true });
