import { swarmup } from '../../lib/typed-command.js';
import { replicasChange } from '../../cli/render/replicas-tables.js';
import { changeReplicas } from '../../cli/replicas-command.js';
import { changes } from '../../cli/oclif-command.js';
import { boundFlag, boundOf } from '../../cli/bound-flag.js';
import { swarmFlag } from '../../cli/swarm-flags.js';
import type { ReplicasChange } from '../../operations/agent/replicas-results.js';

export default changes({
  summary: 'declare the replica counts of services',
  description:
    'If a service differs from its declaration, the agent corrects the service within seconds; if the service ' +
    'was removed, the agent makes it again. With --min and --max, the agent accepts any count between them. ' +
    'Earlier declarations of other services stay.',
  examples: [
    swarmup`replicas set web=3 api=2`,
    swarmup`replicas set web=6 --max-per-node 2`,
    swarmup`replicas set web=3 --min 2 --max 10`,
    swarmup`replicas set web=3 --min none --max none`,
  ],
  args: {
    count: { description: 'SERVICE=COUNT', many: true, required: true, names: 'counts' },
  },
  flags: {
    swarm: swarmFlag,
    min: boundFlag('lowest count that the agent accepts; none removes this bound'),
    max: boundFlag('highest count that the agent accepts; none removes this bound'),
    'max-per-node': boundFlag('highest number of tasks on one node; none removes this limit'),
    rebalance: {
      type: 'string',
      description: 'allow the agent to move tasks of the service',
      choices: ['auto', 'never'],
    },
    'no-spec': { type: 'boolean', description: 'do not make the service again if it is removed' },
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
