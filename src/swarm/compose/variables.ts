import { type TextFault, textFault } from '../../lib/yaml-files.js';

type Env = Readonly<Record<string, string | undefined>>;

/** What docker's CLI takes for a variable: without braces, what follows an operator belongs to it, too. */
const reference = /\$(?:(\$)|([_a-z]\w*(?::?[-?][^}]*)?)|\{([_a-z]\w*(?::?[-?][^}]*)?)\})?/gi;

export interface Told {
  readonly fail: (fault: TextFault) => void;
  readonly unset: (name: string) => void;
  readonly warn: (message: string) => void;
}

/**
 * Fills variables into a text as docker's CLI does: `$$`, `$NAME`, `${NAME}`, and with `:-`, `-`, `:?` and `?`. A
 * variable that is not set is empty and gives a warning.
 */
export function fillVariables(text: string, env: Env, told: Told): string {
  return text.replace(reference, (whole: string, dollar?: string, named?: string, braced?: string) => {
    if (dollar !== undefined) return dollar;
    const inner = named ?? braced;
    if (inner === undefined) {
      told.fail({
        message: `the $ in '${text}' does not start a variable`,
        hints: ['write $$ for a $ that does not start a variable'],
      });
      return whole;
    }
    const filled = fill(inner, env, told);
    if (named !== undefined && /\W/.test(named))
      told.warn(`${whole} is read as \${${named}}: write \${${/^\w*/.exec(named)?.[0] ?? ''}} when the rest is text`);
    return filled;
  });
}

/** The operators in docker's order, which is not that of the text. */
const operators = [':-', '-', ':?', '?'] as const;

function fill(inner: string, env: Env, { fail, unset, warn }: Told): string {
  const operator = operators.find((each) => inner.includes(each));
  const end = operator === undefined ? inner.length : inner.indexOf(operator);
  const [name, word] = [inner.slice(0, end), inner.slice(end + (operator ?? '').length)];
  if (/\W/.test(name)) warn(`docker takes '${name}' in \${${inner}} for the name of a variable`);
  const value = env[name];
  const isGiven = value !== undefined && !(value === '' && (operator ?? '').startsWith(':'));
  if (isGiven) return value;
  if (operator?.endsWith('-') === true) return word;
  if (operator === undefined) unset(name);
  else fail(textFault('VARIABLE_MISSING', `the variable ${name} is not set${word === '' ? '' : `: ${word}`}`));
  return '';
}
