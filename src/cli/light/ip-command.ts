import { swarmup } from '../../lib/typed-command.js';
import { hostAddresses } from '../../operations/hosts/host-queries.js';
import { quick } from '../define-command.js';
import { hostNames, hostsNamed } from './host-words.js';

export const ipCommand = quick.shows({
  summary: 'print the addresses of hosts',
  examples: [swarmup`ip manager`, swarmup`ip agent1 agent2`],
  args: hostNames,
  asksDrivers: () => false,
  run: ({ args, operate }) =>
    operate({ quiet: true }, async (context) => hostAddresses(context, await hostsNamed(context, args.name))),
  render: ({ hosts }) => hosts.map(({ ip }) => `${ip}\n`).join(''),
});
