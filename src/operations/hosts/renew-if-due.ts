import { codeOf } from '../../lib/errors.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { OperationContext } from '../access/context.js';
import { enginesOverTls } from '../access/engine-over-tls.js';
import { provisionHost } from './provision-hosts.js';

/** `swarmup ls` warns from the same day on. */
const renewBeforeMs = 30 * 24 * 60 * 60_000;

/**
 * Gives a host a new certificate when its own ends within 30 days or is not of this store's CA any more (which was
 * replaced while the host was off); the same for the client's. Anything else that is wrong there is left as it is.
 */
export async function renewIfDue(
  context: OperationContext,
  record: MachineRecord,
  detail: (message: string) => void,
): Promise<void> {
  if (record.engine === null || !(await isDue(context, record))) return;
  detail('renewing its certificate');
  await provisionHost(context, record, detail);
}

async function isDue(context: OperationContext, record: MachineRecord): Promise<boolean> {
  const latest = context.now().getTime() + renewBeforeMs;
  const ends: number[] = [];
  const engineOf = enginesOverTls(context.store, (_, { serverEnds, clientEnds }) => {
    ends.push(serverEnds.getTime(), clientEnds.getTime());
  });
  let isUntrusted = false;
  try {
    await engineOf(record).request('GET', '/version', { signal: context.signal, timeoutMs: 5000, unversioned: true });
  } catch (error) {
    context.signal.throwIfAborted();
    isUntrusted = codeOf(error) === 'ENGINE_UNTRUSTED';
  }
  return isUntrusted || Math.min(...ends) < latest;
}
