import { ensureCertificates, renewClient } from '../../bootstrap/tls/certificates.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { Plan } from '../../plan/plan.js';
import type { Step } from '../../plan/step.js';
import { carryOut } from '../access/carry-out.js';
import type { OperationContext } from '../access/context.js';
import { requireDone } from '../../plan/require-done.js';
import { hostOutcomes } from '../access/host-steps.js';
import type { HostsResult } from '../access/results.js';
import { describeRunning } from '../access/running-host.js';
import { engineSteps } from '../steps/engine-steps.js';
import { refreshHostFiles } from '../steps/refresh-host-files.js';
import { certificateStep } from './certificate-step.js';
import { provisionHost } from './provision-hosts.js';
import { planRotation } from './rotate-authority.js';

interface RegenerateRequest {
  readonly names: readonly string[];
  /** Also a new client certificate. */
  readonly clientCerts: boolean;
  /** A new CA, for all hosts of the store; names do not matter then. */
  readonly authority: boolean;
  readonly dryRun: boolean;
  /** Asked before the first thing is new; throws to stop. */
  readonly approve?: () => Promise<void>;
}

/**
 * Gives the engines of hosts new certificates, one host of a swarm after another. dockerd reads them at its start
 * only, so each engine is restarted once (for a new CA twice).
 * Errors: HOST_UNKNOWN, NO_TLS (exit 2); QUORUM_AT_RISK (exit 3); LOCKED (exit 5); CA_BROKEN; those of `approve`.
 */
export async function regenerateCerts(context: OperationContext, request: RegenerateRequest): Promise<HostsResult> {
  const { approve, authority, dryRun } = request;
  const records = await targetsOf(context, request);
  const plan = async (): Promise<Plan<HostsResult>> => ({
    ...(await (authority ? planRotation(context, records, { dryRun }) : planRenewal(context, records, request))),
    ...(approve !== undefined && { approve }),
    finish: () => refreshHostFiles(context),
  });
  return carryOut(context, { locks: records, lockTimeoutMs: 30 * 60_000, plan }, { dryRun });
}

async function planRenewal(
  context: OperationContext,
  records: readonly MachineRecord[],
  { clientCerts, dryRun }: RegenerateRequest,
): Promise<Plan<HostsResult>> {
  const client = clientCerts ? [renewClientCertificate(context)] : [];
  const hosts = await engineSteps(context, records, {
    title: 'renew certificates',
    done: 'renewed',
    planned: 'would-renew',
    needs: client.map(({ id }) => id),
    look: async ({ context: own, record }, step) => {
      await describeRunning(own, record, step);
      return 'changed';
    },
    act: ({ context: own, record }, { detail }) => provisionHost(own, record, detail, { renew: true }),
  });
  return {
    steps: [...client, ...hosts],
    result: (outcome) => {
      requireDone(client, outcome);
      return { hosts: hostOutcomes(hosts, outcome, { dryRun }) };
    },
  };
}

async function targetsOf(context: OperationContext, request: RegenerateRequest): Promise<readonly MachineRecord[]> {
  if (!request.authority) return Promise.all(request.names.map((name) => context.store.require(name)));
  const { machines } = await context.store.list();
  return machines.filter(({ engineSettings, endpoint, phase }) => {
    return engineSettings.tls && endpoint !== null && phase !== 'removing';
  });
}

const renewClientCertificate = (context: OperationContext): Step =>
  certificateStep(context, 'renew your client certificate', async (folder) => {
    const now = context.now();
    const { ca } = await ensureCertificates(folder, { now });
    await renewClient(folder, ca, { now });
    const message = 'your client certificate was replaced; docker clients use the new one from their next start';
    context.report({ type: 'info', message });
  });
