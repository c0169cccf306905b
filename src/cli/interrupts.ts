import { SwarmupError } from '../lib/errors.js';
import { exitCodes } from '../lib/exit-codes.js';
import type { CommandIo } from './command-io.js';

interface Interrupts extends Disposable {
  /** Fires at the first SIGINT or SIGTERM; its reason is the error that ends the command. */
  readonly signal: AbortSignal;
}

/** The first Ctrl-C (or SIGTERM) asks the command to stop, with a message; the second ends the process immediately. */
export function watchInterrupts(io: CommandIo, tell: (message: string) => void): Interrupts {
  const stop = new AbortController();
  const off = io.onInterrupt((name) => {
    const exitCode = name === 'SIGINT' ? exitCodes.interrupted : exitCodes.terminated;
    if (stop.signal.aborted) {
      io.exit(exitCode);
      return;
    }
    tell('stopping at a safe point; press Ctrl-C again to quit at once');
    const [code, by] = name === 'SIGINT' ? ['INTERRUPTED', 'Ctrl-C'] : ['TERMINATED', 'a termination signal'];
    stop.abort(new SwarmupError(code, `stopped by ${by}`, { exitCode }));
  });
  return { signal: stop.signal, [Symbol.dispose]: off };
}

/** The same error with what the user can do next. */
export function withHints(error: SwarmupError, hints: readonly string[]): SwarmupError {
  return new SwarmupError(error.code, error.message, { exitCode: error.exitCode, hints, cause: error });
}
