import { swarmup } from '../../lib/typed-command.js';
import { changesAtOnce } from '../../cli/oclif-command.js';
import { settingArg } from '../../cli/setting-args.js';
import { requireKey, writeSetting } from '../../cli/settings.js';

export default changesAtOnce({
  because: 'a default of this computer',
  summary: 'remove a setting, so that the built-in default applies again',
  examples: [swarmup`config unset driver`],
  args: { setting: settingArg },
  run: async ({ args, io }): Promise<{ readonly setting: string }> => {
    const setting = requireKey(args.setting);
    const before = await writeSetting(io, setting, undefined);
    if (before !== undefined)
      io.say(`The settings in ${before} were copied to the swarmup home folder, which is used from now on.\n`);
    return { setting };
  },
});
