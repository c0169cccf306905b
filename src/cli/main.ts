import type { Interfaces } from '@oclif/core';
import { builtInDrivers } from '../drivers/built-in.js';
import { type SwarmupError, usageError } from '../lib/errors.js';
import { nearest } from '../lib/nearest.js';
import { swarmup } from '../lib/typed-command.js';
import { CommandConfig, type BundledCommands } from './command-config.js';
import { synonyms } from './command-groups.js';
import type { CommandIo } from './command-io.js';
import { addDriverCommands } from './driver-commands.js';
import { type Found, globalFlags, helpSubject, lookUp, type Unknown, wantsDebug, wantsJson } from './command-line.js';
import { reportFailure } from './failure.js';
import { versionLine } from './version-line.js';

/**
 * Runs one command line with oclif and returns its exit code; every error is reported here. `bundled` are the commands
 * that need not be searched in files.
 */
export async function main(
  argv: readonly string[],
  io: CommandIo,
  options: Interfaces.Options,
  bundled: BundledCommands = {},
): Promise<number> {
  try {
    const config = new CommandConfig(options, io, bundled);
    await config.load();
    addDriverCommands(
      config,
      builtInDrivers.map(({ declaration }) => declaration),
    );
    await dispatch(argv, config);
    return config.exitCode;
  } catch (error) {
    return reportFailure(io, error, { json: wantsJson(argv), debug: argv[0] === '-D' || wantsDebug(argv, io.env) });
  }
}

/** What oclif's own `run` does, but it would replace our configuration and report unknown commands without advice. */
async function dispatch(given: readonly string[], config: CommandConfig): Promise<void> {
  const { args, debug } = globalFlags(given);
  if (args[0] === '--version' || args[0] === '-v') {
    config.io.print(versionLine());
    return;
  }
  const command = await findCommand(args, config);
  const rest = [...(command !== undefined && debug ? ['--debug'] : []), ...args.slice(command?.words ?? 0)];
  await config.runHook('init', { id: command?.id, argv: rest });
  const subject = helpSubject(args, command);
  if (command === undefined || subject !== undefined) {
    if (command?.id === 'create') await chooseDriverFlags(config, rest);
    const { SwarmupHelp } = await import('./help.js');
    await new SwarmupHelp(config).showHelp([...(subject ?? [])]);
    return;
  }
  await config.runCommand(command.id, rest);
}

async function chooseDriverFlags(config: CommandConfig, argv: readonly string[]): Promise<void> {
  const { registry } = await config.drivers();
  const { helpOfCreate } = await import('./create-help.js');
  const command = config.findCommand('create', { must: true });
  Object.assign(command, await helpOfCreate(command, argv, config.io, registry));
}

/**
 * The command that the first words name; undefined where only help is asked for. Plugins are asked for commands of their
 * drivers when nothing else has that name, and for the help that lists all.
 * Errors: COMMAND_UNKNOWN (exit 2) with the nearest names.
 */
async function findCommand(args: readonly string[], config: CommandConfig): Promise<Found | undefined> {
  const found = lookUp(args, config.commandIDs);
  if (found !== undefined && 'id' in found) return found;
  const { registry } = await config.drivers();
  addDriverCommands(config, registry.declarations);
  const again = lookUp(args, config.commandIDs);
  if (again !== undefined && 'unknown' in again) throw unknownCommand(again);
  return again;
}

function unknownCommand({ unknown, among }: Unknown): SwarmupError {
  const [, last = unknown] = unknown.split(' ');
  const topic = unknown === last ? '' : unknown.slice(0, -last.length);
  const ids = among.map((id) => id.replaceAll(':', ' '));
  // Below a topic the same words mean its own commands: `service delete` is `service rm`.
  const meant = [synonyms[unknown], `${topic}${synonyms[last] ?? ''}`].find(
    (id) => id !== undefined && ids.includes(id),
  );
  const proposals = meant === undefined ? nearest(unknown, ids) : [meant];
  return usageError(
    'COMMAND_UNKNOWN',
    `there is no command ${JSON.stringify(unknown)}`,
    ...proposals.map((proposal) => `did you mean: ${swarmup`${proposal.split(' ')}`}`),
    `${swarmup`--help`} lists the commands`,
  );
}
