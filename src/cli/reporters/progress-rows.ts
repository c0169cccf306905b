import { printableLine } from '../../lib/printable.js';
import type { PlannedStep, Reporter } from '../../lib/progress-event.js';
import { seconds } from '../render/seconds.js';

type Event = Parameters<Reporter>[0];
/** An event of one step. */
export type StepEvent = Extract<Event, { readonly step: string }>;

/** A line of the live display: a host with all its steps, or a step that belongs to no host. */
export interface ProgressRow {
  readonly key: string;
  /** Its text right now. */
  text(): string;
  readonly state: 'waiting' | 'running' | 'done' | 'failed' | 'skipped';
  /** None of its steps is left. */
  readonly ended: boolean;
}

/** Follows the events of one plan; knows nothing of terminals. `now` is in milliseconds. */
export class ProgressRows {
  readonly rows: readonly ProgressRow[];
  readonly #rows: ReadonlyMap<string, Row>;

  constructor(steps: readonly PlannedStep[], now: () => number) {
    const keys = [...new Set(steps.map(keyOf))];
    const width = Math.max(0, ...steps.map((step) => (step.host ?? step.title).length));
    this.#rows = new Map(
      keys.map((key) => {
        const mine = steps.filter((step) => keyOf(step) === key);
        return [key, new Row(key, (mine[0]?.host ?? mine[0]?.title ?? key).padEnd(width), mine, now)];
      }),
    );
    this.rows = [...this.#rows.values()];
  }

  /** Returns the row that changed; undefined: a step that was not in the plan. */
  take(event: StepEvent): ProgressRow | undefined {
    const row = [...this.#rows.values()].find((candidate) => candidate.has(event.step));
    row?.take(event);
    return row;
  }
}

const keyOf = (step: PlannedStep): string => (step.host === undefined ? `step ${step.id}` : `host ${step.host}`);

class Row implements ProgressRow {
  state: ProgressRow['state'] = 'waiting';
  /** Titles of steps that have not ended, by id. */
  readonly #open: Map<string, string>;
  readonly #running = new Map<string, { title: string; detail: string }>();
  #began: number | undefined;
  #ended: number | undefined;
  #note = '';
  #changed = false;

  constructor(
    readonly key: string,
    readonly name: string,
    steps: readonly PlannedStep[],
    readonly now: () => number,
  ) {
    this.#open = new Map(steps.map(({ id, title }) => [id, title]));
  }

  has(step: string): boolean {
    return this.#open.has(step);
  }

  take(event: StepEvent): void {
    switch (event.type) {
      case 'step-started':
        this.#began ??= this.now();
        this.state = this.state === 'failed' ? 'failed' : 'running';
        this.#running.set(event.step, { title: event.title, detail: '' });
        return;
      case 'step-detail': {
        const running = this.#running.get(event.step);
        if (running !== undefined) running.detail = event.message;
        return;
      }
      case 'step-done':
        this.#changed ||= !event.unchanged;
        break;
      case 'step-failed':
        this.#note = `${event.title}: ${event.error.message}`;
        this.state = 'failed';
        break;
      case 'step-skipped':
        if (this.#note === '') this.#note = event.reason;
        if (this.state !== 'failed') this.state = 'skipped';
        break;
    }
    this.#end(event.step);
  }

  #end(step: string): void {
    this.#open.delete(step);
    this.#running.delete(step);
    if (this.#open.size > 0) return;
    this.#ended = this.now();
    if (this.state !== 'failed' && this.state !== 'skipped') this.state = 'done';
  }

  get ended(): boolean {
    return this.#open.size === 0;
  }

  text(): string {
    const elapsed = this.#began === undefined ? '' : seconds((this.#ended ?? this.now()) - this.#began);
    // The time comes first: what a step says may be longer than the line.
    return printableLine(`${this.name}  ${elapsed.padStart(6)}  ${this.#doing()}`.trimEnd());
  }

  #doing(): string {
    if (this.#note !== '') return this.#note;
    if (this.state === 'done') return this.#changed ? 'done' : 'nothing to change';
    const [step] = this.#running.values();
    if (step === undefined) return this.state === 'waiting' ? 'waiting' : '…';
    const { title, detail } = step;
    // The row of a step without a host is named for the step.
    if (title === this.name.trimEnd()) return detail;
    return detail === '' ? title : `${title}: ${detail}`;
  }
}
