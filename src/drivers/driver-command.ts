import type { DriverCommand, DriverDeclaration, OptionDeclarations } from './driver.js';

/** The ID of a command: `acme:check` is `swarmup acme check`. */
export const commandId = (driver: DriverDeclaration, command: DriverCommand): string =>
  `${driver.name}:${command.name}`;

/** The driver's options that a command takes. */
export function optionsOf({ options }: DriverDeclaration, { options: taken = [] }: DriverCommand): OptionDeclarations {
  if (taken === 'all') return options;
  return Object.fromEntries(Object.entries(options).filter(([name]) => taken.includes(name)));
}
