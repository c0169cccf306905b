import { type ErrorJson, messageOf, SwarmupError } from './errors.js';
import { exitCodes } from './exit-codes.js';

/** Any thrown value in the public JSON form; a value that is not a SwarmupError is a bug and has the code BUG. */
export function errorJson(thrown: unknown): ErrorJson {
  if (thrown instanceof SwarmupError) return thrown.toJSON();
  return { code: 'BUG', message: messageOf(thrown), hints: [], exitCode: exitCodes.failure };
}
