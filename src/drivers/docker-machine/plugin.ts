import { SwarmupError } from '../../lib/errors.js';
import { gob, type GobInterface, type GobNamed, type GobType } from './gob-types.js';
import { type PluginProcessOptions, startPlugin } from './plugin-process.js';
import { connectRpc, noArgument, type RpcArgument, type RpcClient } from './rpc-client.js';

/** A flag that a plugin declares for `create`. */
export interface PluginFlag {
  readonly kind: 'string' | 'integer' | 'boolean' | 'list';
  readonly name: string;
  readonly usage: string;
  /** Environment variable that stands in for the flag; empty: none. */
  readonly env: string;
  readonly default: PluginValue;
}

type PluginValue = string | number | boolean | readonly string[];

/** Values by flag name, those of all flags. */
export type PluginValues = Readonly<Record<string, PluginValue>>;

type Verb = 'PreCreateCheck' | 'Create' | 'Remove' | 'Start' | 'Stop' | 'Restart' | 'Kill';
type TextQuery = 'GetIP' | 'GetURL' | 'GetSSHHostname' | 'GetSSHUsername' | 'GetSSHKeyPath';

/** A driver plugin of docker-machine: libmachine's Driver interface over net/rpc. Reference: docker-machine.md 6, 7. */
export interface DriverPlugin {
  flags(): Promise<readonly PluginFlag[]>;
  /** The driver's own record of the host, as JSON text; it holds the secrets that were given as flags. */
  config(): Promise<string>;
  setConfig(json: string): Promise<void>;
  setFlags(values: PluginValues): Promise<void>;
  act(verb: Verb, timeoutMs: number): Promise<void>;
  text(query: TextQuery): Promise<string>;
  sshPort(): Promise<number>;
  /** libmachine's `state.State`. */
  state(): Promise<number>;
}

const callTimeoutMs = 60_000;
const heartbeatMs = 5000;
const closeTimeoutMs = 2000;
const configTimeoutMs = 10_000;

/**
 * Runs `use` with a running plugin, which is always ended and reaped afterwards. Errors: those of `startPlugin` and
 * `connectRpc`; PLUGIN_VERSION; PLUGIN_ERROR, PLUGIN_LOST.
 */
export async function withPlugin<T>(
  options: PluginProcessOptions,
  use: (plugin: DriverPlugin) => Promise<T>,
): Promise<T> {
  const child = await startPlugin(options);
  let rpc: RpcClient | undefined;
  let service: Service = knownService;
  let heartbeat: NodeJS.Timeout | undefined;
  try {
    const what = `the driver plugin ${options.driver}`;
    rpc = await connectRpc(child.address, what, { timeoutMs: callTimeoutMs, signal: options.signal });
    service = await serviceOf(rpc, options);
    heartbeat = beat(rpc, service);
    return await use(driverPlugin(rpc, service, options.signal));
  } catch (error) {
    options.signal.throwIfAborted();
    const isLost = error instanceof SwarmupError && error.code === 'PLUGIN_LOST';
    throw (isLost ? await child.failure() : undefined) ?? error;
  } finally {
    clearInterval(heartbeat);
    await rpc?.call(`${service}.Close`, noArgument, { timeoutMs: closeTimeoutMs }).catch(() => undefined);
    rpc?.close();
    await child.reap();
  }
}

const knownService = 'RPCServerDriver';
/** Before docker-machine 0.5.1. */
const oldService = 'RpcServerDriver';

type Service = typeof knownService | typeof oldService;

async function serviceOf(rpc: RpcClient, { signal, binary }: PluginProcessOptions): Promise<Service> {
  const version = (service: Service): Promise<unknown> =>
    rpc.call(`${service}.GetVersion`, noArgument, { timeoutMs: callTimeoutMs, signal });
  let service: Service = knownService;
  const told = await version(service).catch((error: unknown) => {
    if (!(error instanceof SwarmupError) || error.code !== 'PLUGIN_ERROR') throw error;
    service = oldService;
    return version(service);
  });
  if (told === 1) return service;
  throw new SwarmupError('PLUGIN_VERSION', `${binary} speaks version ${String(told)} of the plugin interface, not 1`);
}

