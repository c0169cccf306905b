import { Args } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';

export interface VersionResult {
  /** undefined: swarmup itself. */
  readonly host?: string;
  readonly version: string;
}

export default class Version extends BaseCommand {
  static override summary = 'print the version of swarmup, or of the engine of a host';
  static override examples = ['<%= config.bin %> version', '<%= config.bin %> version manager'];
  static override args = { name: Args.string({ description: 'host' }) };

  async run(): Promise<VersionResult> {
    const { args } = await this.parse(Version);
    const { name } = args;
    const result =
      name === undefined
        ? { version: this.config.version }
        : await this.operate({ quiet: true }, async (context) => {
            const { engineVersion } = await import('../operations/upgrade/engine-version.js');
            return { host: name, version: await engineVersion(context, name) };
          });
    this.print(`${result.version}\n`);
    return result;
  }
}
