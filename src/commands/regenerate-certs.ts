import { swarmup } from '../lib/typed-command.js';
import { destroys } from '../cli/oclif-command.js';
import { hostNames, hostOutcomes } from '../cli/hosts-command.js';
import { quietFlag } from '../cli/swarm-flags.js';
import { confirm } from '../cli/prompts.js';
import { SwarmupError } from '../lib/errors.js';
import type { OperationContext } from '../operations/access/context.js';

export default destroys({
  summary: 'make new certificates for the engines of hosts',
  description:
    'Each engine restarts, one host of a swarm after another. With --ca, all hosts get a new certificate ' +
    'authority, and certificates of the old authority no longer work.',
  examples: [
    swarmup`regenerate-certs agent1`,
    swarmup`regenerate-certs --yes --client-certs agent1`,
    swarmup`regenerate-certs --ca`,
  ],
  args: hostNames,
  flags: {
    ca: { type: 'boolean', description: 'make a new certificate authority and give it to all hosts' },
    'client-certs': { type: 'boolean', description: 'make a new client certificate as well' },
    force: { type: 'boolean', description: 'the same as --yes, which docker-machine called --force' },
    quiet: quietFlag,
  },
  run: async ({ args, flags, io, operate }) => {
    const { regenerateCerts } = await import('../operations/hosts/regenerate-certs.js');
    const { ca: authority, 'client-certs': clientCerts, 'dry-run': dryRun } = flags;
    const names = [...new Set(args.name)];
    const approve = async ({ signal }: OperationContext): Promise<void> => {
      const what = authority ? 'all hosts' : names.join(', ');
      if (!(await confirm(io, `Make new certificates for ${what}, and restart Docker there?`, signal)))
        throw new SwarmupError('CANCELLED', 'nothing was changed');
    };
    return operate({ quiet: flags.quiet }, (context) => {
      const request = { names, clientCerts, authority, dryRun };
      return regenerateCerts(
        context,
        flags.yes || flags.force ? request : { ...request, approve: () => approve(context) },
      );
    });
  },
  ...hostOutcomes,
});
