import { Flags } from '@oclif/core';
import { usageError } from '../lib/errors.js';

/** A count, or `none` to take it back: null. Errors: REPLICAS_INVALID (exit 2). */
export const boundFlag = (description: string, least: number) =>
  Flags.custom<number | null>({
    description,
    helpValue: '<N|none>',
    parse: (text) => {
      if (text === 'none') return Promise.resolve(null);
      if (/^\d{1,5}$/.test(text) && Number(text) >= least) return Promise.resolve(Number(text));
      const wanted = `a whole number from ${String(least)} on, or none`;
      throw usageError('REPLICAS_INVALID', `${JSON.stringify(text)} is not ${wanted}`);
    },
  })();
