import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { outcomeCode, quietFlag } from '../cli/hosts-command.js';
import { confirm } from '../cli/prompts.js';
import { outcomeLines } from '../cli/render/outcome-lines.js';
import { dryRunFlag, yesFlag } from '../cli/swarm-flags.js';
import { SwarmupError } from '../lib/errors.js';
import type { HostsResult } from '../operations/access/results.js';

export default class Rm extends BaseCommand {
  static override summary = 'remove hosts with everything on them';
  static override description = 'Each host leaves its swarm first. Works on half-made hosts, too.';
  static override examples = ['<%= config.bin %> rm agent3', '<%= config.bin %> rm --yes manager agent1 agent2'];
  static override args = { name: Args.string({ description: 'hosts', multiple: true, required: true }) };
  static override flags = {
    yes: yesFlag,
    force: Flags.boolean({
      char: 'f',
      description: 'do not ask, and remove also what does not answer, and managers that the swarm cannot do without',
    }),
    keep: Flags.boolean({
      description: 'of hosts you already had: leave everything on them as it is',
    }),
    'dry-run': dryRunFlag,
    quiet: quietFlag,
  };

  async run(): Promise<HostsResult> {
    const { args, flags } = await this.parse(Rm);
    const [names, dryRun] = [[...new Set(args.name)], flags['dry-run']];
    const { removeHosts } = await import('../operations/hosts/remove-hosts.js');
    const afterInterrupt = [`swarmup rm ${flags.force ? '--force ' : ''}${names.join(' ')} goes on from here`];
    const result = await this.operate({ quiet: flags.quiet, afterInterrupt }, (context) => {
      const request = { names, force: flags.force, keep: flags.keep, dryRun };
      const approve = (lines: readonly string[]): Promise<void> => this.ask(lines, context.signal);
      return removeHosts(context, flags.yes || flags.force ? request : { ...request, approve });
    });
    this.exitWith(outcomeCode(result.hosts));
    this.print(outcomeLines(this.io, result.hosts));
    return result;
  }

  private async ask(lines: readonly string[], signal: AbortSignal): Promise<void> {
    this.io.say(lines.map((line) => `${line}\n`).join(''));
    if (await confirm(this.io, 'Remove with everything on it?', signal)) return;
    throw new SwarmupError('CANCELLED', 'nothing was removed');
  }
}
