import { swarmup } from '../../lib/typed-command.js';
import { changesAtOnce } from '../../cli/oclif-command.js';
import { settingArg } from '../../cli/setting-args.js';
import { requireDriver, requireKey, writeSetting } from '../../cli/settings.js';

export default changesAtOnce({
  because: 'a default of this computer',
  summary: 'set a default for a flag of create',
  examples: [swarmup`config set driver docker`],
  args: { setting: settingArg, value: { description: 'value of the setting', required: true } },
  run: async ({ args, drivers, io }): Promise<{ readonly setting: string; readonly value: string }> => {
    const setting = requireKey(args.setting);
    if (setting === 'driver') {
      const { registry } = await drivers();
      requireDriver(args.value, [...registry.declarations.map(({ name }) => name), ...(await registry.found())]);
    }
    const before = await writeSetting(io, setting, args.value);
    if (before !== undefined)
      io.say(`The settings in ${before} were copied to the swarmup home folder, which is used from now on.\n`);
    return { setting, value: args.value };
  },
});
