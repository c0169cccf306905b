import { swarmup } from '../../lib/typed-command.js';
import { changes } from '../../cli/oclif-command.js';
import { enter, entered, enterFlags, enterRequest } from '../../cli/enter-command.js';

export default changes({
  summary: 'join Docker hosts that are not in a swarm to a swarm',
  description:
    'Use this for hosts that were made with --no-swarm, that were imported, or that left their swarm. Each host ' +
    'is checked and configured for swarm mode, as create does. To make new hosts and join them in one command, ' +
    'use create.',
  examples: [swarmup`swarm join box1 box2`, swarmup`swarm join --manager --swarm production box3`],
  args: {
    name: { description: 'hosts', many: true, required: true, names: 'hosts' },
  },
  flags: {
    ...enterFlags,
    manager: { type: 'boolean', description: 'join the hosts as managers instead of workers' },
  },
  run: async (call) => {
    const { args, flags } = call;
    const { joinHosts } = await import('../../operations/members/enter-swarm.js');
    const role = flags.manager ? 'manager' : 'worker';
    const request = { ...enterRequest(flags), names: args.name, role, addressPool: undefined } as const;
    return enter(call, (context) => joinHosts(context, request));
  },
  ...entered,
});
