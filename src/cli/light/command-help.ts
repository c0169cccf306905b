import type { Command, Interfaces } from '@oclif/core';
import { readFileSync } from 'node:fs';
import { builtInDrivers } from '../../drivers/built-in.js';
import { inPackage } from '../../lib/package-folder.js';
import { helpSubject, lookUp } from '../command-line.js';
import type { CommandIo } from '../command-io.js';
import { addDriverCommands } from '../driver-commands.js';
import { SwarmupHelp } from '../help.js';

/**
 * Prints the help of the command or topic that these words name by oclif's help, without oclif's configuration, which
 * alone knows plugins; returns the exit code. undefined: the words ask for no help, or name nothing.
 */
export async function commandHelp(args: readonly string[], io: CommandIo): Promise<number | undefined> {
  const config = manifestConfig();
  const found = lookUp(args, config.commandIDs);
  const subject = found !== undefined && 'unknown' in found ? undefined : helpSubject(args, found);
  if (subject === undefined) return undefined;
  const create = config.findCommand('create', { must: true });
  if (subject[0] === create.id) {
    const { helpOfCreate } = await import('../create-help.js');
    Object.assign(create, await helpOfCreate(create, subject, io));
  }
  await new SwarmupHelp(config).showHelp([...subject]);
  return 0;
}

/** What oclif's help reads of its configuration. */
function manifestConfig(): Interfaces.Config {
  const manifest = readJson('oclif.manifest.json') as { commands: Readonly<Record<string, Command.Loadable>> };
  const pjson = readJson('package.json') as Interfaces.PJSON;
  // What would be computed are defaults that the help does not show (`defaultHelp`).
  const commands: Command.Loadable[] = Object.values(manifest.commands).map((command) => ({
    ...command,
    hasDynamicHelp: false,
  }));
  const topics: Interfaces.Topic[] = Object.entries(pjson.oclif.topics ?? {}).map(([name, topic]) => ({
    name,
    ...topic,
  }));
  addDriverCommands(
    {
      hasCommand: (id) => Object.hasOwn(manifest.commands, id),
      add: (topic, added) => {
        topics.push(topic);
        commands.push(...added);
      },
    },
    builtInDrivers.map(({ declaration }) => declaration),
  );
  // oclif counts commands among them, and leaves out those that have nothing below.
  const all: Interfaces.Topic[] = [
    ...topics,
    ...commands.map(({ id, summary }) => ({ name: id, description: summary })),
  ];
  const config = {
    pjson,
    bin: pjson.oclif.bin,
    topicSeparator: pjson.oclif.topicSeparator,
    platform: process.platform,
    plugins: new Map<string, never>(),
    commands,
    commandIDs: commands.map(({ id }) => id),
    topics: all,
    findCommand: (wanted: string): Command.Loadable | undefined => commands.find(({ id }) => id === wanted),
    findTopic: (wanted: string) => all.find(({ name }) => name === wanted),
  };
  return config as unknown as Interfaces.Config;
}

const readJson = (file: string): unknown => JSON.parse(readFileSync(inPackage(file), 'utf8'));
