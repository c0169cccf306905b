import { swarmup } from '../../lib/typed-command.js';
import { shows } from '../../cli/oclif-command.js';
import { settingArg } from '../../cli/setting-args.js';
import { readSettings, requireKey } from '../../cli/settings.js';

export default shows({
  summary: 'print the value of a setting, or nothing if it is not set',
  examples: [swarmup`config get driver`],
  args: { setting: settingArg },
  run: async ({ args, io, print }): Promise<{ readonly setting: string; readonly value: string | null }> => {
    const setting = requireKey(args.setting);
    const value = (await readSettings(io))[setting] ?? null;
    if (value !== null) print(`${value}\n`);
    return { setting, value };
  },
});
