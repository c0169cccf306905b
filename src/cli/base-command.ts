import { Command, Flags, type Config, type Interfaces } from '@oclif/core';
import { SwarmupError, usageError } from '../lib/errors.js';
import { exitCodes } from '../lib/exit-codes.js';
import { CommandConfig } from './command-config.js';
import type { CommandIo } from './command-io.js';
import { parseFailure } from './parse-failure.js';
import { openContext, type CommandContext } from './context.js';
import { flagsOf } from './command-line.js';
import { wantsDebug, wantsJson } from './failure.js';
import { flagValues } from './flag-declaration.js';
import { globalFlags } from './global-flags.js';
import { watchInterrupts, withHints } from './interrupts.js';
import { jsonText } from './render/json-text.js';
import { type GivenListFlags, listFlags, listView, type Listing, type ListView } from './render/listing.js';
import { chooseView } from './reporters/choose-view.js';
import { swarmFlag } from './swarm-flags.js';
import { swarmHere } from './swarm-here.js';

interface OperateOptions {
  readonly quiet?: boolean;
  /** What to type after Ctrl-C, where the operation does not know better. */
  readonly afterInterrupt?: readonly string[];
  /** Ctrl-C is how it ends, not a failure: the operation resolves then. */
  readonly untilInterrupt?: boolean;
}

type Output = Record<string, unknown>;
type Inherited<F extends Output, B extends Output, A extends Output> = Required<
  Pick<Interfaces.Input<F, B, A>, 'args' | 'flags' | 'baseFlags' | 'enableJsonFlag'>
>;

/**
 * What all commands share. A command parses, runs one operation and returns its result, which `--json` prints as it
 * is. Errors are left to `main`, the one place that prints them.
 */
