import { BaseCommand } from '../../cli/base-command.js';
import { table } from '../../cli/render/table.js';
import { type SettingInForce, settingsInForce } from '../../cli/settings.js';

export interface SettingsResult {
  /** The file of settings, which need not exist. */
  readonly path: string;
  readonly settings: readonly SettingInForce[];
}

export default class ConfigLs extends BaseCommand {
  static override summary = 'list the settings: defaults of the flags of create, and where each comes from';
  static override description =
    'config NAME prints the flags of a docker client for a host; one named like a word here: config -- NAME.';
  static override examples = ['<%= config.bin %> config ls'];

  async run(): Promise<SettingsResult> {
    await this.parse(ConfigLs);
    const result = await settingsInForce(this.io);
    const rows = result.settings.map(({ setting, value, source, variable, description }) => [
      setting,
      value ?? '-',
      variable ?? source,
      description,
    ]);
    this.print(`${table(['SETTING', 'VALUE', 'FROM', 'WHAT'], rows)}The file is ${result.path}\n`);
    return result;
  }
}
