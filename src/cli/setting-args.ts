import { Args } from '@oclif/core';
import { settingKeys } from './setting-texts.js';

/** The name of a setting; a wrong one is told by `requireKey`, with what was meant. */
export const settingArg = Args.string({ description: `one of ${settingKeys.join(', ')}`, required: true });
