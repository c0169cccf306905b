import { swarmup } from '../lib/typed-command.js';
import { destroys } from '../cli/oclif-command.js';
import { outcomeCode } from '../cli/hosts-command.js';
import { quietFlag } from '../cli/swarm-flags.js';
import { askFor, labRequest, labFlags, trustFlag } from '../cli/lab-command.js';
import { outcomeLines } from '../cli/render/outcome-lines.js';
import type { LabHostsResult } from '../operations/lab/end-lab.js';

export default destroys({
  summary: 'remove all hosts of the lab and everything on them',
  description: 'A lab with `protect: true` cannot be destroyed. Hosts that were not made for the lab stay.',
  examples: [swarmup`destroy`, swarmup`destroy --yes`],
  flags: {
    file: labFlags.file,
    trust: trustFlag,
    force: { type: 'boolean', description: 'also remove hosts that do not answer' },
    quiet: quietFlag,
  },
  run: async (call): Promise<LabHostsResult> => {
    const { flags } = call;
    const { destroyLab } = await import('../operations/lab/end-lab.js');
    const request = await labRequest(call, flags);
    const options = { quiet: flags.quiet, afterInterrupt: [`${swarmup`destroy`} continues where this run stopped`] };
    const result = await call.operate(options, (context) =>
      destroyLab(context, {
        ...request,
        force: flags.force,
        dryRun: flags['dry-run'],
        approve: async (lines) => {
          if (flags.yes) return;
          await askFor(
            call,
            context,
            lines.map((line) => `${line}\n`).join(''),
            'Remove these hosts and everything on them?',
          );
        },
      }),
    );
    call.exitWith(outcomeCode(result.hosts));
    const nothing = `Lab ${result.lab} has no hosts.\n`;
    call.print(result.hosts.length === 0 ? nothing : outcomeLines(call.io, result.hosts));
    return result;
  },
});
