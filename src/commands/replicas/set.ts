import { replicasChange } from '../../cli/render/replicas-tables.js';
import { changeReplicas } from '../../cli/replicas-command.js';
import { changes } from '../../cli/oclif-command.js';
import { boundFlag, boundOf } from '../../cli/bound-flag.js';
import { swarmFlag } from '../../cli/swarm-flags.js';
import type { ReplicasChange } from '../../operations/agent/replicas-results.js';

export default changes({
  summary: 'declare the replica counts of services',
  description:
    'The agent corrects a service that differs, within seconds, whoever changed it, and makes it again when it is ' +
    'removed. With bounds any count between them is left alone. What was declared before and is not named stays.',
  examples: [
    '<%= config.bin %> replicas set web=3 api=2',
    '<%= config.bin %> replicas set web=6 --max-per-node 2',
    '<%= config.bin %> replicas set web=3 --min 2 --max 10',
    '<%= config.bin %> replicas set web=3 --min none --max none',
  ],
  args: {
    count: { description: 'SERVICE=COUNT', many: true, required: true },
  },
  flags: {
    swarm: swarmFlag,
    min: boundFlag('least count that is left alone; none: no such bound'),
    max: boundFlag('greatest count that is left alone; none: no such bound'),
    'max-per-node': boundFlag('most tasks on one node; none: no longer declared'),
    rebalance: { type: 'string', description: 'whether its tasks may be moved', choices: ['auto', 'never'] },
    'no-spec': { type: 'boolean', description: 'do not make the service again when it is removed' },
  },
  run: async (call): Promise<ReplicasChange> => {
    const { args, flags } = call;
    const { setReplicas } = await import('../../operations/agent/set-replicas.js');
    const request = {
      swarm: flags.swarm,
      counts: args.count,
      min: boundOf('min', flags.min, 0),
      max: boundOf('max', flags.max, 0),
      maxPerNode: boundOf('max-per-node', flags['max-per-node'], 1),
      rebalance: flags.rebalance,
      storeSpec: !flags['no-spec'],
      dryRun: flags['dry-run'],
    };
    return changeReplicas(call, (context) => setReplicas(context, request));
  },
  render: replicasChange,
});