export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true;
  static override baseFlags = {
    debug: Flags.boolean({ description: globalFlags.debug.description, helpGroup: 'GLOBAL' }),
  };

  /** oclif's own would load its configuration anew, and ours with the process in it would be lost. */
  static override async run<T extends Command>(
    this: new (argv: string[], config: Config) => T,
    argv: string[] = [],
    config?: unknown,
  ): Promise<ReturnType<T['run']>> {
    const command = new this(argv, CommandConfig.of(config));
    return (command as unknown as { _run(): Promise<ReturnType<T['run']>> })._run();
  }

  /** A swarm that was not named is the one that is meant here. */
  protected override async parse<F extends Output, B extends Output, A extends Output>(
    options?: Interfaces.Input<F, B, A>,
    argv?: string[],
  ): Promise<Interfaces.ParserOutput<F, B, A>> {
    const flags: Interfaces.FlagInput = { ...this.ctor.baseFlags, ...(options ?? this.ctor).flags };
    refuseValues(flags, argv ?? this.argv);
    const parsed = await super.parse(options, argv);
    const declared: unknown = flags['swarm'];
    if (declared === swarmFlag && parsed.metadata.flags['swarm']?.setFromDefault === true)
      Object.assign(parsed.flags, { swarm: await swarmHere(this.io) });
    return parsed;
  }

  protected get settings(): CommandConfig {
    return CommandConfig.of(this.config);
  }

  protected get io(): CommandIo {
    return this.settings.io;
  }

  override jsonEnabled(): boolean {
    return this.ctor.enableJsonFlag && wantsJson(this.argv);
  }

  /** Without a result everything was printed as it came. */
  override logJson(json: unknown): void {
    if (json !== undefined) this.io.print(jsonText(json));
  }

  /** The same error and exit code with and without `--json`: oclif would print and code it here. */
  protected override catch(error: Error): Promise<never> {
    return Promise.reject(parseFailure(error, this.ctor) ?? error);
  }

  /** Parses for a class that others extend, by name: oclif copies own properties only, and subclasses inherit theirs. */
  protected parseAs<F extends Output, B extends Output, A extends Output>({
    args,
    flags,
    baseFlags,
    enableJsonFlag,
  }: Inherited<F, B, A>): Promise<Interfaces.ParserOutput<F, B, A>> {
    return this.parse({ args, flags, baseFlags, enableJsonFlag });
  }

  /** Prints the result as text; with `--json` oclif prints what `run` returned. */
  protected print(text: string): void {
    if (!this.jsonEnabled()) this.io.print(text);
  }

  /** How the list is to be shown. Errors: those of `listView`, before anybody is asked for rows. */
  protected view<Row>(listing: Listing<Row>, flags: GivenListFlags): ListView<Row> {
    return listView(listing, flagValues(listFlags(listing), { ...flags }), { json: this.jsonEnabled() });
  }

  /**
   * Prints the rows that are wanted, and below a table its notes; where there is nothing at all, `empty` instead of a
   * table. Returns the result with the wanted rows only.
   */
  protected showList<Row, K extends string, R extends Readonly<Record<K, readonly Row[]>>>(
    view: ListView<Row>,
    result: R,
    key: K,
    { notes, empty }: { readonly notes?: (shown: R) => string; readonly empty?: string } = {},
  ): R {
    const rows = result[key].filter(view.keep);
    const shown = { ...result, [key]: rows };
    const text = result[key].length === 0 && empty !== undefined ? `${empty}\n` : view.text(rows);
    this.print(view.isTable ? `${text}${notes?.(shown) ?? ''}` : view.text(rows));
    return shown;
  }

  /**
   * Asks before something is lost, unless `--yes` says not to ask or `--dry-run` that nothing is done. `preview` tells
   * what would be lost, by a dry run of the same; undefined: nothing. Errors: those of the preview; CANCELLED;
   * CONFIRMATION_NEEDED (exit 2) where nobody can answer.
   */
  protected async approveLoss(
    flags: { readonly yes: boolean; readonly 'dry-run': boolean },
    question: string,
    preview: () => Promise<string | undefined>,
  ): Promise<void> {
    if (flags.yes || flags['dry-run']) return;
    const loss = await preview();
    if (loss === undefined) return;
    this.io.say(loss);
    const { confirm } = await import('./prompts.js');
    if (await confirm(this.io, question, new AbortController().signal)) return;
    throw new SwarmupError('CANCELLED', 'nothing was changed');
  }

  /** The command goes on to return its result, but the process ends with `code`. */
  protected exitWith(code: number): void {
    this.settings.exitCode = code;
  }

  /** Runs an operation with progress on stderr; the first Ctrl-C stops it. Errors: INTERRUPTED, TERMINATED. */
  protected async operate<T>(options: OperateOptions, work: (context: CommandContext) => Promise<T>): Promise<T> {
    const debug = wantsDebug(this.argv, this.io.env);
    // A dry run shows its plan: there is no progress to be watched.
    const dryRun = flagsOf(this.argv).includes('--dry-run');
    const choice = { json: this.jsonEnabled(), quiet: options.quiet ?? false, dryRun, debug };
    const view = chooseView(this.io, choice);
    using interrupts = watchInterrupts(this.io, (message) => {
      // Without progress there is nothing that takes its time to stop; nor where Ctrl-C is the way to end it.
      if (options.quiet !== true && options.untilInterrupt !== true) view.report({ type: 'warning', message });
    });
    const { registry: drivers, warnings } = await this.settings.drivers();
    for (const message of warnings) view.report({ type: 'warning', message });
    await using context = openContext(this.io, { drivers, report: view.report, signal: interrupts.signal });
    try {
      const result = await work(context);
      if (options.untilInterrupt !== true) interrupts.signal.throwIfAborted();
      return result;
    } catch (error) {
      throw interrupts.signal.aborted ? interruption(error, interrupts.signal, options.afterInterrupt ?? []) : error;
    } finally {
      await view.close();
    }
  }
}

/** oclif takes what follows the = of a flag without a value for a word of its own: `--yes=agent1` would name a host. */
function refuseValues(flags: Interfaces.FlagInput, argv: readonly string[]): void {
  for (const word of flagsOf(argv)) {
    const [, name = ''] = /^--(?:no-)?([\w-]+)=/.exec(word) ?? [];
    if (name === 'json' || flags[name]?.type === 'boolean')
      throw usageError('USAGE', `--${name} takes no value`, `leave out ${word.slice(word.indexOf('='))}`);
  }
}

/** After Ctrl-C whatever went wrong is its consequence, unless the operation tells better how to go on. */
function interruption(error: unknown, signal: AbortSignal, hints: readonly string[]): unknown {
  const codes: readonly number[] = [exitCodes.interrupted, exitCodes.terminated];
  if (error instanceof SwarmupError && codes.includes(error.exitCode) && error.hints.length > 0) return error;
  return signal.reason instanceof SwarmupError ? withHints(signal.reason, hints) : error;
}
