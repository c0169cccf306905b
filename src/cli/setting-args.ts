import { settingKeys } from './setting-texts.js';

/** The name of a setting; `requireKey` reports a wrong name, with the name that was probably meant. */
export const settingArg = {
  description: `one of ${settingKeys.join(', ')}`,
  required: true,
  names: 'settings',
} as const;
