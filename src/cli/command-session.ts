import { SwarmupError } from '../lib/errors.js';
import { exitCodes } from '../lib/exit-codes.js';
import type { CommandTools, OperateOptions } from './command.js';
import type { CommandConfig } from './command-config.js';
import { type CommandContext, openContext } from './context.js';
import { flagsOf } from './command-line.js';
import { wantsDebug } from './failure.js';
import { watchInterrupts, withHints } from './interrupts.js';
import { chooseView } from './reporters/choose-view.js';

/** What one call of a command is given to work with. */
export function openSession(
  settings: CommandConfig,
  argv: readonly string[],
  json: boolean,
  scope?: string,
): CommandTools {
  const { io } = settings;
  return {
    io,
    json,
    argv,
    version: settings.version,
    dataDir: settings.dataDir,
    drivers: () => settings.drivers(),
    operate: (options, work) => operate({ settings, argv, json, scope }, options, work),
    print: (text) => {
      if (!json) io.print(text);
    },
    exitWith: (code) => {
      settings.exitCode = code;
    },
    approveLoss: async (flags, question, preview) => {
      if (flags.yes || flags['dry-run']) return;
      const loss = await preview();
      if (loss === undefined) return;
      io.say(loss);
      const { confirm } = await import('./prompts.js');
      if (await confirm(io, question, new AbortController().signal)) return;
      throw new SwarmupError('CANCELLED', 'nothing was changed');
    },
  };
}

interface Session {
  readonly settings: CommandConfig;
  readonly argv: readonly string[];
  readonly json: boolean;
  readonly scope: string | undefined;
}

async function operate<T>(
  { settings, argv, json, scope }: Session,
  options: OperateOptions,
  work: (context: CommandContext) => Promise<T>,
): Promise<T> {
  const { io } = settings;
  const debug = wantsDebug(argv, io.env);
  // A dry run shows its plan: there is no progress to be watched.
  const dryRun = flagsOf(argv).includes('--dry-run');
  const view = chooseView(io, { json, quiet: options.quiet ?? false, dryRun, debug });
  using interrupts = watchInterrupts(io, (message) => {
    // Without progress there is nothing that takes its time to stop; nor where Ctrl-C is the way to end it.
    if (options.quiet !== true && options.untilInterrupt !== true) view.report({ type: 'warning', message });
  });
  const { registry: drivers, warnings } = await settings.drivers();
  for (const message of warnings) view.report({ type: 'warning', message });
  await using context = openContext(io, { drivers, report: view.report, signal: interrupts.signal, scope });
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

/** After Ctrl-C, every error is a consequence of it, unless the operation explains better how to continue. */
function interruption(error: unknown, signal: AbortSignal, hints: readonly string[]): unknown {
  const codes: readonly number[] = [exitCodes.interrupted, exitCodes.terminated];
  if (error instanceof SwarmupError && codes.includes(error.exitCode) && error.hints.length > 0) return error;
  return signal.reason instanceof SwarmupError ? withHints(signal.reason, hints) : error;
}
