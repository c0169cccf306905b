import type { EngineClient } from '../lib/engine-client.js';

/** The parts of the Engine API's answers that swarmup reads (API reference, "Network"). */
export interface Network {
  readonly Name: string;
  readonly Id: string;
  readonly Driver: string;
  readonly Scope: 'swarm' | 'local' | 'global';
  readonly IPAM: { readonly Config?: readonly NetworkRange[] | null };
}

export interface NetworkRange {
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
