import { inSwarm, swarmup } from '../../lib/typed-command.js';
import { lists } from '../../cli/oclif-command.js';
import { replicasListing, replicasNotes } from '../../cli/render/replicas-tables.js';
import { swarmFlag } from '../../cli/swarm-flags.js';

export default lists({
  listing: replicasListing,
  rows: 'services',
  summary: 'list the declared replica counts and the actual ones',
  examples: [swarmup`replicas ls`, swarmup`replicas ls --json`],
  flags: { swarm: swarmFlag },
  run: async ({ flags, operate }) => {
    const { listReplicas } = await import('../../operations/agent/list-replicas.js');
    return operate({ quiet: true }, (context) => listReplicas(context, flags.swarm));
  },
  notes: replicasNotes,
  empty: ({ swarm }) =>
    `No replica counts are declared in swarm ${swarm}. To declare one: ${swarmup`replicas set ${inSwarm(swarm)} web=3`}`,
});
