import { swarmup } from '../../lib/typed-command.js';
import { replicasChange } from '../../cli/render/replicas-tables.js';
import { changes } from '../../cli/oclif-command.js';
import { changeReplicas, entriesFlags, entriesRequest } from '../../cli/replicas-command.js';
import { serviceNames } from '../../cli/swarm-flags.js';
import type { ReplicasChange } from '../../operations/agent/replicas-results.js';

export default changes({
  summary: 'maintain the replica counts of paused services again',
  examples: [swarmup`replicas resume web`, swarmup`replicas resume --all`],
  args: serviceNames,
  flags: entriesFlags,
  run: async (call): Promise<ReplicasChange> => {
    const { args, flags } = call;
    const { pauseReplicas } = await import('../../operations/agent/replicas-entries.js');
    return changeReplicas(call, (context) => pauseReplicas(context, entriesRequest(args, flags), false));
  },
  render: replicasChange,
});
