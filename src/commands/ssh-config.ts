import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { listArg } from '../cli/list-arg.js';
import { dryRunFlag } from '../cli/swarm-flags.js';
import type { SshIncludeResult } from '../operations/clients/ssh-config.js';
import type { SshConfigResult } from '../operations/steps/ssh-entries.js';

export default class SshConfig extends BaseCommand {
  static override summary = "print entries for OpenSSH, with the hosts' pinned keys";
  static override description =
    'A host is called NAME.swarmup there, so that it never hides a host of your own. --install includes the entries of ' +
    'all hosts in ~/.ssh/config, where create and rm keep them up to date.';
  static override examples = [
    '<%= config.bin %> ssh-config agent1 > agent1.conf',
    '<%= config.bin %> ssh-config --install && ssh agent1.swarmup',
  ];
  static override args = {
    name: listArg('hosts [default: all]'),
  };
  static override flags = {
    install: Flags.boolean({ description: 'include the entries in ~/.ssh/config', exclusive: ['uninstall'] }),
    uninstall: Flags.boolean({ description: 'take that back' }),
    'dry-run': dryRunFlag,
  };

  async run(): Promise<SshConfigResult | SshIncludeResult> {
    const { args, flags } = await this.parse(SshConfig);
    const { sshConfig } = await import('../operations/steps/ssh-entries.js');
    const { installSshConfig, uninstallSshConfig } = await import('../operations/clients/ssh-config.js');
    const options = { dryRun: flags['dry-run'] };
    if (!flags.install && !flags.uninstall) {
      const result = await this.operate({ quiet: true }, (context) => sshConfig(context, args.name));
      this.print(result.config);
      return result;
    }
    const change = flags.install ? installSshConfig : uninstallSshConfig;
    const result = await this.operate({ quiet: true }, (context) => change(context, options));
    this.print(`${result.file}: ${result.status}\n`);
    return result;
  }
}
