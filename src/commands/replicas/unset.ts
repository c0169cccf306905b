import { swarmup } from '../../lib/typed-command.js';
import { replicasChange } from '../../cli/render/replicas-tables.js';
import { changes } from '../../cli/oclif-command.js';
import { changeReplicas, entriesFlags, entriesRequest } from '../../cli/replicas-command.js';
import { serviceNames } from '../../cli/swarm-flags.js';
import type { ReplicasChange } from '../../operations/agent/replicas-results.js';

export default changes({
  summary: 'remove the declared replica counts of services',
  description: 'Counts in the labels of a service (swarmup.replicas) still apply.',
  examples: [swarmup`replicas unset web`, swarmup`replicas unset --all`],
  args: serviceNames,
  flags: entriesFlags,
  run: async (call): Promise<ReplicasChange> => {
    const { args, flags } = call;
    const { unsetReplicas } = await import('../../operations/agent/replicas-entries.js');
    return changeReplicas(call, (context) => unsetReplicas(context, entriesRequest(args, flags)));
  },
  render: replicasChange,
});
