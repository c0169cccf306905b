import { labRequest } from '../cli/lab-command.js';
import { changesAtOnce } from '../cli/oclif-command.js';
import { nearestManifest } from '../cli/find-manifest.js';
import { runSession } from '../cli/ssh-session.js';
import { hostMeant } from '../operations/access/host-meant.js';

export default changesAtOnce({
  because: 'what the user types is what happens',
  summary: 'log in to a host or run a command on it',
  description:
    'Put -- between the host and the command. As with ssh, the words of the command are joined with spaces and ' +
    'the shell of the host reads the line. Quote special characters twice, or pass the whole line as one word. ' +
    'swarmup passes stdin on and exits with the code of the command (128 + n if signal n ended it). Without a ' +
    'host, in the folder of a swarmup.yaml, the first manager of the lab is used.',
  usage: 'ssh [-t] [HOST] [-- COMMAND...]',
  examples: [
    '<%= config.bin %> ssh agent1',
    '<%= config.bin %> ssh agent1 -- docker ps',
    "<%= config.bin %> ssh agent1 -- 'journalctl -u docker | tail -n 5'",
    '<%= config.bin %> ssh agent1 -- tar x < files.tar',
  ],
  args: {
    name: { description: 'host [default: the first manager of the lab, or of the only swarm]', names: 'hosts' },
  },
  flags: {
    tty: { type: 'boolean', char: 't', description: 'allocate a terminal on the host even for a command' },
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

/** As with ssh: our flags end with the host's name or with `--`; everything after that is the command. */
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
