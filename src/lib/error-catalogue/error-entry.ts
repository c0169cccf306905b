/** The explanation of an error code for users. */
export interface ErrorEntry {
  /** The exit codes of a command that ends with it; 0: the error is only reported, and the command continues. */
  readonly exits: readonly number[];
  /** The event, in a full sentence. */
  readonly meaning: string;
  /** What to do about it, in a full sentence. */
  readonly remedy: string;
  /** A message of it; without one the documentation shows the form of the message, from the place that raises it. */
  readonly example?: string;
}

/** By code; a code with `*` stands for codes that are composed in that way. */
export type ErrorArea = Readonly<Record<string, ErrorEntry>>;
