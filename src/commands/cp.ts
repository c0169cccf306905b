import { Args, Flags } from '@oclif/core';
import { outcomeCode, quietFlag } from '../cli/hosts-command.js';
import { outcomeLines } from '../cli/render/outcome-lines.js';
import { SelectionCommand, selectionFlags } from '../cli/select-hosts.js';
import { dryRunFlag } from '../cli/swarm-flags.js';
import { usageError } from '../lib/errors.js';
import type { HostsResult } from '../operations/access/results.js';

export default class Cp extends SelectionCommand {
  static override summary = 'copy files to or from the hosts of the lab, all at once';
  static override description =
    'A place that begins with a colon is on every host of the lab, or of a pool or role of it. From hosts each copy goes ' +
    'into a folder named for its host. Between single hosts: swarmup scp.';
  static override usage = 'cp [-r] [--role ROLE] [--pool POOL] SOURCE... TARGET';
  static override examples = [
    '<%= config.bin %> cp app.conf :/etc/app.conf',
    '<%= config.bin %> cp -r --role worker site/ :/srv/',
    "<%= config.bin %> cp ':/var/log/*.log' logs",
  ];
  static override args = { place: Args.string({ description: 'places', multiple: true, required: true }) };
  static override flags = {
    ...selectionFlags,
    recursive: Flags.boolean({ char: 'r', description: 'folders with everything in them' }),
    'dry-run': dryRunFlag,
    quiet: quietFlag,
  };

  async run(): Promise<HostsResult> {
    const { args, flags } = await this.parse(Cp);
    const sources = [...args.place];
    const target = sources.pop();
    if (target === undefined || sources.length === 0)
      throw usageError('USAGE', 'cp takes a source and a target', 'for example: swarmup cp app.conf :/etc/app.conf');
    const { copyLab } = await import('../operations/lab/copy-lab.js');
    const { selectHosts } = await import('../operations/lab/lab-members.js');
    const selection = await this.selection([], flags);
    const request = { sources, target, recursive: flags.recursive, dryRun: flags['dry-run'] };
    const result = await this.operate({ quiet: flags.quiet }, async (context) =>
      copyLab(context, { ...request, hosts: await selectHosts(context, selection) }),
    );
    this.exitWith(outcomeCode(result.hosts));
    this.print(outcomeLines(this.io, result.hosts));
    return result;
  }
}
