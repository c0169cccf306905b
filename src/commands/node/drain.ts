import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { quietFlag } from '../../cli/hosts-command.js';
import { drainLines } from '../../cli/render/drain-lines.js';
import { dryRunFlag, swarmFlag } from '../../cli/swarm-flags.js';
import type { DrainResult } from '../../operations/nodes/drain-nodes.js';

export default class NodeDrain extends BaseCommand {
  static override summary = 'take all tasks from nodes, until they are activated again';
  static override description =
    'With --zero-downtime the tasks get replacements on other nodes first, which must run and be healthy; where there ' +
    'is no room for them nothing is changed.';
  static override examples = [
    '<%= config.bin %> node drain --zero-downtime agent1',
    '<%= config.bin %> node drain --dry-run agent1 agent2',
  ];
  static override args = {
    name: Args.string({ description: 'hosts, hostnames or node IDs', multiple: true, required: true }),
  };
  static override flags = {
    swarm: swarmFlag,
    'zero-downtime': Flags.boolean({ description: 'replacements run elsewhere before tasks stop' }),
    force: Flags.boolean({ description: 'also when tasks then have no place to run' }),
    'dry-run': dryRunFlag,
    quiet: quietFlag,
  };

  async run(): Promise<DrainResult> {
    const { args, flags } = await this.parse(NodeDrain);
    const { drainNodes } = await import('../../operations/nodes/drain-nodes.js');
    const request = {
      swarm: flags.swarm,
      names: args.name,
      zeroDowntime: flags['zero-downtime'],
      force: flags.force,
      dryRun: flags['dry-run'],
    };
    const result = await this.operate({ quiet: flags.quiet }, (context) => drainNodes(context, request));
    this.print(drainLines(result));
    return result;
  }
}
