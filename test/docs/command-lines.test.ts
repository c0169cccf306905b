import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { sourceFiles, sourceText } from '../support/source-imports.js';
import { type CommandPlace, type Meanings, taggedCommands, typedCommands } from './command-lines.js';
import { commandParser, type CommandParser } from './command-parser.js';
import { commandsIn, documentedCommands } from './documented-commands.js';

const meanings: Meanings = {
  'flags.shell': ['fish'],
  logCommand: ['journalctl -u docker', 'tail -n 100 /var/log/docker.log'],
  proposal: ['bash'],
  "command.id.split(':')": ['ls', 'node ls'],
  "proposal.split(' ')": ['ls', 'node ls'],
  'String(maxUnavailable)': ['2'],
  'tool.look': ['apt-get update'],
  version: ['28.2.1'],
};

/** Where they are no hints: the tag itself, programs for shells, which test/cli/completion runs, and comments of keys. */
const others = /^(?:lib\/typed-command|cli\/completion\/shell-output|operations\/access\/host-keys)\.ts/;

/** Tags of src/ that make commands of their text. */
const tags = ['swarmup', 'command'];

let parser: CommandParser;
beforeAll(async () => {
  parser = await commandParser();
}, 120_000);
afterAll(() => parser[Symbol.asyncDispose]());

async function problemsOf(places: readonly CommandPlace[], isMention = false): Promise<readonly string[]> {
  const problems = places.flatMap(({ at, lines }) =>
    lines.map(async (line) => {
      const problem = await parser.problemOf(line, { isMention });
      return problem === undefined ? [] : [`${at}: swarmup ${line}: ${problem}`];
    }),
  );
  return (await Promise.all(problems)).flat();
}

it.each([
  ['nod ls', 'there is no command nod'],
  ['node lsx', 'there is no command node lsx'],
  ['rm --forse agent1', 'there is no flag --forse'],
  ['ls --timeout agent1', '--timeout must be a whole number, not agent1'],
  ['snapshot save', 'SNAPSHOT is missing'],
  ['aws orphans --deleted', 'there is no flag --deleted'],
  ['create --virtualbox-memory much agent1', '--virtualbox-memory must be a whole number, not much'],
  ['swarm autolock maybe', 'on, off'],
])('"swarmup %s" is refused: %s', async (line, problem) => {
  expect(await parser.problemOf(line)).toContain(problem);
});

// The parser of `create` alone has a hundred flags, and this computer may be busy.
vi.setConfig({ testTimeout: 60_000 });

describe('commands that users are told to type', () => {
  it('are understood by their commands', async () => {
    const hints = taggedCommands(tags, meanings);
    expect(hints.length).toBeGreaterThan(200);
    expect(await problemsOf(hints)).toEqual([]);
    const sources = sourceFiles.map(sourceText).join('\n');
    expect(Object.keys(meanings).filter((expression) => !sources.includes(expression))).toEqual([]);
  });

  it('are built with the tag, so that they are seen here', () => {
    const typed = typedCommands(parser.isCommandWord).filter(({ at }) => !others.test(at));
    expect(typed.map(({ at, lines }) => `${at}: swarmup ${lines.join(', ')}`)).toEqual([]);
  });
});

it('every example of a command is understood by it', async () => {
  const places = parser.commands.map(({ id, examples }) => ({
    at: id,
    lines: examples
      .map((example) => (typeof example === 'string' ? example : example.command))
      .flatMap((example) => commandsIn(example.replaceAll('<%= config.bin %>', 'swarmup'))),
  }));
  expect(places.flatMap(({ lines }) => lines).length).toBeGreaterThan(100);
  expect(await problemsOf(places)).toEqual([]);
});

it('every command of the documentation is understood', async () => {
  const { typed, mentioned } = documentedCommands();
  expect(typed.flatMap(({ lines }) => lines).length).toBeGreaterThan(120);
  expect(await problemsOf(typed)).toEqual([]);
  expect(await problemsOf(mentioned, true)).toEqual([]);
});
