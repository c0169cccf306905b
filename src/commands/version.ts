import { swarmup } from '../lib/typed-command.js';
import { shows } from '../cli/oclif-command.js';

export interface VersionResult {
  /** undefined: swarmup itself. */
  readonly host?: string;
  readonly version: string;
}

export default shows({
  summary: 'print the version of swarmup or of the engine on a host',
  examples: [swarmup`version`, swarmup`version manager`],
  args: { name: { description: 'host', names: 'hosts' } },
  run: async ({ args, version, operate }) => {
    const { name } = args;
    return name === undefined
      ? { version: version }
      : await operate({ quiet: true }, async (context) => {
          const { engineVersion } = await import('../operations/upgrade/engine-version.js');
          return { host: name, version: await engineVersion(context, name) };
        });
  },
  render: (result) => `${result.version}\n`,
});
