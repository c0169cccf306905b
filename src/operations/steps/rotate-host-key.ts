import { makeNextHostKey, useNextHostKey } from '../../bootstrap/replace-host-key.js';
import { waitFor } from '../../lib/abort.js';
import { codeOf } from '../../lib/errors.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { StepContext } from '../../plan/step.js';
import type { ConnectOptions } from '../access/context.js';
import type { HostSession } from '../access/host-session.js';
import { keyFiles } from '../access/host-keys.js';

/** The public half of the key that the host will show next; written before it may show it. */
const nextKey = `${keyFiles.host}.next.pub`;

/**
 * Logs in to a host whose key came to it by a way that others may read, and replaces that key by one that the host
 * makes itself. A run that was killed at any point is taken up: until the new key is pinned, both are known.
 */
export async function reachAndRotate(
  host: HostSession,
  step: StepContext,
  wait: Pick<ConnectOptions, 'waitMs' | 'failed'>,
): Promise<void> {
  const { context, name, record } = host;
  const { store } = context;
  const [first, next] = await Promise.all([
    store.readSecret(name, `${keyFiles.host}.pub`),
    store.readSecret(name, nextKey),
  ]);
  const isFirst = first !== undefined && record.endpoint?.hostKey === first.trim();
  const connection = { ...wait, signal: step.signal };
  try {
    await context.connect(record, connection);
  } catch (error) {
    if (!isFirst || next === undefined || codeOf(error) !== 'HOST_KEY_MISMATCH') throw error;
    await pinNext(host, next, step);
    return;
  }
  if (!isFirst) return;
  step.detail('replace the host key that was in the user data');
  const runner = await context.connect(record, connection);
  const made = await makeNextHostKey(runner, step.signal);
  await store.writeSecret(name, nextKey, made);
  await useNextHostKey(runner, step.signal);
  await context.disconnect(name);
  await pinNext(host, made, step);
}

/** The new key is pinned once the host has shown it. */
async function pinNext(host: HostSession, hostKey: string, step: StepContext): Promise<void> {
  const { context, name, record } = host;
  const repinned = (record: MachineRecord): MachineRecord => ({
    ...record,
    endpoint: record.endpoint === null ? null : { ...record.endpoint, hostKey },
  });
  const wait = { timeoutMs: 60_000, signal: step.signal, host: name, what: `sshd of ${name} to show its new key` };
  await waitFor({ ...wait, intervalMs: 500 }, (signal) =>
    context.connect(repinned(record), { signal, waitMs: 10_000 }),
  );
  await host.update(repinned);
  await context.store.removeSecret(name, nextKey);
}
