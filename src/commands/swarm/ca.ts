import { swarmup } from '../../lib/typed-command.js';
import { quietFlag, swarmFlag } from '../../cli/swarm-flags.js';
import { changes } from '../../cli/oclif-command.js';
import { caText } from '../../cli/render/swarm-changes.js';

export default changes({
  summary: 'print the CA certificate of a swarm or replace the CA',
  description:
    'The rotation is complete when every node has a certificate from the new CA. Services keep running, and the ' +
    'join tokens change.',
  examples: [swarmup`swarm ca`, swarmup`swarm ca --rotate`],
  flags: {
    swarm: swarmFlag,
    rotate: { type: 'boolean', description: 'make a new CA and wait until every node has a certificate from it' },
    quiet: quietFlag,
  },
  run: async ({ flags, operate }) => {
    const { swarmCa } = await import('../../operations/members/swarm-ca.js');
    const request = { swarm: flags.swarm, rotate: flags.rotate, dryRun: flags['dry-run'] };
    return operate({ quiet: flags.quiet }, (context) => swarmCa(context, request));
  },
  render: caText,
});
