import { hostMeant } from '../operations/access/host-meant.js';
import { Args, Flags } from '@oclif/core';
import { nearestManifest } from '../cli/find-manifest.js';
import { LabCommand, labFlags } from '../cli/lab-command.js';
import { statusCommand } from '../cli/light/status-command.js';
import { oclifFlags } from '../cli/oclif-flags.js';
import { labGraph } from '../cli/render/lab-graph.js';
import { labStatusText } from '../cli/render/lab-status-text.js';
import { exitCodes } from '../lib/exit-codes.js';
import type { LabStatus, LabStatusRequest } from '../operations/lab/lab-status.js';
import { hostStates } from '../operations/hosts/host-queries.js';

interface StatusFlags {
  readonly file?: string;
  readonly graph: boolean;
  readonly watch: boolean;
  readonly timeout: number;
}

export default class Status extends LabCommand {
  static override summary = statusCommand.summary;
  static override description =
    'Without a name, in the folder of a swarmup.yaml: how the lab is. --graph draws its nodes and what runs on them; ' +
    'it ends with code 6 when something is not as it should be.';
  static override examples = [...statusCommand.examples, '<%= config.bin %> status --graph --watch'];
  static override args = {
    name: Args.string({ description: 'hosts [default: the lab, or the manager of the only swarm]', multiple: true }),
  };
  static override flags = {
    ...oclifFlags(statusCommand.flags),
    file: labFlags.file,
    graph: Flags.boolean({ char: 'g', description: 'a picture: a box for each node, a dot for each task' }),
    watch: Flags.boolean({ char: 'w', description: 'go on until Ctrl-C' }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(Status);
    const { file, graph, watch, timeout } = flags as unknown as StatusFlags;
    const names = args.name ?? [];
    const timeoutMs = timeout * 1000;
    const isAboutLab = names.length === 0 && (graph || watch || (file ?? nearestManifest(this.io.cwd)) !== undefined);
    if (isAboutLab) return this.lab({ ...(await this.labRequest({ file })), timeoutMs }, graph, watch);
    const result = await this.operate({ quiet: true }, async (context) =>
      hostStates(context, names.length > 0 ? names : [await hostMeant(context.store)], { timeoutMs }),
    );
    this.print(result.hosts.map(({ state }) => `${state}\n`).join(''));
    return result;
  }

  private async lab(request: LabStatusRequest, graph: boolean, watch: boolean): Promise<LabStatus | undefined> {
    const { labStatus, watchLab } = await import('../operations/lab/lab-status.js');
    const text = (status: LabStatus): string =>
      graph ? labGraph(this.io, status, this.io.stdout.columns || 80) : labStatusText(this.io, status);
    if (watch) {
      const clear = this.io.isTty('stdout') ? '\u001B[2J\u001B[H' : '';
      const show = (status: LabStatus): void => {
        this.io.print(this.jsonEnabled() ? `${JSON.stringify(status)}\n` : `${clear}${text(status)}\n`);
      };
      const options = { quiet: true, untilInterrupt: true };
      await this.operate(options, (context) => watchLab(context, { ...request, intervalMs: 1000 }, show));
      return undefined;
    }
    const status = await this.operate({ quiet: true }, (context) => labStatus(context, request));
    if (status.problems.length > 0) this.exitWith(exitCodes.unhealthy);
    this.print(text(status));
    return status;
  }
}
