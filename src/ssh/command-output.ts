import { StringDecoder } from 'node:string_decoder';

/** More than this of one stream is not kept: its beginning is cut. */
const keptOutputBytes = 8 * 1024 * 1024;
/** A line without an end is delivered in pieces of this size. */
const longestLine = 64 * 1024;

interface CommandOutput {
  readonly add: (chunk: Buffer) => void;
  /** Delivers the last line if it had no newline. */
  readonly end: () => void;
  /** Everything kept, as UTF-8; begins with a note in brackets when the beginning was cut. */
  readonly text: () => string;
}

/** Collects one output stream of a command and delivers its lines, without their ends, as they come. */
export function commandOutput(
  onLine: ((line: string) => void) | undefined,
  keepBytes = keptOutputBytes,
): CommandOutput {
  const kept = keepTail(keepBytes);
  // A chunk may end within a character.
  const decoder = new StringDecoder('utf8');
  let partial = '';
  const deliver = (text: string): void => {
    if (onLine === undefined) return;
    const lines = (partial + text).split('\n');
    partial = lines.pop() ?? '';
    for (const line of lines) onLine(line.replace(/\r$/, ''));
    while (partial.length > longestLine) {
      onLine(partial.slice(0, longestLine));
      partial = partial.slice(longestLine);
    }
  };
  return {
    add(chunk) {
      kept.add(chunk);
      deliver(decoder.write(chunk));
    },
    end() {
      deliver(decoder.end());
      if (partial !== '') onLine?.(partial.replace(/\r$/, ''));
      partial = '';
    },
    text: () => kept.text(),
  };
}

function keepTail(keepBytes: number): { add(chunk: Buffer): void; text(): string } {
  let chunks: Buffer[] = [];
  let size = 0;
  let cut = 0;
  const shrink = (): void => {
    const all = Buffer.concat(chunks);
    const tail = all.subarray(startOfCharacter(all, all.length - keepBytes));
    cut += all.length - tail.length;
    // A copy, so that the cut part is given back.
    chunks = [Buffer.from(tail)];
    size = tail.length;
  };
  return {
    add(chunk) {
      chunks.push(chunk);
      size += chunk.length;
      // Twice as much, so that the tail is copied now and then only.
      if (size > 2 * keepBytes) shrink();
    },
    text() {
      if (size > keepBytes) shrink();
      const note = cut === 0 ? '' : `[the first ${cut} bytes were cut]\n`;
      return note + Buffer.concat(chunks).toString('utf8');
    },
  };
}

/** The first offset from `from` on at which no UTF-8 character is cut in two. */
function startOfCharacter(bytes: Buffer, from: number): number {
  let start = from;
  while (start < bytes.length && ((bytes[start] ?? 0) & 0xc0) === 0x80) start += 1;
  return start;
}
