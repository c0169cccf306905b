import { usageError } from './errors.js';

/** `$$`, `$NAME`, `${NAME}` and `${NAME:-default}`, with `-`, `?` and `+`, and with or without the colon. */
const reference = /\$(?:(\$)|([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?:(:?[-?+])([^}]*))?\})/g;

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Fills variables into a text as compose files have them. A variable that is not set becomes empty, and `onUnset` gets
 * its name. Errors: VARIABLE_MISSING (exit 2) for `${NAME:?why}`.
 */
export function interpolate(text: string, env: Env, onUnset: (name: string) => void): string {
  const replace = (_: string, dollar?: string, plain?: string, braced?: string, operator = '', word = ''): string =>
    dollar ?? fill({ name: plain ?? braced ?? '', operator, word }, env, onUnset);
  return text.replace(reference, replace);
}

interface Reference {
  readonly name: string;
  readonly operator: string;
  readonly word: string;
}

function fill({ name, operator, word }: Reference, env: Env, onUnset: (name: string) => void): string {
  const value = env[name];
  const isGiven = value !== undefined && !(value === '' && operator.startsWith(':'));
  if (operator.endsWith('-')) return isGiven ? value : word;
  if (operator.endsWith('+')) return isGiven ? word : '';
  if (operator.endsWith('?') && !isGiven)
    throw usageError('VARIABLE_MISSING', `the variable ${name} is not set${word === '' ? '' : `: ${word}`}`);
  if (value === undefined) onUnset(name);
  return value ?? '';
}
