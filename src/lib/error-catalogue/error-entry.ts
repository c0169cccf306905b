import { swarmup } from '../typed-command.js';

/** The explanation of an error code for users. */
export interface ErrorEntry {
  /** The exit codes of a command that ends with it; 0: the error is only reported, and the command continues. */
  readonly exits: readonly number[];
  /** The event, in a full sentence. */
  readonly meaning: string;
  /** What to do about it, in a full sentence. */
  readonly remedy: string;
  /** A message of it, where it is put together in a way that the place that raises it does not show. */
  readonly example?: string;
  /**
   * Of an example that is the message of the place that raises it: what stands for the values there, by their names; an
   * array has one for each time that a name comes. The usual names (`name`, `host`, `swarm`, …) need not be told.
   */
  readonly values?: Readonly<Record<string, string | readonly string[]>>;
}

/** By code; a code with `*` stands for codes that are composed in that way. */
export type ErrorArea = Readonly<Record<string, ErrorEntry>>;

/** A command in the text of an entry, as Markdown: `` command`ls` `` is "`swarmup ls`". */
export const command = (...line: Parameters<typeof swarmup>): string => `\`${swarmup(...line)}\``;
