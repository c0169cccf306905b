import { Config, type Interfaces } from '@oclif/core';
import type { CommandIo } from './command-io.js';
import { loadDrivers, type LoadedDrivers } from './load-drivers.js';

/** oclif's configuration with what is ours: how commands reach the process, and the drivers. */
export class CommandConfig extends Config {
  /** What the process ends with when no error says otherwise. */
  exitCode = 0;
  #drivers: Promise<LoadedDrivers> | undefined;

  constructor(
    options: Interfaces.Options,
    readonly io: CommandIo,
  ) {
    super(options);
  }

  /** The built-in drivers and those of plugins; asked for once. */
  drivers(): Promise<LoadedDrivers> {
    return (this.#drivers ??= loadDrivers(this));
  }

  /** The configuration that `main` made. Commands of swarmup run under no other. */
  static of(config: unknown): CommandConfig {
    if (config instanceof CommandConfig) return config;
    throw new Error('commands of swarmup are run by main()');
  }
}
