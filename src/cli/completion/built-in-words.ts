import { builtInDrivers } from '../../drivers/built-in.js';
import type { CommandWords } from './command-manifest.js';
import { withDriverCommands } from './driver-commands.js';

/** What the build adds to dist/words.jsonl: the commands of the built-in drivers, with a topic for each driver. */
export function builtInWords(): CommandWords {
  const drivers = builtInDrivers.map(({ declaration }) => declaration);
  const withCommands = drivers.filter(({ commands }) => commands !== undefined);
  return {
    topics: Object.fromEntries(
      withCommands.map(({ name, commands }) => [name, { description: commands?.about ?? '' }]),
    ),
    commands: withDriverCommands({ commands: {} }, drivers).commands,
  };
}
