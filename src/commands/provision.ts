import { changeableFlags, engineChange } from '../cli/engine-flags.js';
import { nearestManifest } from '../cli/find-manifest.js';
import { outcomeCode, quietFlag } from '../cli/hosts-command.js';
import { LabCommand, labFlags } from '../cli/lab-command.js';
import { listArg } from '../cli/list-arg.js';
import { outcomeLines } from '../cli/render/outcome-lines.js';
import { dryRunFlag } from '../cli/swarm-flags.js';
import { usageError } from '../lib/errors.js';
import type { HostsResult } from '../operations/access/results.js';

export default class Provision extends LabCommand {
  static override summary = 'do again on hosts what create does there: Docker, its settings, its certificate';
  static override description =
    'A host that is as it should be is left alone; its engine is restarted only where a setting changed. Settings that ' +
    'are named replace those that the host was made with; the others stay. ' +
    'Without a name, in the folder of a swarmup.yaml: on the hosts of the lab, with their labels, files and scripts.';
  static override examples = [
    '<%= config.bin %> provision agent1',
    '<%= config.bin %> provision --dry-run agent1',
    '<%= config.bin %> provision --engine-env HTTPS_PROXY=http://proxy:3128 agent1',
  ];
  static override args = {
    name: listArg('hosts [default: the lab, else default]'),
  };
  static override flags = {
    file: labFlags.file,
    ...changeableFlags,
    'dry-run': dryRunFlag,
    quiet: quietFlag,
  };

  async run(): Promise<HostsResult> {
    const { args, flags } = await this.parse(Provision);
    const dryRun = flags['dry-run'];
    const isLab = args.name.length === 0 && (flags.file ?? nearestManifest(this.io.cwd)) !== undefined;
    const names = args.name.length === 0 ? ['default'] : [...new Set(args.name)];
    const change = engineChange(flags);
    if (isLab && change !== undefined)
      throw usageError(
        'USAGE',
        "the settings of a lab's engines are those of its swarmup.yaml",
        'change them there; then: swarmup up',
        'or name a host that is not of the lab',
      );
    const lab = isLab ? await this.labRequest(flags) : undefined;
    const { provisionHosts } = await import('../operations/hosts/provision-hosts.js');
    const { provisionLab } = await import('../operations/lab/provision-lab.js');
    const result = await this.operate({ quiet: flags.quiet }, (context) =>
      lab === undefined
        ? provisionHosts(context, { names, dryRun, ...(change !== undefined && { change }) })
        : provisionLab(context, { ...lab, dryRun }),
    );
    this.exitWith(outcomeCode(result.hosts));
    this.print(outcomeLines(this.io, result.hosts));
    return result;
  }
}
