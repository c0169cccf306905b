import { builtInDrivers } from '../../drivers/built-in.js';
import { createRegistry, type DriverRegistry } from '../../drivers/registry.js';
import type { CommandIo } from '../command-io.js';
import { openContext } from '../context.js';
import { reportFailure, wantsDebug, wantsJson } from '../failure.js';
import { jsonText } from '../render/json-text.js';
import { namesOf, type LightCommand } from './light-command.js';
import { parseLight } from './parse-light.js';

/**
 * Runs a light command without oclif and returns its exit code. undefined: nothing was printed, and oclif must take
 * over, because its arguments are not plainly right, or a host's driver comes from a plugin.
 */
export async function runLight(
  command: LightCommand,
  argv: readonly string[],
  io: CommandIo,
): Promise<number | undefined> {
  const input = parseLight(command, argv.slice(1));
  if (input === undefined) return undefined;
  const style = { json: wantsJson(argv), debug: wantsDebug(argv, io.env) };
  const drivers = watchRegistry(createRegistry(builtInDrivers));
  const { signal } = drivers;
  try {
    if (command.isQuick?.(input.names) === false) return undefined;
    const context = openContext(io, { drivers, report: () => undefined, signal });
    const names = await namesOf(command, input.names, context);
    const call = { ...input, names, context, io, json: style.json };
    const result = await command.run(call);
    if (signal.aborted) return undefined;
    io.print(style.json ? jsonText(result) : command.render(result, call));
    return 0;
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
