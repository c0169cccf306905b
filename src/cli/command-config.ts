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
  readonly #added = new Map<string, Command.Loadable>();
  readonly #topics = new Map<string, Interfaces.Topic>();

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

  /** Commands that are in no file, below a topic. */
  add(topic: Interfaces.Topic, commands: readonly Command.Loadable[]): void {
    this.#topics.set(topic.name, topic);
    for (const command of commands) this.#added.set(command.id, command);
  }

  /** Whether `id` (`swarm:status`) is a command, or below one that takes the next word for its own. */
  hasCommand(id: string): boolean {
    const [topic = ''] = id.split(':');
    return this.commandIDs.includes(id) || this.commandIDs.includes(topic);
  }

  override get commands(): Command.Loadable[] {
    return [...super.commands, ...this.#added.values()];
  }

  override get commandIDs(): string[] {
    return this.commands.map(({ id }) => id);
  }

  /** Commands among them, as oclif has it: its help leaves out topics that have nothing below. */
  override get topics(): Interfaces.Topic[] {
    const commands = [...this.#added.values()].map(({ id }) => ({ name: id }));
    return [...super.topics, ...this.#topics.values(), ...commands];
  }

  override findCommand(id: string, options: { must: true }): Command.Loadable;
  override findCommand(id: string, options?: { must: boolean }): Command.Loadable | undefined;
  override findCommand(id: string, options?: { must: boolean }): Command.Loadable | undefined {
    return this.#added.get(id) ?? super.findCommand(id, options);
  }

  override findTopic(id: string, options: { must: true }): Interfaces.Topic;
  override findTopic(id: string, options?: { must: boolean }): Interfaces.Topic | undefined;
  override findTopic(id: string, options?: { must: boolean }): Interfaces.Topic | undefined {
    return this.#topics.get(id) ?? super.findTopic(id, options);
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
