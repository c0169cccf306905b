import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { boundFlag, boundOf } from '../../cli/bound-flag.js';
import { agentSettings } from '../../cli/render/agent-settings.js';
import { dryRunFlag, swarmFlag } from '../../cli/swarm-flags.js';
import type { AgentSettingsResult } from '../../operations/agent/configure-agents.js';

export default class AgentConfigure extends BaseCommand {
  static override summary = 'show or change what the agents of a swarm do by themselves';
  static override description =
    'A manager that is dead for longer than --promote-after is replaced by a worker with the node label ' +
    'swarmup.promotable=true: never above the number of managers wanted, never without quorum. Off at first.';
  static override examples = [
    '<%= config.bin %> agent configure',
    '<%= config.bin %> agent configure --promote-after 300 --managers 3',
    '<%= config.bin %> agent configure --no-rebalance --promote-after none',
  ];
  static override flags = {
    swarm: swarmFlag,
    rebalance: Flags.boolean({ description: 'even services out when a node joins or returns', allowNo: true }),
    'promote-after': boundFlag('seconds until a dead manager is replaced; none: never'),
    managers: Flags.integer({ description: 'managers wanted (odd)', min: 1, max: 9, helpValue: '<N>' }),
    'dry-run': dryRunFlag,
  };

  async run(): Promise<AgentSettingsResult> {
    const { flags } = await this.parse(AgentConfigure);
    const { configureAgents } = await import('../../operations/agent/configure-agents.js');
    const request = {
      swarm: flags.swarm,
      rebalance: flags.rebalance as boolean | undefined,
      promoteAfterSeconds: boundOf('promote-after', flags['promote-after'], 0),
      managers: flags.managers,
      dryRun: flags['dry-run'],
    };
    const result = await this.operate({ quiet: true }, (context) => configureAgents(context, request));
    this.print(agentSettings(result));
    return result;
  }
}
