import { swarmup } from '../lib/typed-command.js';
import { destroys } from '../cli/oclif-command.js';
import type { CommandTools } from '../cli/command.js';
import { hostOutcomes } from '../cli/hosts-command.js';
import { quietFlag } from '../cli/swarm-flags.js';
import { confirm } from '../cli/prompts.js';
import { SwarmupError } from '../lib/errors.js';

export default destroys({
  summary: 'remove hosts and everything on them',
  description: 'Each host leaves its swarm first. The command also removes hosts whose creation was interrupted.',
  examples: [swarmup`rm agent3`, swarmup`rm --yes manager agent1 agent2`],
  args: { name: { description: 'hosts', many: true, required: true, names: 'hosts' } },
  flags: {
    force: {
      type: 'boolean',
      char: 'f',
      description:
        'do not ask, and also remove hosts that do not answer and managers that the swarm needs for its quorum',
    },
    keep: { type: 'boolean', description: 'leave everything in place on hosts that existed before swarmup' },
    quiet: quietFlag,
  },
  run: async (call) => {
    const { args, flags } = call;
    const [names, dryRun] = [[...new Set(args.name)], flags['dry-run']];
    const { removeHosts } = await import('../operations/hosts/remove-hosts.js');
    const afterInterrupt = [
      `${swarmup`rm ${flags.force ? '--force' : undefined} ${names}`} continues where this run stopped`,
    ];
    return call.operate({ quiet: flags.quiet, afterInterrupt }, (context) => {
      const request = { names, force: flags.force, keep: flags.keep, dryRun };
      const approve = (lines: readonly string[]): Promise<void> => ask(call, lines, context.signal);
      return removeHosts(context, flags.yes || flags.force ? request : { ...request, approve });
    });
  },
  ...hostOutcomes,
});

async function ask(call: CommandTools, lines: readonly string[], signal: AbortSignal): Promise<void> {
  call.io.say(lines.map((line) => `${line}\n`).join(''));
  if (await confirm(call.io, 'Remove these hosts and everything on them?', signal)) return;
  throw new SwarmupError('CANCELLED', 'nothing was removed');
}
