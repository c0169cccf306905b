import { crc32c } from '../lib/crc32c.js';

/** How far a manager's raft log reaches. */
export interface RaftPosition {
  /** Term and index of the last entry. */
  readonly term: number;
  readonly index: number;
  /** The manager knows that everything up to this index is agreed upon. */
  readonly commit: number;
}

interface RaftLog extends RaftPosition {
  /** Records that were read. */
  readonly records: number;
  /** False when the log breaks off in the middle of a record, or a checksum is wrong. */
  readonly whole: boolean;
}

interface Frame {
  readonly type: number;
  readonly crc: number;
  readonly data: Uint8Array;
  readonly end: number;
}

/** Record types of etcd's write-ahead log (go.etcd.io/etcd/server/wal, walpb). */
const recordTypes = { entry: 2, state: 3, crc: 4, snapshot: 5 } as const;
const frameHeaderBytes = 8;
/** Swarm's largest raft message is 4 MiB. */
const maxRecordBytes = 16 * 1024 * 1024;

/**
 * Reads segments of a manager's write-ahead log, oldest first. Swarm encrypts the content of an entry but not its term
 * and index, nor the commit index, so this needs no key. A segment may be cut at its beginning (only its tail was
 * fetched): it then starts at the first position from which records follow each other to the end. Source: etcd's WAL
 * format, as swarmkit writes it (manager/state/raft/storage/walwrap.go).
 */
export function readRaftLog(segments: readonly { readonly bytes: Uint8Array; readonly cut: boolean }[]): RaftLog {
  let position: RaftPosition = { term: 0, index: 0, commit: 0 };
  let records = 0;
  let whole = true;
  let crc: number | undefined;
  for (const { bytes, cut } of segments) {
    const start = cut ? firstFrame(bytes) : 0;
    if (cut) crc = undefined;
    for (let at = start; at < bytes.length;) {
      const frame = frameAt(bytes, at);
      if (frame === 'end') break;
      if (frame === 'broken') return { ...position, records, whole: false };
      if (frame.type === recordTypes.crc) {
        if (crc !== undefined && crc !== 0 && frame.crc !== crc) whole = false;
        crc = frame.crc;
      } else {
        const expected = crc === undefined ? frame.crc : crc32c(frame.data, crc);
        if (expected !== frame.crc) return { ...position, records, whole: false };
        crc = frame.crc;
        position = advance(position, frame);
      }
      records += 1;
      at = frame.end;
    }
  }
  return { ...position, records, whole };
}

/**
 * Sorts the manager with the newest state first. The commit index decides: `force-new-cluster` discards every entry
 * after it ("discarding N uncommitted WAL entries"), and committed entries are the same everywhere, so a higher index
 * includes a lower one. For equal indexes, Raft's own rule decides (term, then index of the last entry).
 */
export const newestFirst = (a: RaftPosition, b: RaftPosition): number =>
  b.commit - a.commit || b.term - a.term || b.index - a.index;

function advance(position: RaftPosition, { type, data }: Frame): RaftPosition {
  if (type === recordTypes.entry) {
    const { term, index } = { term: field(data, 2), index: field(data, 3) };
    return { ...position, term, index };
  }
  if (type === recordTypes.state) return { ...position, commit: Math.max(position.commit, field(data, 3)) };
  if (type !== recordTypes.snapshot) return position;
  const snapshot = { index: field(data, 1), term: field(data, 2) };
  if (snapshot.index <= position.index) return position;
  return { ...snapshot, commit: Math.max(position.commit, snapshot.index) };
}

/** Records begin at multiples of 8; the right place is one from which they follow each other to the end. */
function firstFrame(bytes: Uint8Array): number {
  for (let start = 0; start < bytes.length; start += frameHeaderBytes) {
    let at = start;
    let previous: number | undefined;
    let count = 0;
    for (;;) {
      const frame = at < bytes.length ? frameAt(bytes, at) : 'end';
      if (frame === 'end' && count > 0) return start;
      if (typeof frame === 'string') break;
      if (previous !== undefined && frame.type !== recordTypes.crc && crc32c(frame.data, previous) !== frame.crc) break;
      previous = frame.crc;
      count += 1;
      at = frame.end;
    }
  }
  return bytes.length;
}

/** `end`: nothing was written here yet (the file is made full of zeros beforehand). */
function frameAt(bytes: Uint8Array, at: number): Frame | 'end' | 'broken' {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (at + frameHeaderBytes > bytes.length) return bytes.subarray(at).every((byte) => byte === 0) ? 'end' : 'broken';
  const low = view.getUint32(at, true);
  const high = view.getUint32(at + 4, true);
  if (low === 0 && high === 0) return 'end';
  // The length takes 56 bits, of which no record needs more than 32; the top byte contains the padding.
  const padding = high >>> 31 === 1 ? (high >>> 24) & 0x7 : 0;
  if ((high & 0xffffff) !== 0 || low > maxRecordBytes) return 'broken';
  const end = at + frameHeaderBytes + low + padding;
  if (end > bytes.length) return 'broken';
  const record = fieldsOf(bytes.subarray(at + frameHeaderBytes, at + frameHeaderBytes + low));
  if (record === undefined) return 'broken';
  const type = numberOf(record.get(1));
  if (type < 1 || type > 5) return 'broken';
  const data = record.get(3);
  return {
    type,
    crc: numberOf(record.get(2)),
    data: data instanceof Uint8Array ? data : new Uint8Array(),
    end,
  };
}

const numberOf = (value: number | Uint8Array | undefined): number => (typeof value === 'number' ? value : 0);

const field = (message: Uint8Array, number: number): number => numberOf(fieldsOf(message)?.get(number));

/** The varint and bytes fields of a protobuf message, by number; undefined if the data is not a message. */
function fieldsOf(message: Uint8Array): ReadonlyMap<number, number | Uint8Array> | undefined {
  const fields = new Map<number, number | Uint8Array>();
  let at = 0;
  const varint = (): number | undefined => {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = message[at++];
      if (byte === undefined) return undefined;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    return undefined;
  };
  while (at < message.length) {
    const key = varint();
    const value = varint();
    if (key === undefined || value === undefined || key < 8) return undefined;
    const wire = key % 8;
    if (wire === 0) fields.set(Math.floor(key / 8), value);
    else if (wire === 2 && at + value <= message.length) {
      fields.set(Math.floor(key / 8), message.subarray(at, at + value));
      at += value;
    } else return undefined;
  }
  return fields;
}
