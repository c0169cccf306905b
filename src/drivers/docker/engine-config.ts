import type { EngineClient } from '../../lib/engine-client.js';
import type { DockerState } from './docker-state.js';
import { planNetwork } from './network.js';
import { upstreamDns } from './upstream-dns.js';

/** What the engine of a host must know of the network that the host is in. */
export async function engineConfigOf(
  engine: EngineClient,
  { network }: Pick<DockerState, 'network'>,
  signal: AbortSignal,
): Promise<NonNullable<DockerState['engineConfig']>> {
  const { mtu } = await planNetwork(engine, { network, subnet: undefined }, signal);
  const dns = await upstreamDns();
  return { ...(dns !== undefined && { dns }), ...(mtu !== undefined && { mtu }) };
}
