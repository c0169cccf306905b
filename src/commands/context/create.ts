import { Flags } from '@oclif/core';
import { contextHosts, ContextsCommand } from '../../cli/contexts-command.js';
import { dryRunFlag } from '../../cli/swarm-flags.js';
import type { ContextsResult } from '../../operations/clients/change-contexts.js';

export default class ContextCreate extends ContextsCommand {
  static override summary = 'write docker contexts of hosts, or bring them up to date';
  static override description =
    'A context is called like its host (swarmup-default for a host named default). rm removes it with the host.';
  static override examples = ['<%= config.bin %> context create manager && docker --context manager node ls'];
  static override args = contextHosts;
  static override flags = {
    ssh: Flags.boolean({ description: 'by ssh instead of TLS; needs ssh-config --install' }),
    'dry-run': dryRunFlag,
  };

  async run(): Promise<ContextsResult> {
    const { args, flags } = await this.parse(ContextCreate);
    const { createContexts } = await import('../../operations/clients/change-contexts.js');
    const options = { ssh: flags.ssh, dryRun: flags['dry-run'] };
    return this.change((context) => createContexts(context, args.name, options));
  }
}
