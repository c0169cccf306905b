import { swarmup } from '../typed-command.js';

/** What a user may want to know about an error code. */
export interface ErrorEntry {
  /** The exit codes of a command that ends with it; 0: it is told, and the command goes on. */
  readonly exits: readonly number[];
  /** What has happened, in a full sentence. */
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

/** By code; one with `*` stands for the codes that are put together like that. */
export type ErrorArea = Readonly<Record<string, ErrorEntry>>;

/** A command in the text of an entry, as Markdown: `` command`ls` `` is "`swarmup ls`". */
export const command = (...line: Parameters<typeof swarmup>): string => `\`${swarmup(...line)}\``;
