import type { Command } from '@oclif/core';
import { CommandConfig } from '../../src/cli/command-config.js';
import { addDriverCommands } from '../../src/cli/driver-commands.js';
import { builtInDrivers } from '../../src/drivers/built-in.js';
import { fakeIo } from '../support/fake-io.js';

/** All commands of the built program in `root`, with those of the built-in drivers, by their IDs. */
export async function loadedCommands(root: string): Promise<readonly Command.Loadable[]> {
  const config = new CommandConfig({ root, userPlugins: false }, fakeIo());
  await config.load();
  addDriverCommands(
    config,
    builtInDrivers.map(({ declaration }) => declaration),
  );
  return [...config.commands].sort((a, b) => (a.id < b.id ? -1 : 1));
}
