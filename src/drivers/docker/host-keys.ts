import type { EngineClient } from '../../lib/engine-client.js';
import { waitFor } from '../../lib/abort.js';
import type { HostIdentity } from '../driver.js';
import { tarArchive } from '../../lib/tar-archive.js';

/**
 * Puts the host's own key and the key that may log in into a container: secrets travel in
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

/**
 * Lets the sshd of a running host read its keys again; sessions stay. A host that is booting is waited for. API: POST
 * /containers/{id}/exec, POST /exec/{id}/start, GET /exec/{id}/json. Errors: TIMEOUT.
 */
export async function reloadHostKeys(engine: EngineClient, container: string, signal: AbortSignal): Promise<void> {
  const deadline = { timeoutMs: 60_000, what: 'sshd to read its new keys', signal, intervalMs: 100 };
  await waitFor(deadline, async (waiting) => {
    const code = await exitCodeOf(engine, container, ['systemctl', 'reload', 'ssh'], waiting);
    if (code === 0) return true;
    throw new Error(`systemctl ended with exit code ${code}`);
  });
}

async function exitCodeOf(
  engine: EngineClient,
  container: string,
  command: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  const body = { Cmd: command };
  const { Id } = await engine.request<{ Id: string }>('POST', `/containers/${container}/exec`, { signal, body });
  await engine.request('POST', `/exec/${Id}/start`, { signal, body: { Detach: true } });
  const deadline = { timeoutMs: 30_000, what: `${command.join(' ')} to end`, signal, intervalMs: 50 };
  return waitFor(deadline, async (waiting) => {
    const ran = await engine.request<{ Running: boolean; ExitCode: number | null }>('GET', `/exec/${Id}/json`, {
      signal: waiting,
    });
    return ran.Running ? undefined : (ran.ExitCode ?? undefined);
  });
}
