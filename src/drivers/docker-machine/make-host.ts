import { access } from 'node:fs/promises';
import { SwarmupError } from '../../lib/errors.js';
import type { CreateContext, DriverContext, HostDescription, OptionValues } from '../driver.js';
import { pluginValues } from './declaration.js';
import { describeHost, hostState } from './host-description.js';
import { hostRecord, type HostRecord, type PluginState } from './host-record.js';
import { type PluginProgram, runPlugin, type RunningPlugin } from './run-plugin.js';

const createTimeoutMs = 60 * 60_000;
/** The longest time that a plugin may take for an action on an existing host. */
export const actTimeoutMs = 15 * 60_000;

/**
 * Makes a host with a plugin. The host of an earlier attempt is started; an incomplete host is removed first, because a
 * plugin cannot continue with it. The plugin's record is written to disk before anything is made and afterwards, even
 * after a failure.
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

/**
 * Passes the host and the values of its flags to the plugin. Returns the plugin's record, which contains all of them.
 */
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

/** The objects of a failed creation still cost money, so they must be found again. */
async function keepWhatIsMade(plugin: RunningPlugin, record: HostRecord, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  try {
    await plugin.act('Create', createTimeoutMs);
  } finally {
    const config = await plugin.config().catch(() => undefined);
    if (config !== undefined) await record.keep(config);
  }
}

/** The running host of an earlier attempt; undefined: it does not exist (any longer). */
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

/** Removes the objects in the plugin's record; it is not an error if they no longer exist. */
export async function removeHost(plugin: RunningPlugin, context: DriverContext): Promise<void> {
  try {
    await plugin.act('Remove', actTimeoutMs);
  } catch (error) {
    context.signal.throwIfAborted();
    if (!isAbsent(error)) throw error;
    context.log('the host no longer existed');
  }
}

/** Only the words of a plugin's error show that the object to remove does not exist. */
const isAbsent = (error: unknown): boolean =>
  error instanceof SwarmupError &&
  error.code === 'PLUGIN_ERROR' &&
  /\bnot found\b|does not exist|\b404\b/i.test(error.message);
