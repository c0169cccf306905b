import type { ErrorJson } from '../../lib/errors.js';
import { swarmup } from '../../lib/typed-command.js';
import type { LabChange } from '../../lab/lab-plan.js';
import { wantedHosts } from '../../lab/plan-hosts.js';
import { carryOut } from '../access/carry-out.js';
import type { Parts } from '../access/composed.js';
import type { OperationContext } from '../access/context.js';
import type { HostOutcome } from '../access/results.js';
import { createHosts } from '../create/create-hosts.js';
import { removeHosts } from '../hosts/remove-hosts.js';
import { createRequest } from './lab-groups.js';
import { planHostUpdates } from './lab-host-updates.js';
import { changeLabRoles } from './lab-roles.js';
import type { LabRequest } from './load-lab.js';
import { observeLab } from './observe-lab.js';
import type { PreparedLab } from './plan-lab.js';

/**
 * The changes of `up` to hosts: new hosts are made before others are removed. A host that fails does not stop the
 * others; `failures` has the reason, by name. The caller holds the lock of the swarm.
 */
export function hostParts(
  context: OperationContext,
  { lab, view, hosts: changes }: PreparedLab,
  request: LabRequest,
  failures: Map<string, ErrorJson>,
): Parts {
  const named = (...actions: readonly LabChange['action'][]): readonly string[] =>
    changes.filter(({ action }) => actions.includes(action)).map(({ name }) => name);
  const note = (hosts: readonly HostOutcome[]): void => {
    for (const { name, error } of hosts) if (error !== undefined) failures.set(name, error);
  };
  const make = async (names: readonly string[]): Promise<void> => {
    if (names.length === 0) return;
    const wanted = wantedHosts(lab, view.hosts).filter(({ name }) => names.includes(name));
    const asked = await createRequest(context, lab, wanted, view.hosts, request);
    note((await createHosts(context, asked, { locked: true, again: swarmup`up` })).hosts);
  };
  const remove = async (names: readonly string[]): Promise<void> => {
    if (names.length > 0) note((await removeHosts(context, { names, force: false, locked: true })).hosts);
  };
  const settle = async (): Promise<void> => {
    const settled = await observeLab(context, lab);
    const present = wantedHosts(lab, settled.hosts).filter(
      ({ name, found }) => found !== undefined && !failures.has(name),
    );
    note(await changeLabRoles(context, lab.name, present));
    const work = { lab, view: settled, hosts: present, fresh: new Set(named('create', 'replace')) };
    const plan = () => planHostUpdates(context, work);
    note(await carryOut(context, { plan }));
  };
  return {
    'make hosts': () => make(named('create', 'resume')),
    // One that is replaced has its name while it is there.
    'remove hosts that will be replaced': () => remove(named('replace')),
    'make the replaced hosts again': () => make(named('replace').filter((name) => !failures.has(name))),
    'change hosts': settle,
    'remove hosts': () => (failures.size === 0 ? remove(named('remove')) : Promise.resolve()),
  };
}
