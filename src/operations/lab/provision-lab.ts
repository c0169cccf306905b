import type { Lab } from '../../lab/lab.js';
import { wantedHosts } from '../../lab/plan-hosts.js';
import { carryOut, swarmLock } from '../access/carry-out.js';
import { carryOutParts, unlessDry } from '../access/composed.js';
import type { OperationContext } from '../access/context.js';
import type { HostOutcome, HostsResult } from '../access/results.js';
import { restartHosts } from '../hosts/power.js';
import { provisionHosts } from '../hosts/provision-hosts.js';
import { planHostUpdates } from './lab-host-updates.js';
import { membersOf } from './lab-members.js';
import type { LabRequest } from './load-lab.js';
import { observeLab } from './observe-lab.js';
import { trustLab } from './trust-lab.js';
import { isFailed, withFailures } from './with-failures.js';

interface ProvisionRequest extends LabRequest {
  readonly dryRun: boolean;
}

const lockTimeoutMs = 30 * 60_000;

/**
 * Does again on all hosts of a lab what `up` does there: Docker and its settings, labels, files, scripts that are due.
 * Errors: those of `loadLab` and `provisionHosts`; LAB_EMPTY (exit 2).
 */
export async function provisionLab(context: OperationContext, request: ProvisionRequest): Promise<HostsResult> {
  const { lab, names } = await membersOf(context, request);
  if (!request.dryRun) await trustLab(context, lab, request.askTrust);
  let hosts: readonly HostOutcome[] = [];
  const parts = {
    engines: async (dryRun: boolean) => {
      ({ hosts } = await provisionHosts(context, { names, dryRun }));
    },
    'set up': unlessDry(async () => {
      const updated = await updateRunning(context, lab);
      hosts = withFailures(
        hosts.map((host) => updated.find(({ name }) => name === host.name) ?? host),
        hosts,
      );
    }),
  };
  return carryOutParts(context, parts, () => ({ hosts }), request);
}

/** Restarts all hosts of a lab, managers one after another, and runs the start-up scripts. Errors: as above. */
export async function reloadLab(context: OperationContext, request: ProvisionRequest): Promise<HostsResult> {
  const { names } = await membersOf(context, request);
  let hosts: readonly HostOutcome[] = [];
  const parts = {
    restart: async (dryRun: boolean) => {
      // A swarm of one manager, and one of two, cannot be restarted otherwise.
      ({ hosts } = await restartHosts(context, names, { force: true, dryRun }));
    },
    provision: unlessDry(async () => {
      if (!hosts.some(isFailed)) hosts = withFailures(hosts, (await provisionLab(context, request)).hosts);
    }),
  };
  return carryOutParts(context, parts, () => ({ hosts }), request);
}

/** Of the hosts that run. */
const updateRunning = (context: OperationContext, lab: Lab): Promise<readonly HostOutcome[]> =>
  carryOut(context, {
    locks: swarmLock(lab.name),
    lockTimeoutMs,
    plan: async () => {
      const view = await observeLab(context, lab);
      const hosts = wantedHosts(lab, view.hosts).filter(({ found }) => found?.state === 'running');
      return planHostUpdates(context, { lab, view, hosts, fresh: new Set() });
    },
  });
