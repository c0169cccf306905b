import { codeOf } from '../../lib/errors.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { OperationContext } from '../access/context.js';
import { enginesOverTls, type SeenCertificates } from '../access/engine-over-tls.js';
import { provisionHost } from './provision-hosts.js';

/** `swarmup ls` warns from the same day on. */
const renewBeforeMs = 30 * 24 * 60 * 60_000;

/**
 * Gives a host a new certificate when its own ends within 30 days or is not of this store's CA any more (which was
 * replaced while the host was off); the same for the client's. A host that has just started also gets one when its own
 * names no record, because an older swarmup made it: another restart of the engine takes no task away then. Anything
 * else that is wrong there is left as it is.
 */
export async function renewIfDue(
  context: OperationContext,
  record: MachineRecord,
  detail: (message: string) => void,
  { justStarted }: { readonly justStarted: boolean },
): Promise<void> {
  if (record.engine === null) return;
  const due = await whatIsDue(context, record);
  if (due === undefined) return;
  if (due === 'identity' && !justStarted) return;
  detail('renewing its certificate');
  await provisionHost(context, record, detail, { renew: due === 'identity' });
}

async function whatIsDue(
  context: OperationContext,
  record: MachineRecord,
): Promise<'renewal' | 'identity' | undefined> {
  const latest = context.now().getTime() + renewBeforeMs;
  let seen: SeenCertificates | undefined;
  const engineOf = enginesOverTls(context.store, (_, certificates) => (seen = certificates));
  try {
    await engineOf(record).request('GET', '/version', { signal: context.signal, timeoutMs: 5000, unversioned: true });
  } catch (error) {
    context.signal.throwIfAborted();
    if (codeOf(error) === 'ENGINE_UNTRUSTED') return 'renewal';
  }
  if (seen === undefined) return undefined;
  if (Math.min(seen.serverEnds.getTime(), seen.clientEnds.getTime()) < latest) return 'renewal';
  return seen.namesRecord || !isOurs(record) ? undefined : 'identity';
}

/** An imported host keeps the authority that it came with, as long as its certificate serves. */
const isOurs = ({ engine }: MachineRecord): boolean => engine?.certPath === 'certs';
