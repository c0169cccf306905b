import { destroys } from '../cli/oclif-command.js';
import type { CommandTools } from '../cli/command.js';
import { hostOutcomes } from '../cli/hosts-command.js';
import { quietFlag } from '../cli/swarm-flags.js';
import { confirm } from '../cli/prompts.js';
import { SwarmupError } from '../lib/errors.js';

export default destroys({
  summary: 'remove hosts with everything on them',
  description: 'Each host leaves its swarm first. Works on half-made hosts, too.',
  examples: ['<%= config.bin %> rm agent3', '<%= config.bin %> rm --yes manager agent1 agent2'],
  args: { name: { description: 'hosts', many: true, required: true } },
  flags: {
    force: {
      type: 'boolean',
      char: 'f',
      description: 'do not ask, and remove also what does not answer, and managers that the swarm cannot do without',
    },
    keep: { type: 'boolean', description: 'of hosts you already had: leave everything on them as it is' },
    quiet: quietFlag,
  },
  run: async (call) => {
    const { args, flags } = call;
    const [names, dryRun] = [[...new Set(args.name)], flags['dry-run']];
    const { removeHosts } = await import('../operations/hosts/remove-hosts.js');
    const afterInterrupt = [`swarmup rm ${flags.force ? '--force ' : ''}${names.join(' ')} goes on from here`];
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
  if (await confirm(call.io, 'Remove with everything on it?', signal)) return;
  throw new SwarmupError('CANCELLED', 'nothing was removed');
}
