import { builtInDrivers } from '../../drivers/built-in.js';
import { commandId } from '../../drivers/driver-command.js';
import { globalFlags, helpSubject, lookUp } from '../command-line.js';
import type { CommandIo } from '../command-io.js';
import { reportFailure } from '../failure.js';
import { rootHelp } from '../root-help.js';
import { readPackageFiles } from './package-files.js';

/**
 * Prints the help that a command line asks for, and returns the exit code. undefined: it asks for none, or wrongly. Only
 * the help of commands loads oclif, and of that no more than its help: all of it takes twice as long as Node.js itself.
 */
export async function lightHelp(argv: readonly string[], io: CommandIo): Promise<number | undefined> {
  const { args } = globalFlags(argv);
  const files = readPackageFiles();
  const commands = [...Object.values(files.manifest.commands), ...driverCommands];
  const found = lookUp(
    args,
    commands.map(({ id }) => id),
  );
  if (found !== undefined && 'unknown' in found) return undefined;
  const subject = helpSubject(args, found);
  if (subject === undefined) return undefined;
  try {
    if (subject.every((word) => word.startsWith('-'))) {
      const topics = Object.entries(files.pjson.oclif.topics ?? {}).map(([name, topic]) => ({ name, ...topic }));
      io.print(`${rootHelp({ commands, topics: [...topics, ...driverTopics] })}\n`);
    } else await (await import('./command-help.js')).commandHelp(subject, files, io);
    return 0;
  } catch (error) {
    return reportFailure(io, error, { json: false, debug: false });
  }
}

const driverCommands = builtInDrivers.flatMap(({ declaration }) =>
  (declaration.commands?.list ?? []).map((command) => ({ ...command, id: commandId(declaration, command) })),
);
const driverTopics = builtInDrivers.map(({ declaration: { name, commands } }) => ({
  name,
  description: commands?.about ?? '',
}));
