import { changesAtOnce } from '../../cli/oclif-command.js';
import { settingArg } from '../../cli/setting-args.js';
import { requireKey, writeSetting } from '../../cli/settings.js';

export default changesAtOnce({
  because: 'a default of this computer',
  summary: 'forget a setting: what swarmup does by itself counts again',
  examples: ['<%= config.bin %> config unset driver'],
  args: { setting: settingArg },
  run: async ({ args, io }): Promise<{ readonly setting: string }> => {
    const setting = requireKey(args.setting);
    const before = await writeSetting(io, setting, undefined);
    if (before !== undefined) io.say(`The settings of ${before} were copied into the home, and count from there.\n`);
    return { setting };
  },
});
