import { type Command, Flags, type Interfaces, Parser } from '@oclif/core';
import { readdirSync } from 'node:fs';
import { join, sep } from 'node:path';
import { type BundledCommands, CommandConfig } from '../../src/cli/command-config.js';
import { addDriverCommands } from '../../src/cli/driver-commands.js';
import { parseFailure } from '../../src/cli/parse-failure.js';
import { splitCommand } from '../../src/commands/ssh.js';
import { builtInDrivers } from '../../src/drivers/built-in.js';
import { childCli } from '../support/child-cli.js';
import { fakeIo } from '../support/fake-io.js';

export interface CommandParser extends AsyncDisposable {
  readonly commands: readonly Command.Class[];
  /** Whether "swarmup WORD" is meant to be typed: the first word of a command, or a flag. */
  readonly isCommandWord: (word: string) => boolean;
  /** Why a line after "swarmup" cannot be typed as it stands; undefined: it can. */
  readonly problemOf: (line: string, options?: ParseOptions) => Promise<string | undefined>;
}

/** What swarmup takes without a command. */
const ofItself: readonly string[] = ['--help', '--version'];

interface ParseOptions {
  /** A command is only spoken of, as in "`swarmup rm` asks first": words and values that it needs may be missing. */
  readonly isMention?: boolean;
}

/** The parsers of all commands, those of drivers as well: what `swarmup` itself would say to a line. */
export async function commandParser(): Promise<CommandParser> {
  const cli = await childCli();
  const io = fakeIo({ env: { HOME: cli.home } });
  const config = new CommandConfig({ root: cli.root, userPlugins: false }, io, commandsOfSource());
  await config.load();
  addDriverCommands(
    config,
    builtInDrivers.map(({ declaration }) => declaration),
  );
  const commands = await Promise.all(config.commands.map(async (command) => command.load()));
  const firstWords = new Set(config.commandIDs.map((id) => id.split(':')[0] ?? ''));
  const known = new Map<string, Promise<string | undefined>>();
  return {
    commands,
    isCommandWord: (word) => firstWords.has(word) || ofItself.includes(word),
    problemOf: (line, options = {}) => {
      const asked = `${options.isMention === true ? 'mention' : 'line'} ${line}`;
      const problem = known.get(asked) ?? problemOf(config, shellWords(line), options);
      known.set(asked, problem);
      return problem;
    },
    [Symbol.asyncDispose]: () => cli[Symbol.asyncDispose](),
  };
}

/** The classes as src/ has them: the built program has its own copy of oclif, whose errors are strangers here. */
function commandsOfSource(): BundledCommands {
  const folder = join(import.meta.dirname, '..', '..', 'src', 'commands');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  return Object.fromEntries(
    files.map((file) => [
      file.replaceAll(sep, ':').replace(/\.ts$/, ''),
      () => import(join(folder, file)) as Promise<{ readonly default: Command.Class }>,
    ]),
  );
}

async function problemOf(
  config: CommandConfig,
  words: readonly string[],
  { isMention = false }: ParseOptions,
): Promise<string | undefined> {
  const [first = '', second = ''] = words;
  if (words.length === 1 && ofItself.includes(first)) return undefined;
  const two = config.findCommand(`${first}:${second}`);
  const command = two ?? config.findCommand(first);
  if (command === undefined) return unknownCommand(config, words, isMention);
  const argv = words.slice(two === undefined ? 1 : 2);
  const loaded = await command.load();
  // Help is shown whatever else is missing.
  return isMention || argv.includes('--help') ? unknownFlag(loaded, argv) : refusal(loaded, ownWords(first, argv));
}

/** Without the command for the host, which these two take off before they parse. */
function ownWords(command: string, argv: readonly string[]): string[] {
  if (command === 'ssh') return [...splitCommand(argv).own];
  return command === 'exec' && argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : [...argv];
}

function unknownCommand(
  config: CommandConfig,
  [first = '', second = '']: readonly string[],
  isMention: boolean,
): string | undefined {
  const isTopic = config.topics.some(({ name }) => name === first);
  if (isMention && isTopic && second === '') return undefined;
  return `there is no command ${isTopic ? `${first} ${second}` : first}`;
}

const flagsOf = ({ baseFlags, flags }: Command.Class, argv: readonly string[]): Interfaces.FlagInput => ({
  json: Flags.boolean(),
  ...baseFlags,
  ...flags,
  ...flagsOfOthers(argv),
});

async function refusal(command: Command.Class, argv: string[]): Promise<string | undefined> {
  try {
    await Parser.parse(argv, { flags: flagsOf(command, argv), args: command.args, strict: command.strict });
    return undefined;
  } catch (error) {
    return (parseFailure(error as Error, command) ?? (error as Error)).message;
  }
}

function unknownFlag(command: Command.Class, argv: readonly string[]): string | undefined {
  const known = ['help', ...Object.keys(flagsOf(command, argv))];
  const named = argv.flatMap((word) => /^--([\w-]+)/.exec(word)?.[1] ?? []);
  const unknown = named.find((name) => !known.includes(name) && !known.includes(name.replace(/^no-/, '')));
  return unknown === undefined ? undefined : `there is no flag --${unknown}`;
}

/** The options of a driver that is not built in are known to its package alone. */
function flagsOfOthers(argv: readonly string[]): Interfaces.FlagInput {
  const driver = argv[argv.indexOf('--driver') + 1] ?? '';
  if (!argv.includes('--driver') || builtInDrivers.some(({ declaration }) => declaration.name === driver)) return {};
  const names = argv.filter((word) => word.startsWith(`--${driver}-`)).map((word) => word.slice(2));
  return Object.fromEntries(names.map((name) => [name, Flags.string()]));
}

/** The words of one command, as a shell reads them: up to a comment, a pipe, or the next command. */
function shellWords(line: string): readonly string[] {
  const pieces = line.matchAll(/(?:'[^']*'|"(?:[^"\\]|\\.)*"|\\.|[^\s'"\\;|&<>#]|(?<=\S)#)+|[;|&<>#]/g);
  const words: string[] = [];
  for (const [piece] of pieces) {
    if (/^[;|&<>#]$/.test(piece)) break;
    words.push(piece.replace(/'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)/g, '$1$2$3'));
  }
  return words;
}
