import { usageError } from '../lib/errors.js';

/** `zone=a` as key and value; a label without a value is an empty one. Errors: VALUE_INVALID (exit 2). */
export function labelsOf(given: readonly string[], flag: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    given.map((text) => {
      const [, key, value = ''] = /^([^=\s]+)(?:=(.*))?$/s.exec(text) ?? [];
      if (key === undefined)
        throw usageError(
          'VALUE_INVALID',
          `${flag}: '${text}' is not a label`,
          'write the label as KEY=VALUE, for example zone=a',
        );
      return [key, value];
    }),
  );
}
