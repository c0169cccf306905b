/** A piece of output of a container. */
export interface LogFrame {
  readonly stream: 'stdout' | 'stderr';
  readonly line: string;
}

const headerBytes = 8;

/**
 * Takes the engine's multiplexed stream in pieces of any size and gives whole lines. Eight bytes precede each frame:
 * the stream's number, three zeros, the length (API reference, "Stream format"). A service with a terminal sends no
 * such headers: its bytes are stdout.
 */
export class LogFrames {
  #rest = Buffer.alloc(0);
  #isRaw: boolean | undefined;
  readonly #open = { stdout: '', stderr: '' };

  constructor(readonly onLine: (frame: LogFrame) => void) {}

  take(chunk: Uint8Array): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    this.#isRaw ??= this.#rest.length < 4 ? undefined : !startsFrame(this.#rest);
    if (this.#isRaw === true) {
      this.#text('stdout', this.#rest);
      this.#rest = Buffer.alloc(0);
      return;
    }
    while (this.#rest.length >= headerBytes) {
      const end = headerBytes + this.#rest.readUInt32BE(4);
      if (this.#rest.length < end) return;
      this.#text(this.#rest[0] === 2 ? 'stderr' : 'stdout', this.#rest.subarray(headerBytes, end));
      this.#rest = this.#rest.subarray(end);
    }
  }

  /** A last line without a line break. */
  end(): void {
    for (const stream of ['stdout', 'stderr'] as const)
      if (this.#open[stream] !== '') this.onLine({ stream, line: this.#open[stream] });
  }

  #text(stream: 'stdout' | 'stderr', bytes: Buffer): void {
    const lines = (this.#open[stream] + bytes.toString('utf8')).split('\n');
    this.#open[stream] = lines.pop() ?? '';
    for (const line of lines) this.onLine({ stream, line: line.replace(/\r$/, '') });
  }
}

const startsFrame = (bytes: Buffer): boolean =>
  (bytes[0] ?? 9) <= 2 && bytes[1] === 0 && bytes[2] === 0 && bytes[3] === 0;
