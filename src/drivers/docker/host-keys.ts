import type { EngineClient } from '../../lib/engine-client.js';
import type { HostIdentity } from '../driver.js';
import { tarArchive } from '../../lib/tar-archive.js';

/**
 * Puts the host's own key and the key that may log in into a container that was never started: secrets travel in
 * the body of this one call, never in environment, labels or arguments. Repeating it is fine.
 * API: PUT /containers/{id}/archive.
 */
export async function putHostKeys(
  engine: EngineClient,
  container: string,
  host: HostIdentity,
  signal: AbortSignal,
): Promise<void> {
  const line = (text: string): string => (text.endsWith('\n') ? text : `${text}\n`);
  await engine.request('PUT', `/containers/${container}/archive`, {
    signal,
    query: { path: '/' },
    headers: { 'content-type': 'application/x-tar' },
    rawBody: await tarArchive([
      { name: 'etc/ssh/ssh_host_ed25519_key', mode: 0o600, data: line(host.hostKey.privateKey) },
      { name: 'etc/ssh/ssh_host_ed25519_key.pub', mode: 0o644, data: line(host.hostKey.publicKey) },
      { name: 'root/.ssh/', mode: 0o700 },
      { name: 'root/.ssh/authorized_keys', mode: 0o600, data: line(host.authorizedKey) },
    ]),
  });
}
