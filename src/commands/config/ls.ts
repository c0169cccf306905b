import { swarmup } from '../../lib/typed-command.js';
import { lists } from '../../cli/oclif-command.js';
import type { Listing } from '../../cli/render/listing.js';
import { type SettingInForce, settingsInForce } from '../../cli/settings.js';

export interface SettingsResult {
  /** The file of settings, which need not exist. */
  readonly path: string;
  readonly settings: readonly SettingInForce[];
}

const settingListing: Listing<SettingInForce> = {
  id: ({ setting }) => setting,
  columns: {
    Name: { text: ({ setting }) => setting, head: 'SETTING' },
    Value: { text: ({ value }) => value ?? '-' },
    From: { text: ({ source, variable }) => variable ?? source },
    Description: { text: ({ description }) => description, head: 'WHAT' },
  },
};

export default lists({
  listing: settingListing,
  rows: 'settings',
  summary: 'list the settings and where each value comes from',
  description:
    'Settings are defaults for the flags of create. config NAME prints the docker flags for a host; if the host ' +
    'is named get, set, unset or ls, write config -- NAME.',
  examples: [swarmup`config ls`],
  run: async ({ io }) => {
    return settingsInForce(io);
  },
  notes: ({ path }) => `The file is ${path}\n`,
});
