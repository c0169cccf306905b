import { Args, Flags } from '@oclif/core';
import { nearestManifest } from '../cli/find-manifest.js';
import { LabCommand } from '../cli/lab-command.js';
import { runSession } from '../cli/ssh-session.js';
import { hostMeant } from '../operations/access/host-meant.js';

export default class Ssh extends LabCommand {
  static override enableJsonFlag = false;
  static override strict = false;
  static override summary = 'log in to a host, or run a command there';
  static override description =
    'What follows the host is the command; put -- before it. Several words are joined by spaces and read by the ' +
    'shell of the host, as ssh does: quote twice what that shell must not see, or pass the whole line as one word. ' +
    'stdin is passed on, and the exit code is that of the command (128 + n when signal n ended it). ' +
    'Without a host, in the folder of a swarmup.yaml: the first manager of the lab.';
  static override usage = 'ssh [-t] [HOST] [-- COMMAND...]';
  static override examples = [
    '<%= config.bin %> ssh agent1',
    '<%= config.bin %> ssh agent1 -- docker ps',
    "<%= config.bin %> ssh agent1 -- 'journalctl -u docker | tail -n 5'",
    '<%= config.bin %> ssh agent1 -- tar x < files.tar',
  ];
  static override args = {
    name: Args.string({ description: 'host [default: the first manager of the lab, or of the only swarm]' }),
  };
  static override flags = {
    tty: Flags.boolean({ char: 't', description: 'a terminal on the host also for a command' }),
  };

  async run(): Promise<void> {
    const { own, command } = splitCommand(this.argv);
    const { args, flags } = await this.parse(Ssh, [...own]);
    const isLab = args.name === undefined && nearestManifest(this.io.cwd) !== undefined;
    const lab = isLab ? await this.labRequest({}) : undefined;
    const { selectHosts } = await import('../operations/lab/lab-members.js');
    const code = await this.operate({ quiet: true }, async (context) => {
      const names = lab === undefined ? [args.name ?? (await hostMeant(context.store))] : [];
      const [record] = await selectHosts(context, { lab, names });
      if (record === undefined) throw new Error('a lab without hosts');
      const runner = await context.connectAsUser(record);
      return runSession(this.io, runner, { command, terminal: flags.tty, signal: context.signal });
    });
    this.exitWith(code);
  }
}

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
