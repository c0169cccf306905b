import { builtInDrivers } from '../../drivers/built-in.js';
import { createRegistry, type DriverRegistry } from '../../drivers/registry.js';
import type { CommandIo } from '../command-io.js';
import { type CommandDefinition, type QuickTools, runCommand } from '../command.js';
import { openContext } from '../context.js';
import { reportFailure, wantsDebug, wantsJson } from '../failure.js';
import { locate } from '../located-words.js';
import { jsonText } from '../render/json-text.js';
import { parseLight } from './parse-light.js';

/**
 * Runs a command that only reads without oclif, and returns its exit code. undefined: nothing was printed, and oclif
 * must take over, because the arguments may be wrong, or a host's driver comes from a plugin. So a command line that
 * the quick way does not understand can start again the usual way.
 */
export async function runLight(
  command: CommandDefinition<QuickTools>,
  argv: readonly string[],
  io: CommandIo,
): Promise<number | undefined> {
  const words = parseLight(command, argv.slice(1));
  if (words === undefined) return undefined;
  const style = { json: wantsJson(argv), debug: wantsDebug(argv, io.env) };
  const drivers = watchRegistry(createRegistry(builtInDrivers));
  const { signal } = drivers;
  try {
    if (command.isQuick?.(words.args) === false) return undefined;
    const { scope, words: located } = await locate(command, words, io);
    const operate: QuickTools['operate'] = (_, work) =>
      work(openContext(io, { drivers, report: () => undefined, signal, scope }));
    const shown = await runCommand(command, { ...located, io, json: style.json, operate });
    if (signal.aborted || shown === undefined) return undefined;
    io.print(style.json ? jsonText(shown.result) : shown.text);
    return shown.exitCode ?? 0;
  } catch (error) {
    return signal.aborted ? undefined : reportFailure(io, error, style);
  }
}

/**
 * Plugins are found by oclif, so a driver that is not built in may still exist. Its signal fires then: nothing that is
 * asked for has to be waited for twice.
 */
function watchRegistry(registry: DriverRegistry): DriverRegistry & { readonly signal: AbortSignal } {
  const missed = new AbortController();
  return {
    ...registry,
    get: (name) => {
      if (!registry.declarations.some((declaration) => declaration.name === name)) missed.abort();
      return registry.get(name);
    },
    signal: missed.signal,
  };
}
