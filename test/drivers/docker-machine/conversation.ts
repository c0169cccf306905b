import { messageOf } from '../../../src/lib/errors.js';
import { withPlugin } from '../../../src/drivers/docker-machine/plugin.js';
import { pluginValues } from '../../../src/drivers/docker-machine/declaration.js';

interface Heard {
  readonly lines: readonly string[];
  readonly answers: Readonly<Record<string, unknown>>;
}

/** Calls of every shape, one after the other, so that their bytes are always the same. */
export async function converse(binary: string, env: Readonly<Record<string, string>>): Promise<Heard> {
  const lines: string[] = [];
  const answers: Record<string, unknown> = {};
  const options = {
    binary,
    driver: 'handed',
    env: { ...process.env, ...env },
    signal: new AbortController().signal,
    onLine: (line: string) => lines.push(line),
  };
  await withPlugin(options, async (plugin) => {
    const flags = await plugin.flags();
    answers['flags'] = flags;
    await plugin.setConfig(JSON.stringify({ MachineName: 'm1', StorePath: '/nonexistent/store' }));
    answers['without token'] = await plugin.setFlags(pluginValues('handed', flags, {})).catch(messageOf);
    const given = {
      'handed-ip': '127.0.0.1',
      'handed-token': 'grüße',
      'handed-label': ['one', 'two'],
      'handed-checked': true,
      'handed-ssh-port': 2222,
      'handed-ssh-key': '/nonexistent/key',
    };
    await plugin.setFlags(pluginValues('handed', flags, given));
    answers['config'] = JSON.parse(await plugin.config());
    answers['ip'] = await plugin.text('GetIP');
    answers['key path'] = await plugin.text('GetSSHKeyPath');
    answers['port'] = await plugin.sshPort();
    answers['state'] = await plugin.state();
    await plugin.act('PreCreateCheck', 10_000);
    answers['create'] = await plugin.act('Create', 10_000).catch(messageOf);
  });
  return { lines, answers };
}
