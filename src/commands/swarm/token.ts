import { changes } from '../../cli/oclif-command.js';
import { tokenText } from '../../cli/render/swarm-changes.js';
import { swarmFlag } from '../../cli/swarm-flags.js';

export default changes({
  summary: 'print the token with which hosts join a swarm, or replace it',
  description: 'Hosts that swarmup manages need none: see create and swarm join.',
  examples: ['<%= config.bin %> swarm token', '<%= config.bin %> swarm token manager --rotate'],
  args: {
    role: { description: 'worker or manager', choices: ['worker', 'manager'], default: 'worker' },
  },
  flags: {
    swarm: swarmFlag,
    rotate: { type: 'boolean', description: 'make a new token; the one before opens nothing any more' },
  },
  run: async ({ args, flags, operate }) => {
    const { swarmToken } = await import('../../operations/members/swarm-token.js');
    const role = args.role;
    const request = { swarm: flags.swarm, role, rotate: flags.rotate, dryRun: flags['dry-run'] };
    return operate({ quiet: true }, (context) => swarmToken(context, request));
  },
  render: tokenText,
});
