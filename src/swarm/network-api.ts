import { waitFor } from '../lib/abort.js';
import type { EngineClient } from '../lib/engine-client.js';
import { codeOf } from '../lib/errors.js';

/** The parts of the Engine API's answers that swarmup reads (API reference, "Network"). */
export interface Network {
  readonly Name: string;
  readonly Id: string;
  readonly Driver: string;
  readonly Scope: 'swarm' | 'local' | 'global';
  readonly Created?: string;
  readonly Attachable?: boolean;
  readonly Internal?: boolean;
  readonly Ingress?: boolean;
  readonly Labels?: Readonly<Record<string, string>> | null;
  readonly Options?: Readonly<Record<string, string>> | null;
  readonly IPAM: { readonly Config?: readonly NetworkRange[] | null };
}

interface NetworkRange {
  readonly Subnet?: string;
  readonly Gateway?: string;
  readonly IPRange?: string;
}

/** The networks of an engine; of a manager also those of the swarm that no task of it uses. */
export const listNetworks = async (
  engine: EngineClient,
  signal: AbortSignal | undefined,
): Promise<readonly Network[]> =>
  (await engine.request<readonly Network[] | null>('GET', '/networks', { signal, timeoutMs: 15_000 })) ?? [];

export const isOverlay = ({ Driver, Scope }: Network): boolean => Driver === 'overlay' && Scope === 'swarm';

/** The subnets of networks, with the names of their networks. */
export const subnetsOf = (
  networks: readonly Network[],
): readonly { readonly name: string; readonly subnet: string }[] =>
  networks.flatMap(({ Name, IPAM }) =>
    (IPAM.Config ?? []).flatMap(({ Subnet }) => (Subnet === undefined ? [] : { name: Name, subnet: Subnet })),
  );

/** Resolves to the ID. `body`: as the API reference says of "Create a network". */
export const createNetwork = async (
  engine: EngineClient,
  body: Readonly<Record<string, unknown>>,
  signal: AbortSignal | undefined,
): Promise<string> =>
  (await engine.request<{ readonly Id: string }>('POST', '/networks/create', { body, signal, timeoutMs: 30_000 })).Id;

export const removeNetwork = (engine: EngineClient, id: string, signal: AbortSignal | undefined): Promise<void> =>
  engine.request('DELETE', `/networks/${id}`, { signal, timeoutMs: 30_000 });

/**
 * Removes a network whose last tasks are ending, and waits until the engine has released its own copy: until then, no
 * other network with this name can be made. Errors: TIMEOUT with the engine's reason after a minute.
 */
export const retireNetwork = (
  engine: EngineClient,
  { id, name }: { readonly id: string; readonly name: string },
  signal: AbortSignal | undefined,
): Promise<true> =>
  waitFor({ timeoutMs: 60_000, what: `the network ${name} to be unused`, signal }, async (waiting) => {
    await removeNetwork(engine, id, waiting).catch((error: unknown) => {
      if (codeOf(error) !== 'ENGINE_404') throw error;
    });
    return (await listNetworks(engine, waiting)).some(({ Id }) => Id === id) ? undefined : true;
  });
