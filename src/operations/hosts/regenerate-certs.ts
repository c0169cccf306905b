import type { MachineRecord } from '../../machine/machine-record.js';
import type { OperationContext } from '../access/context.js';
import { eachEngine } from '../steps/each-engine.js';
import { lockHosts } from '../access/lock-hosts.js';
import { guardPower } from '../steps/guard-power.js';
import { provisionHost } from './provision-hosts.js';
import type { HostOutcome, HostsResult } from '../access/results.js';
import { describeRunning } from '../access/running-host.js';
import { rotateAuthority } from './rotate-authority.js';

interface RegenerateRequest {
  readonly names: readonly string[];
  /** Also a new client certificate. */
  readonly clientCerts: boolean;
  /** A new CA, for all hosts of the store; names do not matter then. */
  readonly authority: boolean;
  readonly dryRun: boolean;
}

/**
 * Gives the engines of hosts new certificates, one host of a swarm after another. dockerd reads them at its start
 * only, so each engine is restarted once (for a new CA twice).
 * Errors: HOST_UNKNOWN, NO_TLS (exit 2); QUORUM_AT_RISK (exit 3); LOCKED (exit 5); CA_BROKEN.
 */
export async function regenerateCerts(context: OperationContext, request: RegenerateRequest): Promise<HostsResult> {
  const records = await targetsOf(context, request);
  const renew = async (record: MachineRecord, detail: (message: string) => void): Promise<HostOutcome['status']> => {
    if (!request.dryRun) return renewed(await provisionHost(context, record, detail, { renew: true }));
    await describeRunning(context, record, { signal: context.signal, detail });
    return 'would-renew';
  };
  const work = async (): Promise<HostsResult> => {
    // Before the first thing is new, which may be no engine's certificate.
    await guardPower(
      context,
      records.map(({ name }) => name),
      'restart',
      false,
    );
    if (request.authority && !request.dryRun) return rotateAuthority(context, records);
    if (request.clientCerts && !request.dryRun) await newClientCertificate(context);
    return { hosts: await eachEngine(context, records, 'renew certificates', renew) };
  };
  return request.dryRun ? work() : lockHosts(context, records, 30 * 60_000, work);
}

async function targetsOf(context: OperationContext, request: RegenerateRequest): Promise<readonly MachineRecord[]> {
  if (!request.authority) return Promise.all(request.names.map((name) => context.store.require(name)));
  const { machines } = await context.store.list();
  return machines.filter(({ engineSettings, endpoint, phase }) => {
    return engineSettings.tls && endpoint !== null && phase !== 'removing';
  });
}

const renewed = (status: HostOutcome['status']): HostOutcome['status'] =>
  status === 'provisioned' ? 'renewed' : status;

async function newClientCertificate(context: OperationContext): Promise<void> {
  const { ensureCertificates, renewClient } = await import('../../bootstrap/tls/certificates.js');
  const folder = await context.store.folder('certs');
  const now = context.now();
  await context.store.withLock('certs', { signal: context.signal }, async () => {
    const { ca } = await ensureCertificates(folder, { now });
    await renewClient(folder, ca, { now });
  });
  context.report({
    type: 'info',
    message: 'your client certificate is new; docker clients read it at their next start',
  });
}
