import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { codeOf } from '../lib/errors.js';
import type { AgentEvent } from './agent-api.js';

/** A longer event is not kept, so that the file stays below 4 MiB even if users write long texts into labels. */
const longestLine = 4 * 1024;

/**
 * The last events in a file of the agent, one on each line, so that they survive the agent. Each event is appended when
 * it happens, so that not even SIGKILL loses one; an incomplete line after a crash of the host is skipped when the file
 * is read. The file never contains more than twice the events that are kept.
 */
export class EventFile {
  readonly #path: string;
  readonly #size: number;
  #lines: string[] = [];
  #written = Number.POSITIVE_INFINITY;

  constructor(path: string, size: number) {
    this.#path = path;
    this.#size = size;
  }

  /** The stored events, oldest first; none if the file does not exist. Errors: the system's, if it cannot be read. */
  read(): readonly AgentEvent[] {
    const found = readLines(this.#path).flatMap((line) => {
      const event = parseEvent(line);
      return event === undefined ? [] : [{ line, event }];
    });
    const last = found.slice(-this.#size);
    this.#lines = last.map(({ line }) => line);
    return last.map(({ event }) => event);
  }

  /** Errors: the system's (a full disk). */
  append(event: AgentEvent): void {
    const line = JSON.stringify(event);
    if (line.length > longestLine) return;
    this.#lines.push(line);
    if (this.#lines.length > this.#size) this.#lines.shift();
    if (this.#written < 2 * this.#size) {
      this.#written += 1;
      appendFileSync(this.#path, `${line}\n`);
    } else this.#rewrite();
  }

  /**
   * Writes the whole file in one step: readers find the old file or the new one. This is also the first write of each
   * process.
   */
  #rewrite(): void {
    const fresh = `${this.#path}.new`;
    writeFileSync(fresh, this.#lines.map((line) => `${line}\n`).join(''), { mode: 0o600 });
    renameSync(fresh, this.#path);
    this.#written = this.#lines.length;
  }
}

function readLines(path: string): readonly string[] {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

function parseEvent(line: string): AgentEvent | undefined {
  try {
    const value = JSON.parse(line) as Partial<AgentEvent> | null;
    const isEvent = typeof value?.seq === 'number' && typeof value.time === 'string' && typeof value.kind === 'string';
    return isEvent ? (value as AgentEvent) : undefined;
  } catch {
    return undefined;
  }
}
