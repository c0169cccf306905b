import type { Command, Interfaces } from '@oclif/core';
// Alone: all of oclif takes much longer to load.
import { CommandHelp, Help } from '@oclif/core/help';
import { rootHelp } from './root-help.js';

type Section = ReturnType<CommandHelp['sections']>[number];

/** Hardly any text is a template, and oclif's engine compiles each of them: a fifth of the time that a help takes. */
const onlyTemplates =
  (render: (text: string) => string) =>
  (text: string): string =>
    text.includes('<%') ? render(text) : text;

/** The help of one command: how it is called, examples, what it does, and only then all its flags. */
class HelpOfCommand extends CommandHelp {
  constructor(...given: ConstructorParameters<typeof CommandHelp>) {
    super(...given);
    this.render = onlyTemplates(this.render);
  }

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
    this.render = onlyTemplates(this.render);
  }

  protected override showRootHelp(): Promise<void> {
    this.log(rootHelp(this.config));
    return Promise.resolve();
  }
}
