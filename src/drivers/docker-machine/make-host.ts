import { access } from 'node:fs/promises';
import { SwarmupError } from '../../lib/errors.js';
import type { CreateContext, DriverContext, HostDescription, OptionValues } from '../driver.js';
import { pluginValues } from './declaration.js';
import { describeHost, hostState } from './host-description.js';
import { hostRecord, type HostRecord, type PluginState } from './host-record.js';
import { type PluginProgram, runPlugin, type RunningPlugin } from './run-plugin.js';

const createTimeoutMs = 60 * 60_000;
/** Of what a plugin asks its cloud to do with a host that is there. */
export const actTimeoutMs = 15 * 60_000;

/**
 * Makes a host by a plugin. One that an earlier try made is started; what is half made is cleaned away first, as a
 * plugin cannot go on with it. The plugin's record is on disk before anything is made and after, also when it fails.
 */
export async function makeHost(
  program: PluginProgram,
  context: CreateContext<PluginState>,
  name: string,
  state: PluginState | undefined,
): Promise<HostDescription> {
  context.signal.throwIfAborted();
  const record = hostRecord(context, name);
  const found = await record.current();
  const adopted = found === undefined ? undefined : await adopt(program, context, record, found, state?.made === true);
  if (adopted !== undefined) {
    if (state?.made !== true) await context.save({ name, made: true });
    return adopted;
  }
  const initial = await record.initial();
  return runPlugin(program, context, async (plugin) => {
    const config = initial ?? (await configure(program, plugin, record, context.options));
    plugin.hide(config);
    if (initial !== undefined) await plugin.setConfig(initial);
    await record.keep(config, 'initial');
    await context.save({ name, made: false });
    await keepWhatIsMade(plugin, record, context.signal);
    await context.save({ name, made: true });
    return describeHost(plugin);
  });
}

/** Tells the plugin whose host it is and the values of its flags. Returns its record, which holds them all. */
export async function configure(
  { driver }: PluginProgram,
  plugin: RunningPlugin,
  record: HostRecord,
  options: OptionValues,
): Promise<string> {
  plugin.hide(JSON.stringify(options));
  await plugin.setConfig(await record.blank());
  await plugin.setFlags(pluginValues(driver, await plugin.flags(), options));
  return plugin.config();
}

/** What exists when the making fails costs money all the same, and must be found again. */
async function keepWhatIsMade(plugin: RunningPlugin, record: HostRecord, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  try {
    await plugin.act('Create', createTimeoutMs);
  } finally {
    const config = await plugin.config().catch(() => undefined);
    if (config !== undefined) await record.keep(config);
  }
}

/** The host of an earlier try, running; undefined: there is none (any more). */
async function adopt(
  program: PluginProgram,
  context: DriverContext,
  record: HostRecord,
  config: string,
  wasMade: boolean,
): Promise<HostDescription | undefined> {
  return runPlugin(program, context, async (plugin) => {
    plugin.hide(config);
    await plugin.setConfig(config);
    // What cannot be asked about is cleaned away only when it was never whole.
    const state = await hostState(plugin).catch((error: unknown) => {
      if (wasMade) throw error;
      return 'error' as const;
    });
    const isThere = state === 'running' || state === 'stopped' || state === 'paused';
    if (isThere && (wasMade || (await hasKey(plugin)))) {
      if (state !== 'running') await plugin.act('Start', actTimeoutMs);
      await record.keep(await plugin.config());
      return describeHost(plugin);
    }
    await removeHost(plugin, context);
    return undefined;
  });
}

async function hasKey(plugin: RunningPlugin): Promise<boolean> {
  const path = await plugin.text('GetSSHKeyPath');
  if (path === '') return false;
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Removes what the plugin's record tells of; fine when it is gone. */
export async function removeHost(plugin: RunningPlugin, context: DriverContext): Promise<void> {
  try {
    await plugin.act('Remove', actTimeoutMs);
  } catch (error) {
    context.signal.throwIfAborted();
    if (!isAbsent(error)) throw error;
    context.log('the host no longer existed');
  }
}

/** Plugins tell by words only that what they should remove is not there. */
const isAbsent = (error: unknown): boolean =>
  error instanceof SwarmupError &&
  error.code === 'PLUGIN_ERROR' &&
  /\bnot found\b|does not exist|\b404\b/i.test(error.message);
