import { labRequest } from '../cli/lab-command.js';
import { changesAtOnce } from '../cli/oclif-command.js';
import { nearestManifest } from '../cli/find-manifest.js';
import { runSession } from '../cli/ssh-session.js';
import { hostMeant } from '../operations/access/host-meant.js';

export default changesAtOnce({
  because: 'what the user types is what happens',
  summary: 'log in to a host, or run a command there',
  description:
    'What follows the host is the command; put -- before it. Several words are joined by spaces and read by the ' +
    'shell of the host, as ssh does: quote twice what that shell must not see, or pass the whole line as one word. ' +
    'stdin is passed on, and the exit code is that of the command (128 + n when signal n ended it). ' +
    'Without a host, in the folder of a swarmup.yaml: the first manager of the lab.',
  usage: 'ssh [-t] [HOST] [-- COMMAND...]',
  examples: [
    '<%= config.bin %> ssh agent1',
    '<%= config.bin %> ssh agent1 -- docker ps',
    "<%= config.bin %> ssh agent1 -- 'journalctl -u docker | tail -n 5'",
    '<%= config.bin %> ssh agent1 -- tar x < files.tar',
  ],
  args: {
    name: { description: 'host [default: the first manager of the lab, or of the only swarm]' },
  },
  flags: {
    tty: { type: 'boolean', char: 't', description: 'a terminal on the host also for a command' },
  },
  json: false,
  read: ({ argv }) => ({ argv: splitCommand(argv).own }),
  run: async (call) => {
    const { args, flags } = call;
    const { command } = splitCommand(call.argv);
    const isLab = args.name === undefined && nearestManifest(call.io.cwd) !== undefined;
    const lab = isLab ? await labRequest(call, {}) : undefined;
    const { selectHosts } = await import('../operations/lab/lab-members.js');
    const code = await call.operate({ quiet: true }, async (context) => {
      const names = lab === undefined ? [args.name ?? (await hostMeant(context.store))] : [];
      const [record] = await selectHosts(context, { lab, names });
      if (record === undefined) throw new Error('a lab without hosts');
      const runner = await context.connectAsUser(record);
      return runSession(call.io, runner, { command, terminal: flags.tty, signal: context.signal });
    });
    call.exitWith(code);
  },
});

/** Like ssh's: ours end with the host's name or with `--`; all after that is the command, whatever it looks like. */
export function splitCommand(argv: readonly string[]): {
  readonly own: readonly string[];
  readonly command: string | undefined;
} {
  const dashes = argv.indexOf('--');
  const host = argv.findIndex((word) => !word.startsWith('-'));
  const end = host !== -1 && (dashes === -1 || host < dashes) ? host + 1 : dashes === -1 ? argv.length : dashes;
  const rest = argv[end] === '--' ? argv.slice(end + 1) : argv.slice(end);
  return { own: argv.slice(0, end), command: rest.length === 0 ? undefined : rest.join(' ') };
}
