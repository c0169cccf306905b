import { waitFor } from '../../lib/abort.js';
import type { EngineClient } from '../../lib/engine-client.js';
import { codeOf, messageOf, SwarmupError } from '../../lib/errors.js';
import { swarmup } from '../../lib/typed-command.js';
import type { Driver, DriverContext, DriverSnapshots, HostStatus } from '../driver.js';
import { dockerDeclaration } from './declaration.js';
import { type DockerState, haltSignal, labels } from './docker-state.js';
import { describeHost, type HostContainer, hostState, listHosts, tolerate, wakeContainer } from './host-container.js';
import { openOuterEngine, outerEndpoint } from './outer-engine.js';
import { findRights } from './rights.js';
import { takeTurns } from '../turns.js';

/** Longer than systemd waits for its units (DefaultTimeoutStopSec in the node image). */
const haltTimeoutMs = 20_000;
/** In the first moments of its boot systemd does not listen yet: the signal is sent until it works. */
const resendMs = 2_000;

const snapshots: DriverSnapshots<DockerState> = {
  async list({ signal }, state) {
    const { listSnapshots } = await import('./snapshots.js');
    return listSnapshots({ engine: openOuterEngine(state.engine), state, signal });
  },
  async take({ signal }, state, name) {
    const { takeSnapshot } = await import('./snapshots.js');
    await takeSnapshot({ engine: openOuterEngine(state.engine), state, signal }, name);
  },
  async restore({ signal }, state, name) {
    const { restoreSnapshot } = await import('./snapshots.js');
    await restoreSnapshot({ engine: openOuterEngine(state.engine), state, signal }, name);
  },
  async remove({ signal }, state, name) {
    const { removeSnapshot } = await import('./snapshots.js');
    await removeSnapshot({ engine: openOuterEngine(state.engine), state, signal }, name);
  },
};

/** Loaded when a command looks for what no record knows. */
const inventory: NonNullable<Driver<DockerState>['inventory']> = {
  list: async (context, states) => (await loadInventory()).list(context, states),
  remove: async (context, things) => (await loadInventory()).remove(context, things),
  rebuild: async (context, machine, things) => (await loadInventory()).rebuild(context, machine, things),
  putKeys: async (context, state, host) => (await loadInventory()).putKeys(context, state, host),
};
const loadInventory = async () => (await import('./inventory.js')).dockerInventory;

/**
 * The `docker` driver. Code that only `create`, `check` and `remove` need is loaded when they run, because listing
 * hosts must be quick. Errors of every verb but `inspect`: DOCKER_UNREACHABLE (exit 3), and the engine's own
 * (ENGINE_<status>).
 */
export function createDockerDriver(): Driver<DockerState> {
  const rights = findRights();
  const inTurn = takeTurns();
  return {
    ...dockerDeclaration,

    async check(context, names, managers) {
      const { checkEngine } = await import('./check-engine.js');
      return checkEngine(context, names, managers);
    },

    checkStart: async (context, hosts) => (await import('./check-engine.js')).checkPower(context, hosts),

    async fix(_, { fix }) {
      const { raiseInotify } = await import('./capacity.js');
      if (fix !== undefined) await raiseInotify(fix.to);
    },

    async create(context, host, state) {
      const { createHost } = await import('./create-host.js');
      const endpoint = state?.engine ?? (await outerEndpoint(context));
      return createHost(openOuterEngine(endpoint), endpoint, rights, inTurn(context), host);
    },

    stateFromOutside: async (state, host) => (await import('./outside-state.js')).dockerState(state, host),

    async inspect(context, states) {
      const endpoints = new Set(states.flatMap((state) => state?.engine ?? []));
      const found = new Map(
        await Promise.all(
          [...endpoints].map(async (endpoint) => [endpoint, await observe(context, endpoint)] as const),
        ),
      );
      context.signal.throwIfAborted();
      return states.map((state) => statusOf(state, state && found.get(state.engine)));
    },

    async lastWords({ signal }, state) {
      const { lastWordsOf } = await import('./last-words.js');
      const engine = openOuterEngine(state.engine);
      const [container] = await listHosts(engine, signal, state.machine);
      return container && lastWordsOf(engine, container, signal);
    },

    async start(context, state) {
      const engine = openOuterEngine(state.engine);
      const container = await requireHost(engine, state, context.signal);
      await wakeContainer(engine, container, context.signal);
      return describeHost(container, state.engineConfig);
    },

    async stop(context, state, { force }) {
      const engine = openOuterEngine(state.engine);
      const container = await requireHost(engine, state, context.signal);
      const { signal } = context;
      // A paused process takes no signal, not even to be killed.
      if (container.State === 'paused') await wakeContainer(engine, container, signal);
      if (force || !(await halts(engine, container, signal))) await kill(engine, container, signal);
    },

    snapshots,
    inventory,

    async remove(context, host, state) {
      const { removeHost } = await import('./remove-host.js');
      const endpoint = state?.engine ?? (await outerEndpoint(context));
      await removeHost(openOuterEngine(endpoint), inTurn(context), host, state);
    },
  };
}

