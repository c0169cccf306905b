import { SwarmupError, usageError } from '../lib/errors.js';
import { printable } from '../lib/printable.js';
import { exitCodes } from '../lib/exit-codes.js';
import type { CommandIo } from './command-io.js';

/**
 * Asks a yes-or-no question on stderr; No is the default. Errors: CONFIRMATION_NEEDED (exit 2) if there is no terminal;
 * INTERRUPTED at Ctrl-C.
 */
export async function confirm(io: CommandIo, question: string, signal: AbortSignal): Promise<boolean> {
  if (!io.isTty('stdin') || !io.isTty('stderr'))
    throw usageError(
      'CONFIRMATION_NEEDED',
      'swarmup cannot ask for confirmation because there is no terminal',
      'add --yes to confirm without a question',
    );
  return askYesNo(io, question, signal);
}

/** The same where the caller knows that there is a terminal. */
export async function askYesNo(io: CommandIo, question: string, signal: AbortSignal): Promise<boolean> {
  const { confirm: ask } = await import('@inquirer/prompts');
  return prompt(io, signal, (terminal) => ask({ message: printable(question), default: false }, terminal));
}

/** Asks for something that must not be seen on the screen. The caller knows that there is a terminal. */
export async function askSecret(io: CommandIo, question: string, signal: AbortSignal): Promise<string> {
  const { password } = await import('@inquirer/prompts');
  return prompt(io, signal, (terminal) => password({ message: printable(question), mask: false }, terminal));
}

interface Terminal {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
  readonly signal: AbortSignal;
}

/** Errors: INTERRUPTED at Ctrl-C, which a prompt takes for itself. */
async function prompt<T>(io: CommandIo, signal: AbortSignal, ask: (terminal: Terminal) => Promise<T>): Promise<T> {
  try {
    return await ask({ input: io.stdin, output: io.stderr, signal });
  } catch (error) {
    if (error instanceof Error && error.name === 'ExitPromptError')
      throw new SwarmupError('INTERRUPTED', 'stopped by Ctrl-C', { exitCode: exitCodes.interrupted, cause: error });
    signal.throwIfAborted();
    throw error;
  }
}
