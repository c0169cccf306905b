import type { Command, Interfaces } from '@oclif/core';
import { swarmup } from '../lib/typed-command.js';
import { commandGroups } from './command-groups.js';

/** What there is, as oclif's configuration has it. */
interface Overview {
  readonly commands: readonly Pick<Command.Loadable, 'id' | 'summary' | 'description'>[];
  readonly topics: readonly Interfaces.Topic[];
}

type Row = readonly [word: string, summary: string];

/** The help of the whole program: grouped by what a person wants, with a line that says where to begin. */
export function rootHelp(overview: Overview): string {
  const rowsOf = (words: readonly string[]): readonly Row[] => words.flatMap((word) => rowOf(word, overview));
  const known = new Set(commandGroups.flatMap(({ words }) => words));
  const others = [...new Set(overview.commands.map(({ id }) => id.split(':')[0] ?? ''))].filter(
    (word) => !known.has(word) && word !== 'help',
  );
  const groups = [
    ...commandGroups.map(({ title, words }) => ({ title, rows: rowsOf(words) })),
    { title: 'OF DRIVERS', rows: rowsOf(others.sort()) },
  ].filter(({ rows }) => rows.length > 0);
  const width = Math.max(...groups.flatMap(({ rows }) => rows.map(([word]) => word.length)));
  const line = ([word, summary]: Row): string => `  ${word.padEnd(width)}  ${summary}`;
  return [
    `swarmup makes hosts with Docker, joins them to a swarm, and keeps the swarm healthy.

To begin:  ${swarmup`create manager agent1 agent2`}   three hosts, one swarm
           eval "$(${swarmup`env manager`})"          docker talks to the manager
           ${swarmup`init`} && ${swarmup`up`}             a lab from a file in this folder
`,
    ...groups.map(({ title, rows }) => `${title}\n${rows.map(line).join('\n')}\n`),
    'swarmup COMMAND --help describes a command. --json prints results for programs.',
  ].join('\n');
}

/** A command with its summary, or a topic with its description; none: neither exists. */
function rowOf(word: string, { commands, topics }: Overview): readonly Row[] {
  const command = commands.find(({ id }) => id === word);
  const isTopic = commands.some(({ id }) => id.startsWith(`${word}:`));
  if (command === undefined && !isTopic) return [];
  const topic = topics.find(({ name }) => name === word);
  const text = isTopic ? topic?.description : (command?.summary ?? command?.description);
  return [[word, text?.split('\n')[0] ?? '']];
}
