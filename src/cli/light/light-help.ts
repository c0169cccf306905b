import { globalFlags, lookUp } from '../command-line.js';
import type { CommandIo } from '../command-io.js';
import { readWords } from '../completion/command-manifest.js';
import { rootHelp } from '../root-help.js';

/**
 * Prints the help that a command line asks for, and returns the exit code. undefined: it asks for none, or wrongly. Only
 * the help of commands loads oclif, and of that no more than its help: all of it takes twice as long as Node.js itself.
 */
export async function lightHelp(argv: readonly string[], io: CommandIo): Promise<number | undefined> {
  const { args } = globalFlags(argv);
  try {
    if (!args.every((word) => word.startsWith('-')))
      return await (await import('./command-help.js')).commandHelp(args, io);
    if (lookUp(args, []) !== undefined) return undefined;
    io.print(`${rootHelp(overview())}\n`);
    return 0;
  } catch (error) {
    return (await import('../failure.js')).reportFailure(io, error, { json: false, debug: false });
  }
}

function overview(): Parameters<typeof rootHelp>[0] {
  const { commands, topics } = readWords();
  return {
    commands: Object.entries(commands).map(([id, { summary }]) => ({ id, summary })),
    topics: Object.entries(topics).map(([name, topic]) => ({ name, ...topic })),
  };
}
