import { swarmup } from '../lib/typed-command.js';
import { shows } from '../cli/oclif-command.js';
import { execCode } from '../cli/render/exec-summary.js';
import { prefixed, selectionArgs, selectionFlags, selectionOf } from '../cli/select-hosts.js';
import type { ExecResult } from '../operations/hosts/exec-hosts.js';

export default shows({
  summary: 'show the logs of Docker and the agent on the hosts of the lab',
  description: `For the logs of a service, use ${swarmup`service logs NAME`}.`,
  examples: [swarmup`logs`, swarmup`logs agent1 -n 100`, swarmup`logs --role manager --follow`],
  args: selectionArgs,
  flags: {
    ...selectionFlags,
    follow: { type: 'boolean', char: 'f', description: 'print new lines as they arrive, until Ctrl-C' },
    tail: {
      type: 'integer',
      char: 'n',
      description: "number of lines to show from the end of each host's log",
      default: 20,
      min: 0,
      value: 'N',
    },
    unit: {
      type: 'list',
      description: 'systemd unit whose log to show (repeatable)',
      default: ['docker', 'swarmup-agent'],
      value: 'UNIT',
    },
  },
  run: async (call): Promise<ExecResult | undefined> => {
    const { args, flags } = call;
    const { execHosts } = await import('../operations/hosts/exec-hosts.js');
    const { selectHosts } = await import('../operations/lab/lab-members.js');
    const { journalCommand } = await import('../operations/access/journal-command.js');
    const command = journalCommand({ units: flags.unit, tail: flags.tail, follow: flags.follow });
    const chosen = await selectionOf(call, args.name, flags);
    const options = { quiet: true, untilInterrupt: flags.follow };
    const result = await call.operate(options, async (context) => {
      const hosts = await selectHosts(context, chosen);
      const timeoutMs = flags.follow ? 7 * 24 * 3_600_000 : 60_000;
      return execHosts(
        context,
        { hosts, command, timeoutMs },
        prefixed(
          call,
          hosts.map(({ name }) => name),
        ),
      );
    });
    if (flags.follow) return undefined;
    call.exitWith(execCode(result));
    return result;
  },
});
