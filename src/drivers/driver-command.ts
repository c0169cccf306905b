import type { DriverCommand, DriverDeclaration, OptionDeclarations } from './driver.js';

/** The ID of a command: `acme:check` is `swarmup acme check`. */
export const commandId = (driver: DriverDeclaration, command: DriverCommand): string =>
  `${driver.name}:${command.name}`;

/** What its words name, as completion looks it up: drivers declare no kinds, but these words have one meaning everywhere. */
export const namesOf = ({ words, flags = {} }: DriverCommand): Readonly<Record<string, 'hosts' | 'swarms'>> => ({
  ...(words?.name === 'name' && { name: 'hosts' as const }),
  ...('swarm' in flags && { '--swarm': 'swarms' as const }),
});

/** The driver's options that a command takes. */
export function optionsOf({ options }: DriverDeclaration, { options: taken = [] }: DriverCommand): OptionDeclarations {
  if (taken === 'all') return options;
  return Object.fromEntries(Object.entries(options).filter(([name]) => taken.includes(name)));
}
