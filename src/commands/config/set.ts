import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { settingArg } from '../../cli/setting-args.js';
import { requireDriver, requireKey, writeSetting } from '../../cli/settings.js';

export default class ConfigSet extends BaseCommand {
  static override summary = 'set the default of a flag of create';
  static override examples = ['<%= config.bin %> config set driver docker'];
  static override args = { setting: settingArg, value: Args.string({ description: 'its value', required: true }) };

  async run(): Promise<{ readonly setting: string; readonly value: string }> {
    const { args } = await this.parse(ConfigSet);
    const setting = requireKey(args.setting);
    if (setting === 'driver') {
      const { registry } = await this.settings.drivers();
      requireDriver(args.value, [...registry.declarations.map(({ name }) => name), ...(await registry.found())]);
    }
    const before = await writeSetting(this.io, setting, args.value);
    if (before !== undefined)
      this.io.say(`The settings of ${before} were copied into the home, and count from there.\n`);
    return { setting, value: args.value };
  }
}
