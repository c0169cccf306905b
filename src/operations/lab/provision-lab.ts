import { wantedHosts } from '../../lab/plan-hosts.js';
import type { OperationContext } from '../access/context.js';
import { updateLabHosts } from './lab-host-updates.js';
import { requireMembers } from './lab-members.js';
import { type LabRequest, loadLab } from './load-lab.js';
import { lockHosts } from '../access/lock-hosts.js';
import { observeLab } from './observe-lab.js';
import { restartHosts } from '../hosts/power.js';
import { provisionHosts } from '../hosts/provision-hosts.js';
import type { HostOutcome, HostsResult } from '../access/results.js';

const lockTimeoutMs = 30 * 60_000;

/**
 * Does again on all hosts of a lab what `up` does there: Docker and its settings, labels, files, scripts that are due.
 * Errors: those of `loadLab` and `provisionHosts`; LAB_EMPTY (exit 2).
 */
export async function provisionLab(
  context: OperationContext,
  request: LabRequest & { readonly dryRun: boolean },
): Promise<HostsResult> {
  const lab = await loadLab(context, request);
  const names = (await requireMembers(context, lab.name)).map(({ name }) => name);
  const engines = await provisionHosts(context, { names, dryRun: request.dryRun });
  if (request.dryRun) return engines;
  const work = lockHosts(context, [{ name: '', swarm: lab.name }], lockTimeoutMs, async () => {
    const view = await observeLab(context, lab);
    const present = wantedHosts(lab, view.hosts).filter(({ found }) => found?.state === 'running');
    return updateLabHosts(context, { lab, view, fresh: new Set() }, present);
  });
  return { hosts: merged(engines.hosts, await work) };
}

/** Restarts all hosts of a lab, managers one after another, and does what is due at every start. Errors: as above. */
export async function reloadLab(
  context: OperationContext,
  request: LabRequest & { readonly dryRun: boolean },
): Promise<HostsResult> {
  const { dryRun } = request;
  const lab = await loadLab(context, request);
  const names = (await requireMembers(context, lab.name)).map(({ name }) => name);
  // A swarm of one manager, and one of two, cannot be restarted otherwise.
  const { hosts } = await restartHosts(context, names, { force: true, dryRun });
  const failed = hosts.filter(({ status }) => status === 'failed');
  if (dryRun || failed.length > 0) return { hosts };
  return { hosts: merged(hosts, (await provisionLab(context, request)).hosts, 'restarted') };
}

/** A host that failed in one of two rounds has failed. */
function merged(
  first: readonly HostOutcome[],
  second: readonly HostOutcome[],
  status?: HostOutcome['status'],
): readonly HostOutcome[] {
  return first.map((outcome) => {
    const later = second.find(({ name }) => name === outcome.name);
    if (outcome.status === 'failed' || later === undefined) return outcome;
    if (later.status === 'failed') return later;
    return { name: outcome.name, status: status ?? (later.status === 'unchanged' ? outcome.status : later.status) };
  });
}
