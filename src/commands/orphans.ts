import { swarmup } from '../lib/typed-command.js';
import { lists } from '../cli/oclif-command.js';
import type { CommandTools } from '../cli/command.js';
import { dryRunFlag } from '../cli/define-command.js';
import { anyOwnerFlag, driverOfOrphans } from '../cli/orphan-flags.js';
import { orphanListing, orphanNotes } from '../cli/render/orphan-table.js';
import { SwarmupError, usageError } from '../lib/errors.js';
import { exitCodes } from '../lib/exit-codes.js';
import type { OrphansResult } from '../operations/hosts/list-orphans.js';

export default lists({
  listing: orphanListing,
  rows: 'orphans',
  notes: orphanNotes,
  empty: () => 'Everything that swarmup made, as far as it could look, is on record here.',
  summary: 'find hosts, and what belonged to hosts, that have no record here',
  description:
    'The record of a host can be lost, but what a driver made still carries the labels of swarmup. The list shows what ' +
    'this store made and has no record of; adopt takes a host over, and --delete removes it. A driver that does not ' +
    'work on this computer is not asked, unless --driver names it.',
  examples: [
    swarmup`orphans`,
    swarmup`orphans --any-owner --filter driver=docker`,
    swarmup`orphans --delete agent1.default`,
    swarmup`orphans --delete --yes`,
  ],
  args: { name: { description: 'what to delete, by name or ID [default: all]', many: true, names: 'orphans' } },
  flags: {
    driver: driverOfOrphans,
    'any-owner': anyOwnerFlag,
    delete: { type: 'boolean', description: 'remove what was found, or only what is named' },
    'dry-run': { ...dryRunFlag, needs: ['delete'] },
    yes: { type: 'boolean', char: 'y', description: 'do not ask for confirmation', needs: ['delete'] },
  },
  run: async (call): Promise<OrphansResult> => {
    const { args, flags, operate } = call;
    const { deleteOrphans, listOrphans } = await import('../operations/hosts/list-orphans.js');
    const request = { driver: flags.driver, anyOwner: flags['any-owner'] };
    if (!flags.delete) {
      if (args.name.length > 0)
        throw usageError(
          'USAGE',
          'names are for --delete: the list shows everything',
          swarmup`orphans --delete ${args.name}`,
        );
      return operate({ quiet: true }, (context) => listOrphans(context, request));
    }
    return operate({}, (context) => {
      const approve = (lines: readonly string[]): Promise<void> => ask(call, lines, context.signal);
      const [names, dryRun] = [args.name, flags['dry-run']];
      return deleteOrphans(context, { ...request, names, dryRun, ...(flags.yes ? {} : { approve }) });
    });
  },
  exitCode: ({ orphans }) => (orphans.some(({ status }) => status === 'failed') ? exitCodes.partial : exitCodes.ok),
});

async function ask({ io }: CommandTools, lines: readonly string[], signal: AbortSignal): Promise<void> {
  io.say(lines.map((line) => `${line}\n`).join(''));
  const { confirm } = await import('../cli/prompts.js');
  if (await confirm(io, 'Remove all of this?', signal)) return;
  throw new SwarmupError('CANCELLED', 'nothing was removed');
}
