import { BaseCommand } from '../../cli/base-command.js';
import { table } from '../../cli/render/table.js';
import { readSettings, settingKeys, settingTexts } from '../../cli/settings.js';

export interface SettingsResult {
  readonly path: string;
  readonly settings: readonly {
    readonly setting: string;
    readonly value: string | null;
    readonly description: string;
  }[];
}

export default class ConfigLs extends BaseCommand {
  static override summary = 'list the settings: defaults of the flags of create';
  static override description =
    'config NAME prints the flags of a docker client for a host; one named like a word here: config -- NAME.';
  static override examples = ['<%= config.bin %> config ls'];

  async run(): Promise<SettingsResult> {
    await this.parse(ConfigLs);
    const { path, ...values } = await readSettings(this.io);
    const settings = settingKeys.map((setting) => ({
      setting,
      value: values[setting] ?? null,
      description: settingTexts[setting],
    }));
    const rows = settings.map(({ setting, value, description }) => [setting, value ?? '-', description]);
    this.print(table(['SETTING', 'VALUE', 'WHAT'], rows));
    return { path, settings };
  }
}
