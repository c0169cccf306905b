import { swarmup } from '../lib/typed-command.js';
import { changes } from '../cli/oclif-command.js';
import { execCode, execSummary } from '../cli/render/exec-summary.js';
import { outcomeLines } from '../cli/render/outcome-lines.js';
import { prefixed, selectionArgs, selectionFlags, selectionOf } from '../cli/select-hosts.js';
import { usageError } from '../lib/errors.js';
import type { ExecResult } from '../operations/hosts/exec-hosts.js';
import type { HostsResult } from '../operations/access/results.js';

export default changes({
  summary: 'run a command on all hosts of the lab at the same time',
  description:
    'Put -- before the command. As with ssh, its words are joined with spaces and the shell of each host reads ' +
    'the line. With one host, swarmup exits with the code of the command; with several hosts, it exits with 4 if ' +
    'the command failed on some of them.',
  usage: 'exec [NAME...] [--role ROLE] [--pool POOL] -- COMMAND...',
  examples: [
    swarmup`exec -- docker ps`,
    swarmup`exec --role worker -- uptime`,
    swarmup`exec --dry-run --pool workers -- reboot`,
    swarmup`exec manager agent1 -- 'df -h / | tail -n 1'`,
  ],
  args: selectionArgs,
  flags: {
    ...selectionFlags,
    timeout: {
      type: 'integer',
      description: 'longest time that the command may take, in seconds',
      default: 3600,
      min: 1,
      value: 'SECONDS',
    },
  },
  read: ({ argv }) => {
    if (commandOf(argv) === '') throw usageError('USAGE', 'exec needs a command after --', swarmup`exec -- docker ps`);
    return { argv: argv.slice(0, argv.indexOf('--')) };
  },
  run: async (call): Promise<ExecResult | HostsResult> => {
    const { args, flags } = call;
    const command = commandOf(call.argv);
    const { execHosts } = await import('../operations/hosts/exec-hosts.js');
    const { selectHosts } = await import('../operations/lab/lab-members.js');
    const chosen = await selectionOf(call, args.name, flags);
    if (flags['dry-run']) {
      const hosts = await call.operate({ quiet: true }, (context) => selectHosts(context, chosen));
      const planned = { hosts: hosts.map(({ name }) => ({ name, status: 'would-run' as const })) };
      call.print(outcomeLines(call.io, planned.hosts));
      return planned;
    }
    const result = await call.operate({ quiet: true }, async (context) => {
      const hosts = await selectHosts(context, chosen);
      const show = prefixed(
        call,
        hosts.map(({ name }) => name),
      );
      return execHosts(context, { hosts, command, timeoutMs: flags.timeout * 1000 }, show);
    });
    call.exitWith(execCode(result));
    if (!call.json) call.io.say(execSummary(call.io, result));
    return result;
  },
});

function commandOf(argv: readonly string[]): string {
  const dashes = argv.indexOf('--');
  return dashes === -1 ? '' : argv.slice(dashes + 1).join(' ');
}
