/** `$$`, `$NAME`, `${NAME}` and `${NAME:-default}`, with `-`, `?` and `+`, and with or without the colon. */
const reference = /\$(?:(\$)|([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?:(:?[-?+])([^}]*))?\})/g;

type Env = Readonly<Record<string, string | undefined>>;

export interface UnsetVariable {
  readonly name: string;
  /** As it stands in the text: `${NAME:?why}`. */
  readonly written: string;
  /** Of `${NAME:?why}`. */
  readonly why: string | undefined;
}

/**
 * Fills variables into a text as compose files have them. A variable that is not set becomes empty, and `onUnset` gets
 * it, as it gets that of `${NAME:?why}`.
 */
export function interpolate(text: string, env: Env, onUnset: (variable: UnsetVariable) => void): string {
  const replace = (
    written: string,
    dollar?: string,
    plain?: string,
    braced?: string,
    operator = '',
    word = '',
  ): string => dollar ?? fill({ written, name: plain ?? braced ?? '', operator, word }, env, onUnset);
  return text.replace(reference, replace);
}

interface Reference {
  readonly written: string;
  readonly name: string;
  readonly operator: string;
  readonly word: string;
}

function fill(
  { written, name, operator, word }: Reference,
  env: Env,
  onUnset: (variable: UnsetVariable) => void,
): string {
  const value = env[name];
  const isGiven = value !== undefined && !(value === '' && operator.startsWith(':'));
  if (operator.endsWith('-')) return isGiven ? value : word;
  if (operator.endsWith('+')) return isGiven ? word : '';
  const isRequired = operator.endsWith('?');
  if (isRequired ? !isGiven : value === undefined)
    onUnset({ name, written, why: isRequired && word !== '' ? word : undefined });
  return value ?? '';
}
