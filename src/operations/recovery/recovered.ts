import type { HostOutcome } from '../access/results.js';

/** A host after a recovery or a restore: `kept` has the swarm, `lost` is forgotten until it is back. */
export type RecoveredHost =
  HostOutcome | { readonly name: string; readonly status: 'kept' | 'lost'; readonly error?: undefined };
