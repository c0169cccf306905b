import { changes } from '../../cli/oclif-command.js';
import { createFlags } from '../../cli/create-request.js';
import { enter, entered, enterFlags, enterRequest } from '../../cli/enter-command.js';

export default changes({
  summary: 'make a swarm on a host that has Docker but is in none',
  description:
    'The host becomes its first manager; others join with swarm join, or are made with create. create makes host and ' +
    'swarm in one go.',
  examples: ['<%= config.bin %> swarm init box1', '<%= config.bin %> swarm init --swarm lab box1'],
  args: { name: { description: 'the host', required: true } },
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
