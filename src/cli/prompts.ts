import { SwarmupError, usageError } from '../lib/errors.js';
import { exitCodes } from '../lib/exit-codes.js';
import type { CommandIo } from './command-io.js';

/**
 * Asks a yes-or-no question on stderr; No is the default.
 * Errors: CONFIRMATION_NEEDED (exit 2) where nobody can answer; INTERRUPTED at Ctrl-C.
 */
export async function confirm(io: CommandIo, question: string, signal: AbortSignal): Promise<boolean> {
  if (!io.isTty('stdin') || !io.isTty('stderr'))
    throw usageError('CONFIRMATION_NEEDED', 'there is no terminal to ask on', 'pass --yes to go on without a question');
  const prompts = await import('@inquirer/prompts');
  try {
    return await prompts.confirm({ message: question, default: false }, { input: io.stdin, output: io.stderr, signal });
  } catch (error) {
    if (error instanceof Error && error.name === 'ExitPromptError')
      throw new SwarmupError('INTERRUPTED', 'stopped by Ctrl-C', { exitCode: exitCodes.interrupted, cause: error });
    signal.throwIfAborted();
    throw error;
  }
}
