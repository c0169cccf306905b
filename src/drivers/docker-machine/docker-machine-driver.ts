import { messageOf, SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import { swarmup } from '../../lib/typed-command.js';
import type { Driver, DriverContext, DriverDeclaration, HostStatus, Problem } from '../driver.js';
import { pluginOptions } from './declaration.js';
import { describeHost, hostState, stateNames, waitForState } from './host-description.js';
import { hostRecord, type PluginState } from './host-record.js';
import { actTimeoutMs, configure, makeHost, removeHost } from './make-host.js';
import { withPlugin } from './plugin.js';
import { type PluginProgram, runPlugin, type RunningPlugin } from './run-plugin.js';

const checkTimeoutMs = 5 * 60_000;

/** The declaration of a plugin with the flags that it reports. Starts the plugin. Errors: those of `withPlugin`. */
export async function describePlugin(
  declaration: DriverDeclaration,
  binary: string,
  env: DriverContext['env'],
): Promise<DriverDeclaration> {
  const signal = AbortSignal.timeout(checkTimeoutMs);
  const plugin = { binary, driver: declaration.name, env, signal, onLine: () => undefined };
  return { ...declaration, options: pluginOptions(await withPlugin(plugin, (running) => running.flags())) };
}

/**
 * A docker-machine plugin as a driver. Each verb starts the plugin, passes its record of the host to it, and stores the
 * changed record. Errors: PLUGIN_ERROR with the plugin's own words; PLUGIN_BROKEN, PLUGIN_LOST, PLUGIN_VERSION.
 */
export function dockerMachineDriver(declaration: DriverDeclaration, binary: string): Driver<PluginState> {
  const program = { binary, driver: declaration.name };
  return {
    ...declaration,
    check: (context, names) => check(program, context, names),
    create: (context, host, state) => makeHost(program, context, host.name, state),
    inspect: (context, states) => Promise.all(states.map((state) => inspect(program, context, state))),
    start: (context, { name }) =>
      withHost(program, context, name, async (plugin) => {
        if ((await hostState(plugin)) !== 'running') await plugin.act('Start', actTimeoutMs);
        await waitForState(plugin, context.signal, name, 'running');
        return describeHost(plugin);
      }),
    stop: (context, { name }, { force }) =>
      withHost(program, context, name, async (plugin) => {
        if ((await hostState(plugin)) === 'stopped') return;
        await plugin.act(force ? 'Kill' : 'Stop', actTimeoutMs);
        await waitForState(plugin, context.signal, name, 'stopped');
      }),
    remove: (context, { name }) => remove(program, context, name),
    stateFromOutside: async (state, host) => (await import('./outside-state.js')).pluginState(state, host),
  };
}

/** Runs `use` on a host that was made, and keeps what the plugin knows of it afterwards. */
async function withHost<T>(
  program: PluginProgram,
  context: DriverContext,
  name: string,
  use: (plugin: RunningPlugin) => Promise<T>,
): Promise<T> {
  const record = hostRecord(context, name);
  const config = await record.current();
  if (config === undefined)
    throw new SwarmupError('PLUGIN_RECORD_LOST', `the data that the plugin stored about ${name} no longer exists`, {
      host: name,
      hints: [swarmup`rm --force ${name}`, 'check in your cloud account whether the host still exists'],
    });
  return runPlugin(program, context, async (plugin) => {
    plugin.hide(config);
    await plugin.setConfig(config);
    const result = await use(plugin);
    await record.keep(await plugin.config());
    return result;
  });
}

/** Each new host is checked with its own name, as docker-machine does before it makes one. */
async function check(
  program: PluginProgram,
  context: DriverContext,
  names: readonly string[],
): Promise<readonly Problem[]> {
  try {
    if (names.length === 0) await runPlugin(program, context, (plugin) => plugin.flags());
    await Promise.all(names.map((name) => checkHost(program, context, name)));
    return [{ severity: 'info', code: 'PLUGIN_FOUND', message: `plugin ${program.binary}`, hints: [] }];
  } catch (error) {
    context.signal.throwIfAborted();
    if (error instanceof SwarmupError && error.exitCode === exitCodes.usage) throw error;
    const [code, hints] = error instanceof SwarmupError ? [error.code, error.hints] : ['PLUGIN_BROKEN', []];
    return [{ severity: 'error', code, message: messageOf(error), hints }];
  }
}

async function checkHost(program: PluginProgram, context: DriverContext, name: string): Promise<void> {
  const record = hostRecord(context, name);
  // It was accepted by an earlier try, whose options only the plugin's record has.
  if ((await record.initial()) !== undefined) return;
  await runPlugin(program, context, async (plugin) => {
    plugin.hide(await configure(program, plugin, record, context.options));
    await plugin.act('PreCreateCheck', checkTimeoutMs);
  });
}

async function inspect(
  program: PluginProgram,
  context: DriverContext,
  state: PluginState | undefined,
): Promise<HostStatus> {
  const config = state === undefined ? undefined : await hostRecord(context, state.name).current();
  if (config === undefined) return { state: 'absent' };
  try {
    return await runPlugin({ ...program, onlyLooks: true }, context, async (plugin) => {
      plugin.hide(config);
      await plugin.setConfig(config);
      const number = await plugin.state();
      const found = stateNames[number] ?? 'error';
      // Its making was cut off; `create` looks whether it can be used.
      if (found === 'running' && state?.made !== true) return { state: 'starting' };
      if (found === 'running') return { state: found, description: await describeHost(plugin) };
      return found === 'error'
        ? { state: found, detail: `the plugin reports the unknown state ${number}` }
        : { state: found };
    });
  } catch (error) {
    context.signal.throwIfAborted();
    return { state: 'error', detail: messageOf(error) };
  }
}

async function remove(program: PluginProgram, context: DriverContext, name: string): Promise<void> {
  const record = hostRecord(context, name);
  const config = await record.current();
  if (config !== undefined)
    await runPlugin(program, context, async (plugin) => {
      plugin.hide(config);
      await plugin.setConfig(config);
      await removeHost(plugin, context);
    });
  await record.forget();
}
