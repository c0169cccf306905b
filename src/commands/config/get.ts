import { BaseCommand } from '../../cli/base-command.js';
import { settingArg } from '../../cli/setting-args.js';
import { readSettings, requireKey } from '../../cli/settings.js';

export default class ConfigGet extends BaseCommand {
  static override summary = 'print a setting; nothing when it is not set';
  static override examples = ['<%= config.bin %> config get driver'];
  static override args = { setting: settingArg };

  async run(): Promise<{ readonly setting: string; readonly value: string | null }> {
    const { args } = await this.parse(ConfigGet);
    const setting = requireKey(args.setting);
    const value = (await readSettings(this.io))[setting] ?? null;
    if (value !== null) this.print(`${value}\n`);
    return { setting, value };
  }
}
