import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { dryRunFlag } from '../cli/swarm-flags.js';
import { parseLocation } from '../operations/files/file-location.js';
import type { MountResult } from '../operations/files/mount-files.js';

export default class Mount extends BaseCommand {
  static override summary = 'show a folder of a host in a folder here, by sshfs';
  static override examples = [
    '<%= config.bin %> mount agent1:/srv ./srv',
    '<%= config.bin %> mount --unmount agent1:/srv ./srv',
  ];
  static override args = {
    place: Args.string({ description: '[USER@]MACHINE:PATH; without a machine: the host default', required: true }),
    mountpoint: Args.string({ description: 'folder here [default: the same path]' }),
  };
  static override flags = {
    unmount: Flags.boolean({ char: 'u', description: 'take it away again' }),
    'dry-run': dryRunFlag,
  };

  async run(): Promise<MountResult> {
    const { args, flags } = await this.parse(Mount);
    const location = parseLocation(args.place, this.io.platform);
    const request = { location, mountPoint: args.mountpoint, dryRun: flags['dry-run'] };
    const { mountFiles, unmountFiles } = await import('../operations/files/mount-files.js');
    const act = flags.unmount ? unmountFiles : mountFiles;
    const result = await this.operate({ quiet: true }, (context) => act(context, request));
    this.print(`${result.mountPoint}: ${result.status}\n`);
    return result;
  }
}
