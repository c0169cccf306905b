import { swarmup } from '../../lib/typed-command.js';
import { managerNames, quietFlag, swarmFlag } from '../../cli/swarm-flags.js';
import { changes } from '../../cli/oclif-command.js';
import { text } from 'node:stream/consumers';
import { hostOutcomes } from '../../cli/hosts-command.js';

export default changes({
  summary: 'unlock managers that need the unlock key after a restart',
  description:
    'swarmup uses the stored key (see swarm autolock) or reads the key from stdin. start also unlocks managers.',
  examples: [swarmup`swarm unlock`, `pass show swarm-key | ${swarmup`swarm unlock m1 --key-stdin`}`],
  args: managerNames,
  flags: {
    swarm: swarmFlag,
    'key-stdin': { type: 'boolean', description: 'read the key from stdin' },
    quiet: quietFlag,
  },
  run: async ({ args, flags, io, operate }) => {
    const { unlockHosts } = await import('../../operations/steps/unlock-hosts.js');
    const key = flags['key-stdin'] ? (await text(io.stdin)).trim() : undefined;
    const request = { swarm: flags.swarm, names: args.name, key, dryRun: flags['dry-run'] };
    return operate({ quiet: flags.quiet }, (context) => unlockHosts(context, request));
  },
  ...hostOutcomes,
});
