import { inspect } from 'node:util';
import { errorJson } from '../lib/error-json.js';
import { codeOf, messageOf, SwarmupError, type ErrorJson } from '../lib/errors.js';
import { printable } from '../lib/printable.js';
import { swarmup } from '../lib/typed-command.js';
import type { CommandIo } from './command-io.js';
import { jsonText } from './render/json-text.js';
import { painter } from './render/paint.js';

interface FailureStyle {
  readonly json: boolean;
  /** With the stack and the causes. */
  readonly debug: boolean;
}

/**
 * The one place where an error becomes output: on stdout as `{"error": …}` with `--json`, else as text on stderr.
 * Returns the exit code, which is the same in both modes.
 */
export function reportFailure(io: CommandIo, thrown: unknown, style: FailureStyle): number {
  const error = asSwarmupError(thrown);
  const json = error === undefined ? bug(thrown) : error.toJSON();
  if (style.debug) io.say(`${inspect(thrown)}\n`);
  if (style.json) io.print(jsonText({ error: json }));
  else io.say(failureText(io, json));
  return json.exitCode;
}

/** `Error: …` and a line for each hint. */
function failureText(io: CommandIo, error: ErrorJson): string {
  const paint = painter(io, 'stderr');
  return [
    `${paint('red', 'Error:')} ${printable(error.message)}`,
    ...error.hints.map((hint) => `  ${paint('dim', '→')} ${printable(hint)}`),
    '',
  ].join('\n');
}

/** undefined: nothing that a user can understand, so a bug of ours. */
function asSwarmupError(thrown: unknown): SwarmupError | undefined {
  if (thrown instanceof SwarmupError) return thrown;
  const code = codeOf(thrown);
  const told = code === undefined ? undefined : systemErrors[code];
  if (told !== undefined)
    return new SwarmupError(`SYSTEM_${code ?? ''}`, `${told.what}: ${messageOf(thrown)}`, {
      hints: told.hints,
      cause: thrown,
    });
  return undefined;
}

/** Errors of the computer that any file access can cause; code with better knowledge throws a better error. */
const systemErrors: Readonly<Record<string, { readonly what: string; readonly hints: readonly string[] }>> = {
  ENOSPC: {
    what: 'no space left on the disk',
    hints: ['free some space, then run the same command again: it resumes'],
  },
  EDQUOT: {
    what: 'the disk quota is used up',
    hints: ['free some space, then run the same command again: it resumes'],
  },
  EACCES: {
    what: 'permission denied',
    hints: ['check the owner of the file: swarmup may have run as another user before'],
  },
  EPERM: {
    what: 'operation not permitted',
    hints: ['check the owner of the file: swarmup may have run as another user before'],
  },
  EROFS: { what: 'the file system is read-only', hints: ['set SWARMUP_HOME to a writable folder'] },
  EMFILE: { what: 'too many open files', hints: ['raise the limit: ulimit -n 4096'] },
};

function bug(thrown: unknown): ErrorJson {
  return {
    ...errorJson(thrown),
    message: `this is a bug in swarmup: ${messageOf(thrown)}`,
    hints: [`run it again with --debug and report what it prints, with ${swarmup`--version`}`],
  };
}
