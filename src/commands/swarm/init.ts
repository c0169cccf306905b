import { swarmup } from '../../lib/typed-command.js';
import { changes } from '../../cli/oclif-command.js';
import { createFlags } from '../../cli/create-request.js';
import { enter, entered, enterFlags, enterRequest } from '../../cli/enter-command.js';

export default changes({
  summary: 'create a swarm on a Docker host that is not in a swarm',
  description:
    'The host becomes the first manager. Add more hosts with swarm join or create. To make a host and its swarm ' +
    'in one command, use create.',
  examples: [swarmup`swarm init box1`, swarmup`swarm init --swarm lab box1`],
  args: { name: { description: 'name of the host', required: true, names: 'hosts' } },
  flags: { ...enterFlags, 'default-addr-pool': createFlags['default-addr-pool'] },
  run: async (call) => {
    const { args, flags } = call;
    const { initSwarmOn } = await import('../../operations/members/enter-swarm.js');
    const addressPool = flags['default-addr-pool'];
    const request = { ...enterRequest(flags), names: [args.name], role: 'manager', addressPool } as const;
    return enter(call, (context) => initSwarmOn(context, request));
  },
  ...entered,
});
