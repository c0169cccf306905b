import type { EngineClient } from '../lib/engine-client.js';
import type { SwarmInspection } from './swarm-api.js';

/** The parts of a swarm's spec that swarmup reads or changes; an update keeps all other parts. Periods in ns. */
export interface SwarmSpec {
  readonly Orchestration: { readonly TaskHistoryRetentionLimit?: number };
  readonly Raft: { readonly SnapshotInterval?: number };
  readonly Dispatcher: { readonly HeartbeatPeriod?: number };
  readonly CAConfig: { readonly NodeCertExpiry?: number; readonly ForceRotate?: number };
  readonly EncryptionConfig: { readonly AutoLockManagers: boolean };
}

/** `GET /swarm` with its settings. Carries the join tokens: never log it. */
export interface SwarmState extends SwarmInspection {
  readonly Version: { readonly Index: number };
  readonly Spec: SwarmSpec;
  /** The swarm's CA, PEM. */
  readonly TLSInfo: { readonly TrustRoot: string };
  readonly RootRotationInProgress: boolean;
  readonly SubnetSize: number;
}

type Signal = AbortSignal | undefined;

/** Managers only. Carries the join tokens: never log it. */
export const readSwarmState = (engine: EngineClient, signal: Signal): Promise<SwarmState> =>
  engine.request('GET', '/swarm', { signal, timeoutMs: 15_000 });

/**
 * Reads the settings, changes them and writes them with the version that was read; if another program has written
 * first, it reads again, up to five times. Does not write if nothing changes and nothing is rotated. Resolves to the
 * previous state, or undefined if nothing was written.
 */
export async function updateSwarm(
  engine: EngineClient,
  change: (spec: SwarmSpec) => SwarmSpec,
  signal: Signal,
  rotate: { readonly worker?: boolean; readonly manager?: boolean; readonly unlockKey?: boolean } = {},
): Promise<SwarmState | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    const state = await readSwarmState(engine, signal);
    const spec = change(state.Spec);
    const rotates = Object.values(rotate).some(Boolean);
    if (!rotates && JSON.stringify(spec) === JSON.stringify(state.Spec)) return undefined;
    const query = {
      version: state.Version.Index,
      rotateWorkerToken: rotate.worker,
      rotateManagerToken: rotate.manager,
      rotateManagerUnlockKey: rotate.unlockKey,
    };
    try {
      await engine.request('POST', '/swarm/update', { query, body: spec, signal, timeoutMs: 60_000 });
      return state;
    } catch (error) {
      if (attempt === 5 || !(error instanceof Error && error.message.includes('update out of sequence'))) throw error;
    }
  }
}

/** The key that opens a restarted manager; empty while autolock is off. Never log it. */
export async function readUnlockKey(engine: EngineClient, signal: Signal): Promise<string> {
  return (await engine.request<{ readonly UnlockKey: string }>('GET', '/swarm/unlockkey', { signal })).UnlockKey;
}

/** Opens a locked manager. Errors: ENGINE_500 `invalid key provided`, which changes nothing. */
export const unlockEngine = (engine: EngineClient, key: string, signal: Signal): Promise<void> =>
  engine.request('POST', '/swarm/unlock', { body: { UnlockKey: key }, signal, timeoutMs: 30_000 });
