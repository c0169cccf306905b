import { Args, Command, type Config, type Interfaces } from '@oclif/core';
import { usageError } from '../lib/errors.js';
import { type ArgDeclaration, argValues, type NameKind } from './arg-declaration.js';
import { type AnyWords, type CommandDefinition, type CommandTools, type QuickTools, runCommand } from './command.js';
import { CommandConfig } from './command-config.js';
import { openSession } from './command-session.js';
import * as define from './define-command.js';
import { flagsOf } from './command-line.js';
import { wantsJson } from './failure.js';
import { flagValues } from './flag-declaration.js';
import { globalFlags } from './global-flags.js';
import { oclifFlags } from './oclif-flags.js';
import { parseFailure } from './parse-failure.js';
import { locate } from './located-words.js';
import { jsonText } from './render/json-text.js';
import { swarmFlag } from './swarm-flags.js';
import { swarmHere } from './swarm-here.js';

/** What all commands share. Errors are left to `main`, the one place that prints them. */
abstract class DefinedCommand extends Command {
  // Its own --json would have oclif's words.
  static override enableJsonFlag = false;

  protected abstract readonly definition: CommandDefinition;

  /** oclif's own method would load its configuration again, and our configuration with the process would be lost. */
  static override async run<T extends Command>(
    this: new (argv: string[], config: Config) => T,
    argv: string[] = [],
    config?: unknown,
  ): Promise<ReturnType<T['run']>> {
    const command = new this(argv, CommandConfig.of(config));
    return (command as unknown as { _run(): Promise<ReturnType<T['run']>> })._run();
  }

  override jsonEnabled(): boolean {
    return this.definition.json && wantsJson(this.argv);
  }

  /** Without a result everything was printed as it came. */
  override logJson(json: unknown): void {
    if (json !== undefined) CommandConfig.of(this.config).io.print(jsonText(json));
  }

  /** The same error and exit code with and without `--json`: oclif would print and code it here. */
  protected override catch(error: Error): Promise<never> {
    return Promise.reject(parseFailure(error, this.ctor) ?? error);
  }

  async run(): Promise<unknown> {
    const config = CommandConfig.of(this.config);
    // oclif's parser replaces `this.argv` by what it was given to parse.
    const [argv, json] = [this.argv, this.jsonEnabled()];
    const typed = await this.words(openSession(config, argv, json));
    const { scope, words } = await locate(this.definition, typed, config.io);
    const tools = openSession(config, argv, json, scope);
    const shown = await runCommand(this.definition, { ...tools, ...words });
    if (shown === undefined) return undefined;
    if (shown.exitCode !== undefined) tools.exitWith(shown.exitCode);
    tools.print(shown.text);
    return shown.result;
  }

  /** A swarm that was not named is the one that is meant here. */
  private async words(tools: CommandTools): Promise<AnyWords> {
    const { read, args } = this.definition;
    const { argv, flags: more } = (await read?.(tools)) ?? { argv: this.argv };
    const flags = { ...this.definition.flags, ...more };
    refuseValues(flags, argv);
    const input = { args: this.ctor.args, flags: oclifFlags(flags), baseFlags: this.ctor.baseFlags };
    const parsed = await this.parse<Record<string, unknown>, Record<string, unknown>, Record<string, unknown>>(input, [
      ...argv,
    ]);
    const given = { ...parsed.flags };
    if (flags['swarm'] === swarmFlag && parsed.metadata.flags['swarm']?.setFromDefault === true)
      given['swarm'] = await swarmHere(tools.io);
    return { args: argValues(args, parsed.args), flags: flagValues(flags, given), given };
  }
}

/** The oclif class of a command. */
export function oclifCommand(definition: CommandDefinition | CommandDefinition<QuickTools>): Command.Class {
  return class extends DefinedCommand {
    static override summary = definition.summary;
    static override description = definition.description;
    static override examples = [...definition.examples];
    static override args = oclifArgs(definition.args);
    static override flags: Interfaces.FlagInput = oclifFlags(definition.flags);
    static override baseFlags = oclifFlags(definition.json ? globalFlags : { debug: globalFlags.debug });
    /** For completion; oclif keeps it in its manifest. */
    static names = namesIn(definition);
    /** For the test of the surface. */
    static kind = definition.kind;
    static because = definition.because;
    static override usage: string | undefined = definition.usage;

    protected readonly definition = definition as CommandDefinition;
  };
}

/** The oclif class of what such a writer of definitions makes. */
const asClass =
  <Written extends readonly unknown[]>(write: (...written: Written) => CommandDefinition) =>
  (...written: Written): Command.Class =>
    oclifCommand(write(...written));

export const lists = asClass(define.lists);
export const shows = asClass(define.shows);
export const changes = asClass(define.changes);
export const changesAtOnce = asClass(define.changesAtOnce);
export const destroys = asClass(define.destroys);

function namesIn({ args, flags }: Pick<CommandDefinition, 'args' | 'flags'>): Readonly<Record<string, NameKind>> {
  const named = [...Object.entries(args), ...Object.entries(flags).map(([name, flag]) => [`--${name}`, flag] as const)];
  return Object.fromEntries(named.flatMap(([word, { names }]) => (names === undefined ? [] : [[word, names]])));
}

export const oclifArgs = (declarations: Readonly<Record<string, ArgDeclaration>>): Interfaces.ArgInput =>
  Object.fromEntries(Object.entries(declarations).map(([name, declaration]) => [name, oclifArg(declaration)]));

function oclifArg({ description, many, required, choices, default: value }: ArgDeclaration): Interfaces.Arg<unknown> {
  const shared = { description, ...(choices !== undefined && { options: [...choices] }) };
  if (many !== true) {
    const one = { ...shared, required: required ?? false, ...(typeof value === 'string' && { default: value }) };
    return Args.string(one) as Interfaces.Arg<unknown>;
  }
  if (required === true) return Args.string({ ...shared, multiple: true, required }) as Interfaces.Arg<unknown>;
  // What none means is for the description to tell: oclif would say `[default: ]`.
  const absent = { default: [value ?? []].flat(), defaultHelp: () => Promise.resolve(undefined) };
  return Args.string({ ...shared, ...absent, multiple: true }) as Interfaces.Arg<unknown>;
}

/** oclif takes what follows the = of a flag without a value for a word of its own: `--yes=agent1` would name a host. */
function refuseValues(flags: Readonly<Record<string, { readonly type: string }>>, argv: readonly string[]): void {
  for (const word of flagsOf(argv)) {
    const [, name = ''] = /^--(?:no-)?([\w-]+)=/.exec(word) ?? [];
    if (['json', 'debug'].includes(name) || flags[name]?.type === 'boolean')
      throw usageError('USAGE', `--${name} takes no value`, `leave out ${word.slice(word.indexOf('='))}`);
  }
}
