import { changes } from '../../cli/oclif-command.js';
import { enter, entered, enterFlags, enterRequest } from '../../cli/enter-command.js';

export default changes({
  summary: 'make hosts that have Docker but are in no swarm nodes of one',
  description:
    'Hosts that were made with --no-swarm, imported, or have left. Each is looked at, configured for swarm mode and ' +
    'checked as create does. create makes new hosts and joins them in one go.',
  examples: [
    '<%= config.bin %> swarm join box1 box2',
    '<%= config.bin %> swarm join --manager --swarm production box3',
  ],
  args: {
    name: { description: 'hosts', many: true, required: true },
  },
  flags: {
    ...enterFlags,
    manager: { type: 'boolean', description: 'as managers instead of workers' },
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
