import { join } from 'node:path';
import { ensureCertificates, renewClient } from '../../bootstrap/tls/certificates.js';
import { beginRotation, endRotation, forgetOldAuthority, rotationPhase } from '../../bootstrap/tls/rotation.js';
import { SwarmupError } from '../../lib/errors.js';
import { swarmup } from '../../lib/typed-command.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { Plan } from '../../plan/plan.js';
import type { Step } from '../../plan/step.js';
import type { OperationContext } from '../access/context.js';
import type { HostSession } from '../access/host-session.js';
import { requireDone } from '../../plan/require-done.js';
import { type HostStep, hostOutcomes } from '../access/host-steps.js';
import type { HostsResult } from '../access/results.js';
import { describeRunning } from '../access/running-host.js';
import { engineSteps } from '../steps/engine-steps.js';
import { refreshHostFiles } from '../steps/refresh-host-files.js';
import { certificateStep } from './certificate-step.js';
import { provisionHost } from './provision-hosts.js';

/**
 * Replaces the CA of a store on all its hosts while clients can reach each host all the time: first every host gets a
 * certificate from the new CA and trusts both CAs, then the client gets its certificate, then every host drops the old
 * CA. If a host fails, the rotation stops before clients lose access, and the next call continues. A host that is off
 * is skipped and gets its new certificate from `start`. The caller holds the locks of the hosts.
 */
export async function planRotation(
  context: OperationContext,
  records: readonly MachineRecord[],
  { dryRun }: { readonly dryRun: boolean },
): Promise<Plan<HostsResult>> {
  const begun = await rotationPhase(join(context.store.home, 'certs'));
  if (begun === 'trust-new') return planForgetting(context, records, [], { dryRun });
  const begin =
    begun === undefined
      ? [certificateStep(context, 'make the new authority', (folder) => beginRotation(folder, { now: context.now() }))]
      : [];
  const hosts = await everywhere(context, records, 'trust both authorities', begin);
  const change = certificateStep(context, 'switch to the new authority', async (folder) => {
    const now = context.now();
    const { ca } = await ensureCertificates(folder, { now });
    await renewClient(folder, ca, { now });
    await forgetOldAuthority(folder, ca);
  });
  return {
    steps: [...begin, ...hosts],
    // The leader may be another one by then.
    next: () => planForgetting(context, records, [change], { dryRun }),
    result: (outcome) => {
      requireDone(begin, outcome);
      return { hosts: hostOutcomes(hosts, outcome, { dryRun }) };
    },
  };
}

async function planForgetting(
  context: OperationContext,
  records: readonly MachineRecord[],
  before: readonly Step[],
  { dryRun }: { readonly dryRun: boolean },
): Promise<Plan<HostsResult>> {
  const hosts = await everywhere(context, records, 'trust the new authority only', before);
  const end = {
    ...certificateStep(context, 'finish the change of the authority', endRotation),
    needs: hosts.map(({ id }) => id),
  };
  return {
    steps: [...before, ...hosts, end],
    finish: () => refreshHostFiles(context),
    result: (outcome) => {
      requireDone([...before, end], outcome);
      return { hosts: hostOutcomes(hosts, outcome, { dryRun }) };
    },
  };
}

function everywhere(
  context: OperationContext,
  records: readonly MachineRecord[],
  title: string,
  before: readonly Step[],
): Promise<readonly HostStep[]> {
  return engineSteps(context, records, {
    title,
    done: 'renewed',
    planned: 'would-renew',
    needs: before.map(({ id }) => id),
    look: async ({ context: own, record }, step) => {
      await describeRunning(own, record, step);
      return 'changed';
    },
    act: async (host, { detail }) =>
      (await isPassedOver(host, detail)) ? 'unchanged' : provisionHost(host.context, host.record, detail),
  });
}

async function isPassedOver({ context, record }: HostSession, detail: (message: string) => void): Promise<boolean> {
  try {
    await describeRunning(context, record, { signal: context.signal, detail });
    return false;
  } catch (error) {
    if (!(error instanceof SwarmupError) || error.code !== 'HOST_NOT_RUNNING') throw error;
    const message = `${error.message}; the host gets its new certificate when it starts: ${swarmup`start ${record.name}`}`;
    context.report({ type: 'warning', host: record.name, message });
    return true;
  }
}
