import type { Command } from '@oclif/core';
import { commandGroups } from '../../src/cli/command-groups.js';
import { driverGroup } from '../../src/cli/oclif-flags.js';
import { exitCodes } from '../../src/lib/exit-codes.js';

/** What roff would take for its own: backslashes, a dot or quote at the beginning of a line, letters beyond ASCII. */
const plain = (text: string): string =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll(/^([.'])/gm, '\\&$1')
    .replaceAll(
      /[^\0-\x7f]/gu,
      (letter) => `\\[u${letter.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0') ?? ''}]`,
    );
const typed = (text: string): string => plain(text).replaceAll('-', '\\-');
const bold = (text: string): string => `\\fB${typed(text)}\\fR`;
const exampleOf = (example: Command.Example): string => (typeof example === 'string' ? example : example.command);

type Flag = Command.Loadable['flags'][string];
type Arg = Command.Loadable['args'][string];

const argWord = ({ name, multiple, required }: Arg): string => {
  const word = `${name.toUpperCase()}${multiple === true ? '...' : ''}`;
  return required === true ? word : `[${word}]`;
};

function flagItem(flag: Flag): readonly string[] {
  const char = flag.char === undefined ? '' : `${bold(`-${flag.char}`)}, `;
  const name = flag.type === 'boolean' && flag.allowNo ? `--[no-]${flag.name}` : `--${flag.name}`;
  const value =
    flag.type === 'option'
      ? ` ${plain(flag.options?.join('|') ?? String(flag.helpValue ?? '<VALUE>').slice(1, -1))}`
      : '';
  return ['.TP', `${char}${bold(name)}${value}`, plain(flag.description ?? '')];
}

const inheritedFlags = ['json', 'debug'];

function commandText({ id, summary = '', description = '', examples = [], args, flags }: Command.Loadable): string {
  const words = Object.values(args);
  const own = Object.values(flags)
    .filter(({ name, helpGroup = '' }) => !inheritedFlags.includes(name) && !helpGroup.startsWith(driverGroup))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return [
    `.SS ${bold(`swarmup ${id.replaceAll(':', ' ')}`)} ${plain(words.map(argWord).join(' '))}`.trimEnd(),
    `${plain(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}`)}.`,
    ...(description === '' ? [] : ['.PP', plain(description)]),
    ...words.flatMap((arg) => ['.TP', `\\fI${plain(arg.name.toUpperCase())}\\fR`, plain(arg.description ?? '')]),
    ...own.flatMap(flagItem),
    ...(examples.length === 0
      ? []
      : [
          '.PP',
          'Examples:',
          '.EX',
          ...examples.map((one) => typed(exampleOf(one).replaceAll('<%= config.bin %>', 'swarmup'))),
          '.EE',
        ]),
  ].join('\n');
}

/** The commands in the order of `swarmup --help`, those of drivers last. */
function inOrder(commands: readonly Command.Loadable[]): readonly (readonly [string, readonly Command.Loadable[]])[] {
  const topicOf = ({ id }: Command.Loadable): string => id.split(':')[0] ?? '';
  const groups = commandGroups.map(
    ({ title, words }) =>
      [title, words.flatMap((word) => commands.filter((command) => topicOf(command) === word))] as const,
  );
  const grouped = new Set(groups.flatMap(([, members]) => members));
  return [...groups, ['COMMANDS OF DRIVERS', commands.filter((command) => !grouped.has(command))] as const];
}

const exitTexts: Readonly<Record<keyof typeof exitCodes, string>> = {
  ok: 'What was asked for is so now.',
  failure: 'The command failed.',
  usage: 'The command line, a file or a setting is wrong. Nothing was changed.',
  preflight: 'A check before the first change failed. Nothing was changed.',
  partial: 'The command failed on some hosts, nodes or services.',
  locked: 'Another swarmup is at work on the same hosts.',
  unhealthy: 'The swarm, a service or the lab is not healthy.',
  changes: '\\fBplan \\-\\-detailed\\-exitcode\\fR found changes.',
  timeout: 'The command ran out of time.',
  interrupted: 'Ctrl-C stopped the command.',
  terminated: 'A termination signal stopped the command.',
};

const environment: Readonly<Record<string, string>> = {
  SWARMUP_HOME: 'Folder of the records, keys and settings. Default: the data folder of the user.',
  SWARMUP_CACHE: 'Folder of images and compiled code. Default: the cache folder of the user.',
  SWARMUP_DRIVER: 'Driver of new hosts if \\fB\\-\\-driver\\fR does not name one.',
  SWARMUP_SWARM: 'Name of the swarm if \\fB\\-\\-swarm\\fR does not name one.',
  SWARMUP_DEBUG: 'If set, print details and the stack traces of errors.',
  SWARMUP_KEY_PASSPHRASE: 'Passphrase of the SSH key with which hosts are adopted.',
  SWARMUP_SUDO_PASSWORD: 'Password for sudo on hosts that are adopted.',
  SWARMUP_PASSPHRASE_FILE: 'File with the passphrase of sealed keys on its first line.',
};

/** swarmup(1), made of the definitions of all commands. */
export function manualPage(commands: readonly Command.Loadable[], version: string): string {
  const lines = [
    `.\\" Made by npm run docs:man of the definitions in src/commands.`,
    `.TH SWARMUP 1 "" "swarmup ${version}" "User Commands"`,
    '.SH NAME',
    'swarmup \\- make hosts with Docker, join them to a swarm, and keep the swarm healthy',
    '.SH SYNOPSIS',
    `${bold('swarmup')} \\fICOMMAND\\fR [\\fIARGUMENTS\\fR] [\\fIFLAGS\\fR]`,
    '.SH DESCRIPTION',
    'swarmup turns names into hosts, hosts into Docker engines, and engines into a Docker swarm. To begin:',
    '.EX',
    typed('swarmup create manager agent1 agent2'),
    typed('eval "$(swarmup env manager)"'),
    '.EE',
    '.SH FLAGS OF ALL COMMANDS',
    ...['.TP', bold('--help'), 'Show the help of the command.'],
    ...['.TP', bold('--json'), 'Print the result as JSON.'],
    ...['.TP', bold('--debug'), 'Print details and the stack traces of errors.'],
    ...inOrder(commands).flatMap(([title, members]) =>
      members.length === 0 ? [] : [`.SH ${plain(title)}`, ...members.map(commandText)],
    ),
    '.SH EXIT STATUS',
    ...Object.entries(exitCodes).flatMap(([name, code]) => [
      '.TP',
      bold(String(code)),
      exitTexts[name as keyof typeof exitTexts],
    ]),
    '.SH ENVIRONMENT',
    ...Object.entries(environment).flatMap(([name, text]) => ['.TP', bold(name), text]),
    '.SH SEE ALSO',
    '.BR docker (1),',
    '.BR ssh (1)',
  ];
  return `${lines.join('\n')}\n`;
}
