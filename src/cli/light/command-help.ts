import type { Command, Interfaces } from '@oclif/core';
import { builtInDrivers } from '../../drivers/built-in.js';
import type { CommandIo } from '../command-io.js';
import { addDriverCommands } from '../driver-commands.js';
import { SwarmupHelp } from '../help.js';
import type { PackageFiles } from './package-files.js';

/** Prints the help of a command or a topic by oclif's help, without oclif's configuration: it knows no plugins. */
export async function commandHelp(subject: readonly string[], files: PackageFiles, io: CommandIo): Promise<void> {
  const config = manifestConfig(files);
  const create = config.findCommand('create', { must: true });
  if (subject[0] === create.id) {
    const { helpOfCreate } = await import('../create-help.js');
    Object.assign(create, await helpOfCreate(create, subject, io));
  }
  await new SwarmupHelp(config).showHelp([...subject]);
}

/** What oclif's help reads of its configuration. */
function manifestConfig({ manifest, pjson }: PackageFiles): Interfaces.Config {
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
