import { ensureCertificates, renewClient } from '../../bootstrap/tls/certificates.js';
import {
  beginRotation,
  endRotation,
  forgetOldAuthority,
  type RotationPhase,
  rotationPhase,
} from '../../bootstrap/tls/rotation.js';
import { SwarmupError } from '../../lib/errors.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { OperationContext } from '../access/context.js';
import { eachEngine } from '../steps/each-engine.js';
import { provisionHost } from './provision-hosts.js';
import type { HostOutcome, HostsResult } from '../access/results.js';
import { describeRunning } from '../access/running-host.js';

/**
 * Replaces the CA of a store on all its hosts so that clients can reach each of them all the time: first every host
 * gets a certificate of the new CA and trusts both, then the client gets its own, then every host forgets the old CA.
 * A host that fails stops it before clients lose anything; the next call goes on. A host that is off is passed over:
 * `start` gives it what it missed. The caller holds the locks of the hosts.
 */
export async function rotateAuthority(
  context: OperationContext,
  records: readonly MachineRecord[],
): Promise<HostsResult> {
  const folder = await context.store.folder('certs');
  const now = context.now();
  const locked = <T>(use: () => Promise<T>): Promise<T> =>
    context.store.withLock('certs', { signal: context.signal }, use);
  const phase = await locked(async (): Promise<RotationPhase> => {
    const begun = await rotationPhase(folder);
    if (begun === undefined) await beginRotation(folder, { now });
    return begun ?? 'trust-both';
  });
  if (phase === 'trust-both') {
    const hosts = await everywhere(context, records, 'trust both authorities');
    if (hosts.some(({ status }) => status === 'failed')) return { hosts };
    await locked(async () => {
      const { ca } = await ensureCertificates(folder, { now });
      await renewClient(folder, ca, { now });
      await forgetOldAuthority(folder, ca);
    });
  }
  const hosts = await everywhere(context, records, 'trust the new authority only');
  if (hosts.every(({ status }) => status !== 'failed')) await locked(() => endRotation(folder));
  return { hosts };
}

function everywhere(
  context: OperationContext,
  records: readonly MachineRecord[],
  title: string,
): Promise<readonly HostOutcome[]> {
  return eachEngine(context, records, title, async (record, detail) => {
    try {
      await describeRunning(context, record, { signal: context.signal, detail });
    } catch (error) {
      if (!(error instanceof SwarmupError) || error.code !== 'HOST_NOT_RUNNING') throw error;
      const message = `${error.message}; it gets its new certificate when it is started: swarmup start ${record.name}`;
      context.report({ type: 'warning', host: record.name, message });
      return 'unchanged';
    }
    return (await provisionHost(context, record, detail)) === 'unchanged' ? 'unchanged' : 'renewed';
  });
}
