import { swarmup } from '../lib/typed-command.js';
import { changes } from '../cli/oclif-command.js';
import type { SshIncludeResult } from '../operations/clients/ssh-config.js';
import type { SshConfigResult } from '../operations/steps/ssh-entries.js';

export default changes({
  summary: 'print OpenSSH configuration for hosts, with their pinned keys',
  description:
    'The entry of a host is named NAME.swarmup, so it never hides an entry of your own. --install includes the ' +
    'entries of all hosts in ~/.ssh/config, and create and rm then keep them up to date.',
  examples: [swarmup`ssh-config agent1 > agent1.conf`, swarmup`ssh-config --install && ssh agent1.swarmup`],
  args: {
    name: { description: 'hosts [default: all]', many: true, names: 'hosts' },
  },
  flags: {
    install: { type: 'boolean', description: 'include the entries in ~/.ssh/config', excludes: ['uninstall'] },
    uninstall: { type: 'boolean', description: 'remove the entries from ~/.ssh/config' },
  },
  run: async ({ args, flags, operate, print }): Promise<SshConfigResult | SshIncludeResult> => {
    const { sshConfig } = await import('../operations/steps/ssh-entries.js');
    const { installSshConfig, uninstallSshConfig } = await import('../operations/clients/ssh-config.js');
    const options = { dryRun: flags['dry-run'] };
    if (!flags.install && !flags.uninstall) {
      const result = await operate({ quiet: true }, (context) => sshConfig(context, args.name));
      print(result.config);
      return result;
    }
    const change = flags.install ? installSshConfig : uninstallSshConfig;
    const result = await operate({ quiet: true }, (context) => change(context, options));
    print(`${result.file}: ${result.status}\n`);
    return result;
  },
});
