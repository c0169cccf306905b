import type { Output } from '../output.js';

/** One command of the tool: its arguments, where it writes; the exit status. Fails by throwing a Failure. */
export type Command = (args: readonly string[], output: Output) => number | Promise<number>;
