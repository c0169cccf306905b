import type { OperationContext } from '../access/context.js';
import { hostEngine } from '../access/swarm-access.js';

/**
 * The version that the engine of a host says it has, over ssh.
 * Errors: HOST_UNKNOWN (exit 2), HOST_NOT_READY, those of `connect`, ENGINE_UNREACHABLE, TIMEOUT (15 s).
 */
export async function engineVersion(context: OperationContext, name: string): Promise<string> {
  const record = await context.store.require(name);
  const { Version } = await hostEngine(context, record).request<{ Version: string }>('GET', '/version', {
    signal: context.signal,
    timeoutMs: 15_000,
    unversioned: true,
  });
  return Version;
}
