import { changes } from '../../cli/oclif-command.js';
import { tokenText } from '../../cli/render/swarm-changes.js';
import { swarmFlag } from '../../cli/swarm-flags.js';

export default changes({
  summary: 'print or replace the token that hosts need to join a swarm',
  description: 'Hosts that swarmup manages do not need a token: see create and swarm join.',
  examples: ['<%= config.bin %> swarm token', '<%= config.bin %> swarm token manager --rotate'],
  args: {
    role: {
      description: 'role of the hosts that the token is for: worker or manager',
      choices: ['worker', 'manager'],
      default: 'worker',
    },
  },
  flags: {
    swarm: swarmFlag,
    rotate: { type: 'boolean', description: 'make a new token; the old token stops working' },
  },
  run: async ({ args, flags, operate }) => {
    const { swarmToken } = await import('../../operations/members/swarm-token.js');
    const role = args.role;
    const request = { swarm: flags.swarm, role, rotate: flags.rotate, dryRun: flags['dry-run'] };
    // A dry run shows its plan.
    return operate({ quiet: !flags['dry-run'] }, (context) => swarmToken(context, request));
  },
  render: tokenText,
});
