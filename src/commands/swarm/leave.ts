import { Args } from '@oclif/core';
import { forceFlag, NodesCommand, nodeFlags } from '../../cli/nodes-command.js';
import { yesFlag } from '../../cli/swarm-flags.js';
import type { NodesResult } from '../../operations/access/results.js';

export default class SwarmLeave extends NodesCommand {
  static override summary = 'take hosts out of their swarm; they stay as Docker hosts';
  static override description =
    'Their tasks run elsewhere first, managers are demoted. What would cost the swarm its quorum is refused. When all ' +
    'hosts leave, the swarm ends with everything in it: that takes --force.';
  static override examples = ['<%= config.bin %> swarm leave agent1', '<%= config.bin %> swarm leave --dry-run m3'];
  static override args = {
    name: Args.string({ description: 'hosts, hostnames or node IDs', multiple: true, required: true }),
  };
  static override flags = {
    ...nodeFlags,
    yes: yesFlag,
    force: forceFlag('also hosts that do not answer, when tasks have no other place, and when the swarm ends'),
  };

  async run(): Promise<NodesResult> {
    const { args, flags } = await this.parse(SwarmLeave);
    const { leaveHosts } = await import('../../operations/nodes/leave-hosts.js');
    const request = { swarm: flags.swarm, names: args.name, force: flags.force };
    return this.destroy(flags, 'Let them leave?', (context, { dryRun }) => leaveHosts(context, { ...request, dryRun }));
  }
}
