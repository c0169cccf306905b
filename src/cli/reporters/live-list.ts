import type { ListrTask, ListrTaskWrapper } from 'listr2';
import { printableOutput } from '../../lib/printable.js';
import type { PlannedStep } from '../../lib/progress-event.js';
import type { CommandIo } from '../command-io.js';
import { ProgressRows, type ProgressRow, type StepEvent } from './progress-rows.js';

type Wrapper = Pick<ListrTaskWrapper<object, never, never>, 'title' | 'skip' | 'output'>;

/** Elapsed times are shown in tenths of a second, but need not race. */
const refreshMs = 200;

/** A row on the screen. Its listr2 task, once there is one, lasts until `end` is called. */
interface Shown {
  readonly row: ProgressRow;
  readonly ended: Promise<void>;
  readonly end: () => void;
  task?: Wrapper;
}

/**
 * The live display of one plan, by listr2: a line per row, notes below. listr2 is a view only: it is fed by events,
 * runs nothing, and leaves signals alone.
 */
export class LiveList {
  readonly #rows: ProgressRows;
  readonly #shown: readonly Shown[];
  readonly #notes: string[] = [];
  readonly #done: Promise<void>;
  #notesTask: Wrapper | undefined;

  /** Begins when `after`, the end of the list before it, is over. */
  constructor(
    readonly io: CommandIo,
    steps: readonly PlannedStep[],
    now: () => number,
    after: Promise<void>,
  ) {
    this.#rows = new ProgressRows(steps, now);
    this.#shown = this.#rows.rows.map(show);
    this.#done = after.then(() => this.#run());
  }

  /** A step that is not of this plan is ignored. */
  take(event: StepEvent): void {
    const row = this.#rows.take(event);
    const shown = this.#shown.find((candidate) => candidate.row === row);
    if (shown !== undefined) refresh(shown);
  }

  /** A line below the list; it stays on the screen. */
  note(text: string): void {
    const note = printableOutput(text);
    this.#notes.push(note);
    if (this.#notesTask !== undefined) this.#notesTask.output = note;
  }

  /** Ends the display, even if some steps have not ended. Resolves when it was drawn for the last time. */
  async close(): Promise<void> {
    for (const { end } of this.#shown) end();
    await this.#done;
  }

  async #run(): Promise<void> {
    if (this.#shown.length === 0) return;
    const { stderrList } = await import('./stderr-list.js');
    const list = stderrList(this.io, [...this.#shown.map((shown) => this.#task(shown)), this.#notesListrTask()]);
    const ticking = setInterval(() => {
      this.#shown.forEach(refresh);
    }, refreshMs);
    await list.run();
    clearInterval(ticking);
  }

  #task(shown: Shown): ListrTask {
    return {
      title: shown.row.text(),
      task: async (_, task) => {
        shown.task = task;
        refresh(shown);
        await shown.ended;
        task.title = shown.row.text();
        if (shown.row.state === 'failed') throw new Error(task.title);
        if (shown.row.state !== 'done') task.skip();
      },
    };
  }

  /** A task without a title shows nothing but its output, at the bottom. It ends with the last row. */
  #notesListrTask(): ListrTask {
    return {
      rendererOptions: { bottomBar: Infinity, persistentOutput: true },
      task: async (_, task) => {
        this.#notesTask = task;
        for (const note of this.#notes) task.output = note;
        await Promise.all(this.#shown.map((shown) => shown.ended));
      },
    };
  }
}

function show(row: ProgressRow): Shown {
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { row, ended, end };
}

function refresh({ row, task, end }: Shown): void {
  if (task !== undefined) task.title = row.text();
  if (row.ended) end();
}
