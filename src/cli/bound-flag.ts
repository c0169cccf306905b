import { usageError } from '../lib/errors.js';

export const boundFlag = (description: string) => ({ type: 'string', description, value: 'N|none' }) as const;

/**
 * What a bound flag says: a count; null for `none`, which takes the bound back; undefined when it was not given.
 * Errors: REPLICAS_INVALID (exit 2).
 */
export function boundOf(flag: string, text: string | undefined, least: number): number | null | undefined {
  if (text === undefined) return undefined;
  if (text === 'none') return null;
  if (/^\d{1,5}$/.test(text) && Number(text) >= least) return Number(text);
  const wanted = `a whole number that is at least ${least}, or none`;
  throw usageError('REPLICAS_INVALID', `--${flag} ${JSON.stringify(text)} is not ${wanted}`);
}
