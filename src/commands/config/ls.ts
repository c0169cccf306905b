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
  summary: 'list the settings: defaults of the flags of create, and where each comes from',
  description:
    'config NAME prints the flags of a docker client for a host; one named like a word here: config -- NAME.',
  examples: ['<%= config.bin %> config ls'],
  run: async ({ io }) => {
    return settingsInForce(io);
  },
  notes: ({ path }) => `The file is ${path}\n`,
});
