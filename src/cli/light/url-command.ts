import { swarmup } from '../../lib/typed-command.js';
import { hostUrls } from '../../operations/hosts/host-queries.js';
import { quick } from '../define-command.js';
import { hostNames, hostsNamed } from './host-words.js';

export const urlCommand = quick.shows({
  summary: 'print the engine URLs of hosts',
  examples: [`docker --host "$(${swarmup`url manager`})" --tlsverify version`],
  args: hostNames,
  asksDrivers: () => false,
  run: ({ args, operate }) =>
    operate({ quiet: true }, async (context) => hostUrls(context, await hostsNamed(context, args.name))),
  render: ({ hosts }) => hosts.map(({ url }) => `${url}\n`).join(''),
});
