import { Config, type Command, type Interfaces } from '@oclif/core';
import type { CommandIo } from './command-io.js';
import { loadDrivers, type LoadedDrivers } from './load-drivers.js';

/** Commands by their ID (`swarm:status`), as the bundle has them. */
export type BundledCommands = Readonly<Record<string, () => Promise<{ readonly default: Command.Class }>>>;

/** oclif's configuration with what is ours: how commands reach the process, and the drivers. */
export class CommandConfig extends Config {
  /** What the process ends with when no error says otherwise. */
  exitCode = 0;
  #drivers: Promise<LoadedDrivers> | undefined;

  constructor(
    options: Interfaces.Options,
    readonly io: CommandIo,
    private readonly bundled: BundledCommands = {},
  ) {
    super(options);
  }

  override async load(): Promise<void> {
    await super.load();
    for (const command of this.commands) {
      const bundled = command.pluginName === this.name ? this.bundled[command.id] : undefined;
      if (bundled === undefined) continue;
      // What oclif adds to a class that it loads from a file.
      command.load = async () =>
        Object.assign((await bundled()).default, { id: command.id, plugin: this.plugins.get(this.name) });
    }
  }

  /** The built-in drivers and those of plugins; asked for once. */
  drivers(): Promise<LoadedDrivers> {
    return (this.#drivers ??= loadDrivers(this, this.io));
  }

  /** The configuration that `main` made. Commands of swarmup run under no other. */
  static of(config: unknown): CommandConfig {
    if (config instanceof CommandConfig) return config;
    throw new Error('commands of swarmup are run by main()');
  }
}
