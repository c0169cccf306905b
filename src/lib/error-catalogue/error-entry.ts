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
   * Values for an example that is built from the message in the source, by the names that the message has for them. A
   * name that occurs more than once has an array, with one value for each time. Usual names (`name`, `host`, `swarm` and
   * a few more) have values already.
   */
  readonly values?: Readonly<Record<string, string | readonly string[]>>;
}

/** By code; a code with `*` stands for codes that are composed in that way. */
export type ErrorArea = Readonly<Record<string, ErrorEntry>>;

/** A command in the text of an entry, as Markdown: `` command`ls` `` is "`swarmup ls`". */
export const command = (...line: Parameters<typeof swarmup>): string => `\`${swarmup(...line)}\``;
