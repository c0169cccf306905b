import { CommandHelp, Help, type Command, type Interfaces } from '@oclif/core';
import { swarmup } from '../lib/typed-command.js';
import { commandGroups } from './command-groups.js';

type Section = ReturnType<CommandHelp['sections']>[number];

/** The help of one command: its usage, examples and description, and only then all its flags. */
class HelpOfCommand extends CommandHelp {
  protected override defaultUsage(): string {
    const args = Object.values(this.command.args).filter(({ hidden }) => hidden !== true);
    const words = args.map(({ name, multiple, required }) => {
      const word = `${name.toUpperCase()}${multiple === true ? '...' : ''}`;
      return required === true ? word : `[${word}]`;
    });
    return [this.command.id, ...words, '[FLAGS]'].join(' ');
  }

  /** A line each. */
  protected override examples(examples: Command.Example[] | string | undefined): string | undefined {
    return super.examples(examples)?.replaceAll('\n\n', '\n');
  }

  /** Not the summary again: it is the first line of the help. */
  protected override description(): string | undefined {
    const { description = '' } = this.command;
    return description === '' ? undefined : this.wrap(description);
  }

  protected override sections(): Section[] {
    const order = ['USAGE', 'EXAMPLES', 'DESCRIPTION', 'ARGUMENTS', 'FLAGS'];
    const place = ({ header }: Section): number => (order.indexOf(header) + order.length) % order.length;
    return super.sections().sort((a, b) => place(a) - place(b));
  }
}

/** What `--help` prints. */
export class SwarmupHelp extends Help {
  protected override CommandHelpClass = HelpOfCommand;

  constructor(config: Interfaces.Config) {
    super(config, { ...config.pjson.oclif.helpOptions, flagSortOrder: 'alphabetical' });
  }

  /** Grouped by what a person wants, with a line that says where to begin. */
  protected override showRootHelp(): Promise<void> {
    const grouped = commandGroups.map(({ title, words }) => ({
      title,
      rows: words.flatMap((word) => this.rowOf(word)),
    }));
    const known = new Set(commandGroups.flatMap(({ words }) => words));
    const others = [...new Set(this.config.commandIDs.map((id) => id.split(':')[0] ?? ''))].filter(
      (word) => !known.has(word) && word !== 'help',
    );
    const groups = [...grouped, { title: 'OF DRIVERS', rows: others.sort().flatMap((word) => this.rowOf(word)) }];
    const width = Math.max(...groups.flatMap(({ rows }) => rows.map(([word]) => word.length)));
    const lines = ([word, summary]: readonly [string, string]): string => `  ${word.padEnd(width)}  ${summary}`;
    this.log(`swarmup makes hosts with Docker, joins them to a swarm, and keeps the swarm healthy.

To begin:  ${swarmup`create manager agent1 agent2`}   three hosts, one swarm
           eval "$(${swarmup`env manager`})"          docker talks to the manager
           ${swarmup`init`} && ${swarmup`up`}             a lab from a file in this folder
`);
    for (const { title, rows } of groups) if (rows.length > 0) this.log(`${title}\n${rows.map(lines).join('\n')}\n`);
    this.log('swarmup COMMAND --help describes a command. --json prints results for programs.');
    return Promise.resolve();
  }

  /** A command with its summary, or a topic with its description; none: neither exists. */
  private rowOf(word: string): readonly (readonly [string, string])[] {
    const topic = this.config.topics.find(({ name }) => name === word);
    const command: Command.Loadable | undefined = this.config.findCommand(word);
    const below = this.config.commandIDs.some((id) => id.startsWith(`${word}:`));
    if (command === undefined && !below) return [];
    const text = below ? topic?.description : (command?.summary ?? command?.description);
    return [[word, this.render(text?.split('\n')[0] ?? '')]];
  }
}
