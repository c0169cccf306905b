import type { EngineClient } from '../lib/engine-client.js';

/** The parts of the Engine API's answers that swarmup reads (API reference, "Swarm" and "Node"). */
export interface EngineInfo {
  readonly Name: string;
  readonly ServerVersion: string;
  readonly LiveRestoreEnabled?: boolean;
  readonly DockerRootDir?: string;
  readonly Swarm: {
    readonly NodeID: string;
    readonly NodeAddr: string;
    readonly LocalNodeState: 'inactive' | 'pending' | 'active' | 'error' | 'locked' | '';
    readonly ControlAvailable: boolean;
    readonly Error: string;
    readonly RemoteManagers: readonly { readonly NodeID: string; readonly Addr: string }[] | null;
    /** Managers only: workers do not know the ID of their cluster. */
    readonly Cluster?: { readonly ID: string };
  };
}

export interface SwarmNode {
  readonly ID: string;
  readonly Version: { readonly Index: number };
  /** RFC 3339. */
  readonly CreatedAt?: string;
  readonly Spec: {
    readonly Name?: string;
    readonly Labels: Readonly<Record<string, string>> | null;
    readonly Role: 'manager' | 'worker';
    readonly Availability: 'active' | 'pause' | 'drain';
  };
  readonly Description: {
    readonly Hostname?: string;
    readonly Engine?: { readonly EngineVersion?: string };
    readonly TLSInfo?: { readonly TrustRoot?: string };
  };
  readonly Status: {
    readonly State: 'unknown' | 'down' | 'ready' | 'disconnected';
    readonly Addr: string;
    readonly Message?: string;
  };
  readonly ManagerStatus?: {
    readonly Leader?: boolean;
    readonly Reachability: 'unknown' | 'unreachable' | 'reachable';
    readonly Addr: string;
  };
}

export interface SwarmInspection {
  readonly ID: string;
  readonly JoinTokens: { readonly Worker: string; readonly Manager: string };
  readonly DefaultAddrPool?: readonly string[] | null;
  readonly SubnetSize?: number;
  readonly DataPathPort?: number;
  readonly Spec?: { readonly EncryptionConfig?: { readonly AutoLockManagers?: boolean } };
}

type Signal = AbortSignal | undefined;

/** Without a leader a manager takes 20 s to tell about itself (moby's swarmRequestTimeout): it asks the others first. */
const infoMs = 25_000;

/** The engine's own view of itself and of its membership. */
export const engineInfo = (engine: EngineClient, signal: Signal): Promise<EngineInfo> =>
  engine.request('GET', '/info', { signal, timeoutMs: infoMs });

/** Managers only. Carries the join tokens: never log it. */
export const inspectSwarm = (engine: EngineClient, signal: Signal): Promise<SwarmInspection> =>
  engine.request('GET', '/swarm', { signal });

export const swarmNodes = (engine: EngineClient, signal: Signal): Promise<readonly SwarmNode[]> =>
  engine.request('GET', '/nodes', { signal, timeoutMs: 15_000 });

export const swarmNode = (engine: EngineClient, id: string, signal: Signal): Promise<SwarmNode> =>
  engine.request('GET', `/nodes/${id}`, { signal, timeoutMs: 15_000 });

/** Resolves to the new node's ID. `listenAddr` is always given: a NAT'd advertise address is refused without it. */
export const initSwarm = (
  engine: EngineClient,
  options: {
    readonly advertiseAddr: string;
    readonly addressPool: string;
    readonly dataPathPort?: number | undefined;
    readonly signal: Signal;
  },
): Promise<string> =>
  engine.request('POST', '/swarm/init', {
    signal: options.signal,
    timeoutMs: 60_000,
    body: {
      ListenAddr: '0.0.0.0:2377',
      AdvertiseAddr: options.advertiseAddr,
      DefaultAddrPool: [options.addressPool],
      SubnetSize: 24,
      ...(options.dataPathPort !== undefined && { DataPathPort: options.dataPathPort }),
      ForceNewCluster: false,
      Spec: {},
    },
  });

