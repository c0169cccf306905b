/** A command by the first words of a command line. */
export interface Found {
  readonly id: string;
  readonly words: number;
}

export interface Unknown {
  readonly unknown: string;
  /** What was perhaps meant. */
  readonly among: readonly string[];
}

/** The command line without what docker-machine takes before the command (`-D`, `-h`); `help X` is `X --help`. */
export function globalFlags(given: readonly string[]): { readonly args: string[]; readonly debug: boolean } {
  const words = given[0] === 'help' ? [...given.slice(1), '--help'] : given;
  const [first, ...rest] = words;
  if (first === '-D' || first === '--debug') return { args: rest, debug: true };
  return { args: first === '-h' ? ['--help', ...rest] : [...words], debug: false };
}

/** The command that the first words name; undefined where only help is asked for. */
export function lookUp(args: readonly string[], ids: readonly string[]): Found | Unknown | undefined {
  const [word = '--help', next = '--help'] = args;
  if (word.startsWith('-'))
    return flagsOf(args).includes('--help') || args.length === 0 ? undefined : { unknown: word, among: [] };
  const inTopic = ids.filter((id) => id.startsWith(`${word}:`));
  if (inTopic.includes(`${word}:${next}`)) return { id: `${word}:${next}`, words: 2 };
  if (ids.includes(word)) return { id: word, words: 1 };
  if (inTopic.length === 0) return { unknown: word, among: ids };
  return next.startsWith('-') ? undefined : { unknown: `${word} ${next}`, among: inTopic };
}

/** What the help is given: the command or topic that it is about, and nothing for all. undefined: no help is asked for. */
export function helpSubject(args: readonly string[], command: Found | undefined): readonly string[] | undefined {
  if (command === undefined) return args;
  const rest = args.slice(command.words);
  const isAsked = flagsOf(args).includes('--help') || rest[0] === '-h';
  return isAsked ? [command.id, ...rest.filter((word) => word !== '-h')] : undefined;
}

/** The words before a `--`. */
export function flagsOf(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--');
  return end === -1 ? argv : argv.slice(0, end);
}

/** `--json` before a `--`, as oclif reads it; asked before anything is parsed, because parsing may be what fails. */
export const wantsJson = (argv: readonly string[]): boolean => flagsOf(argv).includes('--json');

export function wantsDebug(argv: readonly string[], env: Readonly<Record<string, string | undefined>>): boolean {
  const variable = env['SWARMUP_DEBUG'] ?? '';
  return flagsOf(argv).includes('--debug') || (variable !== '' && variable !== '0');
}
