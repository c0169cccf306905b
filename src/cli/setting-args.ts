import { settingKeys } from './setting-texts.js';

/** The name of a setting; a wrong one is told by `requireKey`, with what was meant. */
export const settingArg = {
  description: `one of ${settingKeys.join(', ')}`,
  required: true,
  names: 'settings',
} as const;
