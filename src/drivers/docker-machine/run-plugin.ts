import { SwarmupError } from '../../lib/errors.js';
import type { DriverContext } from '../driver.js';
import { secretsOf } from './host-record.js';
import { type DriverPlugin, withPlugin } from './plugin.js';

/** Which program a driver is. */
export interface PluginProgram {
  readonly driver: string;
  readonly binary: string;
  readonly onlyLooks?: boolean;
}

/** A running plugin that was given to one verb. */
export interface RunningPlugin extends DriverPlugin {
  /** What this record calls secret is not shown from now on. */
  readonly hide: (config: string) => void;
}

/**
 * Runs `use` with the plugin. The plugin's output goes to the progress display and into errors, without the values that
 * its records mark as secret. Errors: those of `withPlugin`.
 */
export async function runPlugin<T>(
  program: PluginProgram,
  context: DriverContext,
  use: (plugin: RunningPlugin) => Promise<T>,
): Promise<T> {
  let secrets: readonly string[] = [];
  const shown = (text: string): string => secrets.reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
  const hide = (config: string): void => {
    secrets = [...new Set([...secrets, ...secretsOf(config)])];
  };
  const { env, signal } = context;
  const onLine = (line: string): void => {
    context.log(shown(line.replace(/^\([^)]*\) /, '')));
  };
  try {
    return await withPlugin({ ...program, env, signal, onLine }, (plugin) => use({ ...plugin, hide }));
  } catch (error) {
    if (!(error instanceof SwarmupError) || shown(error.message) === error.message) throw error;
    // Without the cause, which has the same text.
    throw new SwarmupError(error.code, shown(error.message), { hints: error.hints, exitCode: error.exitCode });
  }
}