function beat(rpc: RpcClient, service: Service): NodeJS.Timeout {
  return setInterval(() => {
    // A plugin that is gone fails the call that is under way.
    void rpc.call(`${service}.Heartbeat`, noArgument, { timeoutMs: heartbeatMs }).catch(() => undefined);
  }, heartbeatMs);
}

function driverPlugin(rpc: RpcClient, service: Service, signal: AbortSignal): DriverPlugin {
  const call = (method: string, argument = noArgument, timeoutMs = callTimeoutMs): Promise<unknown> =>
    rpc.call(`${service}.${method}`, argument, { timeoutMs, signal });
  return {
    flags: async () => ((await call('GetCreateFlags')) as readonly (GobNamed | null)[]).flatMap(readFlag),
    // Also after an abort: the objects made so far must be known.
    config: async () =>
      Buffer.from(
        (await rpc.call(`${service}.GetConfigRaw`, noArgument, { timeoutMs: configTimeoutMs })) as Uint8Array,
      ).toString('utf8'),
    setConfig: async (json) => {
      await call('SetConfigRaw', { type: gob.bytes, value: Buffer.from(json) });
    },
    setFlags: async (values) => {
      await call('SetConfigFromFlags', flagsArgument(service, values));
    },
    act: async (verb, timeoutMs) => {
      await call(verb, noArgument, timeoutMs);
    },
    text: async (query) => String(await call(query)),
    sshPort: async () => Number(await call('GetSSHPort')),
    state: async () => Number(await call('GetState')),
  };
}

const flagKinds: Readonly<Record<string, readonly [PluginFlag['kind'], PluginValue]>> = {
  StringFlag: ['string', ''],
  IntFlag: ['integer', 0],
  BoolFlag: ['boolean', false],
  StringSliceFlag: ['list', []],
};

/** Fields that are empty do not arrive. A kind of flag that libmachine does not have is left alone. */
function readFlag(flag: GobNamed | null): readonly PluginFlag[] {
  const [kind, absent] = flagKinds[flag?.name.replace(/^.*\./, '') ?? ''] ?? [];
  const fields = flag?.value as
    | { readonly Name?: string; readonly Usage?: string; readonly EnvVar?: string; readonly Value?: PluginValue }
    | undefined;
  if (kind === undefined || absent === undefined || fields?.Name === undefined) return [];
  const { Name: name, Usage: usage = '', EnvVar: env = '', Value: value = absent } = fields;
  return [{ kind, name, usage, env, default: value }];
}

const listType: GobType = { kind: 'slice', name: '[]string', element: gob.string };
const flagsFields: readonly (readonly [string, GobType])[] = [
  ['Values', { kind: 'map', name: 'map[string]interface {}', key: gob.string, value: gob.interface }],
];
const flagsTypes = {
  RPCServerDriver: { kind: 'struct', name: 'RPCFlags', fields: flagsFields },
  RpcServerDriver: { kind: 'struct', name: 'RpcFlags', fields: flagsFields },
} as const satisfies Record<Service, GobType>;

/** The argument is an interface, `drivers.DriverOptions`. */
function flagsArgument(service: Service, values: PluginValues): RpcArgument {
  const type = flagsTypes[service];
  const typed = Object.entries(values).map(([name, value]) => [name, typedValue(value)] as const);
  const flags: GobInterface = { name: `*rpcdriver.${type.name}`, type, value: { Values: new Map(typed) } };
  return { type: gob.interface, value: flags };
}

function typedValue(value: PluginValue): GobInterface {
  if (typeof value === 'string') return { name: 'string', type: gob.string, value };
  if (typeof value === 'boolean') return { name: 'bool', type: gob.bool, value };
  if (typeof value === 'number') return { name: 'int', type: gob.int, value };
  return { name: '[]string', type: listType, value };
}
