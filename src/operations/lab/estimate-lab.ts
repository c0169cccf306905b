import { isMade, type LabChange, type LabPlan } from '../../lab/lab-plan.js';
import type { Lab } from '../../lab/lab.js';
import { type LabHost, wantedHosts } from '../../lab/plan-hosts.js';
import type { OperationContext } from '../access/context.js';
import { type EstimatedHosts, estimateHosts } from '../create/estimate-hosts.js';
import { type HostTime, lastHostTime } from '../create/host-times.js';
import { alike, givenOptions, poolDriver } from './lab-groups.js';
import type { LabRequest } from './load-lab.js';

/**
 * The cost of the hosts that a plan makes, if their drivers know it, and the time that the last run took. Hosts without
 * a named driver are left out, because their driver is chosen when they are made. Changes nothing; reads no secret.
 */
export async function estimateLab(
  context: OperationContext,
  lab: Lab,
  about: { readonly hosts: readonly LabHost[]; readonly changes: readonly LabChange[] },
  { defaultDriver }: Pick<LabRequest, 'defaultDriver'>,
  warn: (message: string) => void,
): Promise<Pick<LabPlan, 'cost' | 'time'>> {
  const { hosts, changes } = about;
  const made = new Set(changes.filter(isMade).map(({ name }) => name));
  const wanted = wantedHosts(lab, hosts).filter(({ name }) => made.has(name));
  const groups: EstimatedHosts[] = [];
  for (const members of alike(wanted)) {
    const { pool, zone } = members[0];
    const name = poolDriver(pool, hosts) ?? defaultDriver?.driver;
    if (name === undefined) continue;
    groups.push({
      driver: await context.drivers.get(name),
      options: await givenOptions(context, pool, name, zone),
      names: members.map((host) => host.name),
    });
  }
  const cost = await estimateHosts(context, groups, warn);
  const time = await longestTime(context, new Set(groups.map(({ driver }) => driver.name)));
  return { ...(cost !== undefined && { cost }), ...(time !== undefined && { time }) };
}

/** Hosts of several drivers are made at once. */
async function longestTime(context: OperationContext, drivers: ReadonlySet<string>): Promise<HostTime | undefined> {
  const times = await Promise.all([...drivers].map((driver) => lastHostTime(context.store, driver)));
  return times.flatMap((time) => time ?? []).sort((a, b) => b.elapsedMs - a.elapsedMs)[0];
}
