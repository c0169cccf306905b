import { Args } from '@oclif/core';

/** Any number of words, also none. What none means is for the description to tell: oclif would say `[default: ]`. */
export const listArg = (description: string, absent: readonly string[] = []) =>
  Args.string({ description, multiple: true, default: [...absent], defaultHelp: () => Promise.resolve(undefined) });
