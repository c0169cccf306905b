import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { HostsCommand, outcomeCode, quietFlag } from '../cli/hosts-command.js';
import { confirm } from '../cli/prompts.js';
import { outcomeLines } from '../cli/render/outcome-lines.js';
import { dryRunFlag, yesFlag } from '../cli/swarm-flags.js';
import { SwarmupError } from '../lib/errors.js';
import type { OperationContext } from '../operations/access/context.js';
import type { HostsResult } from '../operations/access/results.js';

export default class RegenerateCerts extends BaseCommand {
  static override summary = 'give the engines of hosts new certificates';
  static override description =
    'Restarts the engines, one host of a swarm after another. With --ca all hosts get a new certificate authority; ' +
    'what was made with the old one is refused afterwards.';
  static override examples = [
    '<%= config.bin %> regenerate-certs agent1',
    '<%= config.bin %> regenerate-certs --yes --client-certs agent1',
    '<%= config.bin %> regenerate-certs --ca',
  ];
  static override args = HostsCommand.args;
  static override flags = {
    ca: Flags.boolean({ description: 'a new certificate authority, on all hosts' }),
    'client-certs': Flags.boolean({ description: 'a new client certificate, too' }),
    yes: yesFlag,
    force: Flags.boolean({ description: 'the same as --yes, as docker-machine called it' }),
    'dry-run': dryRunFlag,
    quiet: quietFlag,
  };

  async run(): Promise<HostsResult> {
    const { args, flags } = await this.parse(RegenerateCerts);
    const { regenerateCerts } = await import('../operations/hosts/regenerate-certs.js');
    const { ca: authority, 'client-certs': clientCerts, 'dry-run': dryRun } = flags;
    const names = [...new Set(args.name)];
    const approve = async ({ signal }: OperationContext): Promise<void> => {
      const what = authority ? 'all hosts' : names.join(', ');
      if (!(await confirm(this.io, `Make new certificates for ${what}, and restart Docker there?`, signal)))
        throw new SwarmupError('CANCELLED', 'nothing was changed');
    };
    const result = await this.operate({ quiet: flags.quiet }, (context) => {
      const request = { names, clientCerts, authority, dryRun };
      return regenerateCerts(
        context,
        flags.yes || flags.force ? request : { ...request, approve: () => approve(context) },
      );
    });
    this.exitWith(outcomeCode(result.hosts));
    this.print(outcomeLines(this.io, result.hosts));
    return result;
  }
}
