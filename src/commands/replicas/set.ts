import { Args, Flags } from '@oclif/core';
import { ReplicasCommand } from '../../cli/replicas-command.js';
import { boundFlag, boundOf } from '../../cli/bound-flag.js';
import { dryRunFlag, swarmFlag } from '../../cli/swarm-flags.js';
import type { ReplicasChange } from '../../operations/agent/replicas-results.js';

export default class ReplicasSet extends ReplicasCommand {
  static override summary = 'declare the replica counts of services';
  static override description =
    'The agent corrects a service that differs, within seconds, whoever changed it, and makes it again when it is ' +
    'removed. With bounds any count between them is left alone. What was declared before and is not named stays.';
  static override examples = [
    '<%= config.bin %> replicas set web=3 api=2',
    '<%= config.bin %> replicas set web=6 --max-per-node 2',
    '<%= config.bin %> replicas set web=3 --min 2 --max 10',
    '<%= config.bin %> replicas set web=3 --min none --max none',
  ];
  static override args = {
    count: Args.string({ description: 'SERVICE=COUNT', multiple: true, required: true }),
  };
  static override flags = {
    swarm: swarmFlag,
    min: boundFlag('least count that is left alone; none: no such bound'),
    max: boundFlag('greatest count that is left alone; none: no such bound'),
    'max-per-node': boundFlag('most tasks on one node; none: no longer declared'),
    rebalance: Flags.string({ description: 'whether its tasks may be moved', options: ['auto', 'never'] as const }),
    'no-spec': Flags.boolean({ description: 'do not make the service again when it is removed' }),
    'dry-run': dryRunFlag,
  };

  async run(): Promise<ReplicasChange> {
    const { args, flags } = await this.parse(ReplicasSet);
    const { setReplicas } = await import('../../operations/agent/set-replicas.js');
    const request = {
      swarm: flags.swarm,
      counts: args.count,
      min: boundOf('min', flags.min, 0),
      max: boundOf('max', flags.max, 0),
      maxPerNode: boundOf('max-per-node', flags['max-per-node'], 1),
      rebalance: flags.rebalance as 'auto' | 'never' | undefined,
      storeSpec: !flags['no-spec'],
      dryRun: flags['dry-run'],
    };
    return this.change((context) => setReplicas(context, request));
  }
}