/** The hosts of one engine by their machine, or why they cannot be seen. */
async function observe(context: DriverContext, endpoint: string): Promise<ReadonlyMap<string, HostContainer> | string> {
  try {
    const hosts = await listHosts(openOuterEngine(endpoint), context.signal);
    return new Map(hosts.map((host) => [host.Labels[labels.machine] ?? '', host]));
  } catch (error) {
    return messageOf(error);
  }
}

function statusOf(
  state: DockerState | undefined,
  found: ReadonlyMap<string, HostContainer> | string | undefined,
): HostStatus {
  if (state === undefined || found === undefined)
    return { state: 'absent', detail: 'nothing was made for the host yet' };
  if (typeof found === 'string') return { state: 'error', detail: found };
  const container = found.get(state.machine);
  if (container === undefined) return { state: 'absent', detail: `there is no container '${state.container}'` };
  const observed = hostState(container);
  return {
    state: observed,
    ...(observed === 'error' && { detail: container.Status }),
    ...(observed === 'running' && { description: describeHost(container, state.engineConfig) }),
  };
}

/** Errors: HOST_ABSENT. */
async function requireHost(engine: EngineClient, state: DockerState, signal: AbortSignal): Promise<HostContainer> {
  const [found] = await listHosts(engine, signal, state.machine);
  if (found !== undefined) return found;
  throw new SwarmupError('HOST_ABSENT', `the container '${state.container}' no longer exists`, {
    hints: [`${swarmup`create NAME`} makes it again, ${swarmup`rm NAME`} forgets it`],
  });
}

/** Shuts the host down cleanly. False: it did not end in time. */
async function halts(engine: EngineClient, { Id }: HostContainer, signal: AbortSignal): Promise<boolean> {
  const ended = async (): Promise<true> => {
    // 409: it does not run.
    await tolerate(engine.request('POST', `/containers/${Id}/kill`, { signal, query: { signal: haltSignal } }), 409);
    await engine.request('POST', `/containers/${Id}/wait`, { signal, timeoutMs: resendMs });
    return true;
  };
  try {
    return await waitFor({ timeoutMs: haltTimeoutMs, signal, what: 'the host to halt', fatal: isNoTimeout }, ended);
  } catch (error) {
    if (isNoTimeout(error)) throw error;
    return false;
  }
}

const isNoTimeout = (error: unknown): boolean => codeOf(error) !== 'TIMEOUT';

async function kill(engine: EngineClient, { Id }: HostContainer, signal: AbortSignal): Promise<void> {
  await tolerate(engine.request('POST', `/containers/${Id}/kill`, { signal }), 409);
  await engine.request('POST', `/containers/${Id}/wait`, { signal });
}
