import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { settingArg } from '../../cli/setting-args.js';
import { requireKey, writeSetting } from '../../cli/settings.js';

export default class ConfigSet extends BaseCommand {
  static override summary = 'set the default of a flag of create';
  static override examples = ['<%= config.bin %> config set driver docker'];
  static override args = { setting: settingArg, value: Args.string({ description: 'its value', required: true }) };

  async run(): Promise<{ readonly setting: string; readonly value: string }> {
    const { args } = await this.parse(ConfigSet);
    const setting = requireKey(args.setting);
    await writeSetting(this.io, setting, args.value);
    return { setting, value: args.value };
  }
}