export const joinSwarm = (
  engine: EngineClient,
  options: {
    readonly advertiseAddr: string;
    readonly remoteAddrs: readonly string[];
    readonly token: string;
    readonly signal: Signal;
  },
): Promise<void> =>
  engine.request('POST', '/swarm/join', {
    signal: options.signal,
    timeoutMs: 60_000,
    body: {
      ListenAddr: '0.0.0.0:2377',
      AdvertiseAddr: options.advertiseAddr,
      RemoteAddrs: options.remoteAddrs,
      JoinToken: options.token,
    },
  });

export const leaveSwarm = (
  engine: EngineClient,
  options: { readonly force: boolean; readonly signal: Signal },
): Promise<void> =>
  engine.request('POST', '/swarm/leave', {
    query: { force: options.force },
    signal: options.signal,
    timeoutMs: 60_000,
  });

export const removeNode = (
  engine: EngineClient,
  id: string,
  options: { readonly force: boolean; readonly signal: Signal },
): Promise<void> =>
  engine.request('DELETE', `/nodes/${id}`, { query: { force: options.force }, signal: options.signal });

/**
 * Reads a node, changes its spec and writes it with the version that was read; if another program has written first
 * ("update out of sequence"), it reads again, up to five times. Does not write if `change` changes nothing.
 */
export const updateNode = (
  engine: EngineClient,
  id: string,
  change: (spec: SwarmNode['Spec']) => SwarmNode['Spec'],
  signal: Signal,
): Promise<'changed' | 'unchanged'> => writeNode(engine, id, { change, always: false }, signal);

/**
 * Writes a node as it is. Done once a quorum of managers has the write: of two managers then each has the whole state,
 * which one that is merely reachable may not have got yet.
 */
export async function rewriteNode(engine: EngineClient, id: string, signal: Signal): Promise<void> {
  await writeNode(engine, id, { change: (spec) => spec, always: true }, signal);
}

async function writeNode(
  engine: EngineClient,
  id: string,
  { change, always }: { readonly change: (spec: SwarmNode['Spec']) => SwarmNode['Spec']; readonly always: boolean },
  signal: Signal,
): Promise<'changed' | 'unchanged'> {
  for (let attempt = 1; ; attempt += 1) {
    const node = await swarmNode(engine, id, signal);
    const spec = change(node.Spec);
    if (!always && JSON.stringify(spec) === JSON.stringify(node.Spec)) return 'unchanged';
    try {
      await engine.request('POST', `/nodes/${id}/update`, {
        query: { version: node.Version.Index },
        body: spec,
        signal,
      });
      return 'changed';
    } catch (error) {
      if (attempt === 5 || !(error instanceof Error && error.message.includes('update out of sequence'))) throw error;
    }
  }
}

/** The addresses on which a node listens and which it advertises, from the engine's own docker-state.json. */
export interface NodeAddresses {
  readonly ListenAddr: string;
  readonly AdvertiseAddr: string;
  readonly DataPathAddr?: string;
  readonly DataPathPort?: number;
  readonly DefaultAddressPool?: readonly string[] | null;
  readonly SubnetSize?: number;
}

/** Makes the only manager of a swarm of a manager whose swarm has lost its quorum, with all that it knows. */
export const forceNewCluster = (engine: EngineClient, node: NodeAddresses, signal: Signal): Promise<string> =>
  engine.request('POST', '/swarm/init', {
    signal,
    timeoutMs: 60_000,
    body: {
      ListenAddr: node.ListenAddr,
      AdvertiseAddr: node.AdvertiseAddr,
      DataPathAddr: node.DataPathAddr ?? '',
      DataPathPort: node.DataPathPort ?? 0,
      DefaultAddrPool: node.DefaultAddressPool ?? [],
      SubnetSize: node.SubnetSize ?? 0,
      ForceNewCluster: true,
      Spec: {},
    },
  });

/** Lets a locked manager start. The key goes in the body. */
export const unlockSwarm = (engine: EngineClient, key: string, signal: Signal): Promise<void> =>
  engine.request('POST', '/swarm/unlock', { signal, timeoutMs: 60_000, body: { UnlockKey: key } });

/** The unlock key of a swarm with autolock; undefined without it. Managers only. A secret: never log it. */
export async function unlockKeyOf(engine: EngineClient, signal: Signal): Promise<string | undefined> {
  const { UnlockKey: key } = await engine.request<{ readonly UnlockKey?: string }>('GET', '/swarm/unlockkey', {
    signal,
  });
  return key === undefined || key === '' ? undefined : key;
}
