import type { Interfaces } from '@oclif/core';
import { builtInDrivers } from '../drivers/built-in.js';
import { type SwarmupError, usageError } from '../lib/errors.js';
import { nearest } from '../lib/nearest.js';
import { swarmup } from '../lib/typed-command.js';
import { forceFlag } from './create-request.js';
import { CommandConfig, type BundledCommands } from './command-config.js';
import { synonyms } from './command-groups.js';
import type { CommandIo } from './command-io.js';
import { addDriverCommands } from './driver-commands.js';
import { foundDriver, namedDriver } from './found-driver.js';
import { flagsOf, reportFailure, wantsDebug, wantsJson } from './failure.js';
import { driverFlags, driverGroup, oclifFlags } from './oclif-flags.js';
import { readSettings } from './settings.js';

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
    await dispatch(argv[0] === 'help' ? [...argv.slice(1), '--help'] : [...argv], config);
    return config.exitCode;
  } catch (error) {
    return reportFailure(io, error, { json: wantsJson(argv), debug: argv[0] === '-D' || wantsDebug(argv, io.env) });
  }
}

/** What oclif's own `run` does, but it would replace our configuration and report unknown commands without advice. */
async function dispatch(given: readonly string[], config: CommandConfig): Promise<void> {
  const { args, debug } = globalFlags(given);
  if (args[0] === '--version' || args[0] === '-v') {
    config.io.print(`${config.userAgent}\n`);
    return;
  }
  const command = await findCommand(args, config);
  const rest = [...(command !== undefined && debug ? ['--debug'] : []), ...args.slice(command?.words ?? 0)];
  await config.runHook('init', { id: command?.id, argv: rest });
  if (command === undefined || flagsOf(args).includes('--help') || rest[0] === '-h') {
    if (command?.id === 'create') await chooseDriverFlags(config, rest);
    const { SwarmupHelp } = await import('./help.js');
    await new SwarmupHelp(config).showHelp(
      command === undefined ? args : [command.id, ...rest.filter((word) => word !== '-h')],
    );
    return;
  }
  await config.runCommand(command.id, rest);
}

/**
 * The help of `create` names the drivers; it has the flags of the one that `--driver` names, also where that comes from a
 * plugin or is only found when it is named.
 */
async function chooseDriverFlags(config: CommandConfig, argv: readonly string[]): Promise<void> {
  const { registry } = await config.drivers();
  const found = await foundDriver(registry, argv, config.io.env, await readSettings(config.io));
  const drivers = [...registry.declarations, ...found];
  const named = drivers.filter(({ name }) => name === namedDriver(argv));
  const command = config.findCommand('create', { must: true });
  const own = Object.entries(command.flags).filter(([, { helpGroup = '' }]) => !helpGroup.startsWith(driverGroup));
  const flags = { ...Object.fromEntries(own), ...oclifFlags({ ...driverFlags(named), force: forceFlag(named) }) };
  command.flags = flags;
  const names = drivers.map(({ name }) => name).join(', ');
  command.description = `${command.description ?? ''}\n\nDrivers: ${names}. create --driver NAME --help shows the flags of a driver.`;
}

/** Flags that docker-machine takes before the command: -D, -h. */
function globalFlags(given: readonly string[]): { readonly args: string[]; readonly debug: boolean } {
  const [first, ...rest] = given;
  if (first === '-D' || first === '--debug') return { args: rest, debug: true };
  return { args: first === '-h' ? ['--help', ...rest] : [...given], debug: false };
}

interface Found {
  readonly id: string;
  readonly words: number;
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

interface Unknown {
  readonly unknown: string;
  /** The words that may have been meant. */
  readonly among: readonly string[];
}

function lookUp(args: readonly string[], ids: readonly string[]): Found | Unknown | undefined {
  const [word = '--help', next = '--help'] = args;
  if (word.startsWith('-'))
    return flagsOf(args).includes('--help') || args.length === 0 ? undefined : { unknown: word, among: [] };
  const inTopic = ids.filter((id) => id.startsWith(`${word}:`));
  if (inTopic.includes(`${word}:${next}`)) return { id: `${word}:${next}`, words: 2 };
  if (ids.includes(word)) return { id: word, words: 1 };
  if (inTopic.length === 0) return { unknown: word, among: ids };
  return next.startsWith('-') ? undefined : { unknown: `${word} ${next}`, among: inTopic };
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
