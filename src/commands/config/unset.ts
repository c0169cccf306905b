import { BaseCommand } from '../../cli/base-command.js';
import { settingArg } from '../../cli/setting-args.js';
import { requireKey, writeSetting } from '../../cli/settings.js';

export default class ConfigUnset extends BaseCommand {
  static override summary = 'forget a setting: what swarmup does by itself counts again';
  static override examples = ['<%= config.bin %> config unset driver'];
  static override args = { setting: settingArg };

  async run(): Promise<{ readonly setting: string }> {
    const { args } = await this.parse(ConfigUnset);
    const setting = requireKey(args.setting);
    const before = await writeSetting(this.io, setting, undefined);
    if (before !== undefined)
      this.io.say(`The settings of ${before} were copied into the home, and count from there.\n`);
    return { setting };
  }
}
