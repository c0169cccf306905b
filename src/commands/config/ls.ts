import { BaseCommand } from '../../cli/base-command.js';
import { flagsOfList } from '../../cli/list-flags.js';
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

export default class ConfigLs extends BaseCommand {
  static override summary = 'list the settings: defaults of the flags of create, and where each comes from';
  static override description =
    'config NAME prints the flags of a docker client for a host; one named like a word here: config -- NAME.';
  static override examples = ['<%= config.bin %> config ls'];
  static override flags = flagsOfList(settingListing);

  async run(): Promise<SettingsResult> {
    const { flags } = await this.parse(ConfigLs);
    const view = this.view(settingListing, flags);
    const result = await settingsInForce(this.io);
    return this.showList(view, result, 'settings', { notes: ({ path }) => `The file is ${path}\n` });
  }
}
