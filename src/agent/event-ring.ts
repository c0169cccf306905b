import type { EventDraft } from './action.js';
import type { AgentEvent } from './agent-api.js';

/** The last events, numbered. */
export class EventRing {
  readonly #size: number;
  readonly #wallClock: () => number;
  readonly #listeners = new Set<(event: AgentEvent) => void>();
  #events: AgentEvent[] = [];
  #seq: number;
  /** The hostname of the own node, once it is known. */
  source = '';

  /**
   * `kept`: events of an earlier process, oldest first. Numbers start at the wall clock in microseconds, and above all
   * kept ones, so that they rise over restarts also where nothing was kept.
   */
  constructor(size: number, wallClock: () => number, kept: readonly AgentEvent[] = []) {
    this.#size = size;
    this.#wallClock = wallClock;
    this.#events = kept.slice(-size);
    this.#seq = kept.reduce((highest, { seq }) => Math.max(highest, seq), Math.floor(wallClock()) * 1000);
  }

  push(draft: EventDraft): void {
    this.#seq += 1;
    const event: AgentEvent = {
      seq: this.#seq,
      time: new Date(this.#wallClock()).toISOString(),
      ...draft,
      source: this.source,
    };
    this.#events.push(event);
    if (this.#events.length > this.#size) this.#events = this.#events.slice(-this.#size);
    for (const listener of this.#listeners) listener(event);
  }

  since(seq: number): readonly AgentEvent[] {
    return this.#events.filter((event) => event.seq > seq);
  }

  /** Calls `listener` for each later event; the answer ends that. */
  follow(listener: (event: AgentEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
