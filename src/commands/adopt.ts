import { swarmup } from '../lib/typed-command.js';
import { changes } from '../cli/oclif-command.js';
import { outcomeCode } from '../cli/hosts-command.js';
import { anyOwnerFlag, driverOfOrphans } from '../cli/orphan-flags.js';
import { createSummary } from '../cli/render/create-summary.js';
import { quietFlag } from '../cli/swarm-flags.js';
import { SwarmupError } from '../lib/errors.js';

export default changes({
  summary: 'take over hosts whose record is lost or damaged',
  description:
    'swarmup writes the records again from the labels of the hosts, lets itself in, and finishes as create does. A node ' +
    'of a swarm stays a node of it. Options of the engine that were given to create are not on any label: they are as ' +
    'for a new host.',
  examples: [swarmup`adopt agent1`, swarmup`adopt manager.lab agent1.lab`],
  args: { name: { description: 'hosts, by name or ID', many: true, required: true, names: 'orphans' } },
  flags: {
    driver: driverOfOrphans,
    'any-owner': anyOwnerFlag,
    yes: { type: 'boolean', char: 'y', description: 'do not ask about hosts of other stores', needs: ['any-owner'] },
    quiet: quietFlag,
  },
  run: async ({ args, flags, io, operate }) => {
    const { adoptHosts } = await import('../operations/create/adopt-hosts.js');
    const { lossLine } = await import('../operations/access/orphans.js');
    const afterInterrupt = [`${swarmup`adopt ${args.name}`} or create continues where this run stopped`];
    return operate({ quiet: flags.quiet, afterInterrupt }, (context) =>
      adoptHosts(context, {
        names: args.name,
        driver: flags.driver,
        anyOwner: flags['any-owner'],
        dryRun: flags['dry-run'],
        ...(!flags.yes && {
          approve: async (orphans) => {
            io.say(orphans.map((orphan) => `${lossLine(orphan)}\n`).join(''));
            const { confirm } = await import('../cli/prompts.js');
            if (await confirm(io, 'Take these hosts over, although another store made them?', context.signal)) return;
            throw new SwarmupError('CANCELLED', 'nothing was changed');
          },
        }),
      }),
    );
  },
  exitCode: ({ hosts }) => outcomeCode(hosts),
  render: (result, { io }) => createSummary(io, result),
});
