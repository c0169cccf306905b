import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { settingsTable } from '../../cli/render/swarm-changes.js';
import { dryRunFlag, swarmFlag } from '../../cli/swarm-flags.js';
import type { UpdateSwarmResult } from '../../operations/members/update-swarm.js';

export default class SwarmUpdate extends BaseCommand {
  static override summary = 'change settings of a swarm';
  static override examples = [
    '<%= config.bin %> swarm update --heartbeat 2',
    '<%= config.bin %> swarm update --task-history 2 --cert-expiry 30',
  ];
  static override flags = {
    swarm: swarmFlag,
    'task-history': Flags.integer({ description: 'ended tasks that are kept for each replica', min: 0, max: 1000 }),
    heartbeat: Flags.integer({
      description: 'seconds between heartbeats of nodes: a lost node is seen after some three of them',
      min: 1,
      max: 600,
    }),
    'cert-expiry': Flags.integer({ description: 'days that certificates of nodes are valid', min: 1, max: 3650 }),
    'snapshot-interval': Flags.integer({ description: 'log entries between two snapshots of raft', min: 1 }),
    'dry-run': dryRunFlag,
  };

  async run(): Promise<UpdateSwarmResult> {
    const { flags } = await this.parse(SwarmUpdate);
    const { updateSwarmSettings } = await import('../../operations/members/update-swarm.js');
    const settings = {
      taskHistory: flags['task-history'],
      heartbeatSeconds: flags.heartbeat,
      certExpiryDays: flags['cert-expiry'],
      snapshotInterval: flags['snapshot-interval'],
    };
    const request = { swarm: flags.swarm, settings, dryRun: flags['dry-run'] };
    const result = await this.operate({ quiet: true }, (context) => updateSwarmSettings(context, request));
    this.print(settingsTable(result));
    return result;
  }
}
