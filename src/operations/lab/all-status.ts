import { withDeadline } from '../../lib/abort.js';
import { messageOf } from '../../lib/errors.js';
import { noSwarm, placeOfHost } from '../../machine/names.js';
import type { OperationContext } from '../access/context.js';
import type { HostRow } from '../access/results.js';
import { underSignal } from '../access/under-signal.js';
import { listHosts } from '../hosts/list-hosts.js';
import { type LabHostRow, lookAtSwarm, silent, statusOf } from './lab-status.js';
import type { ServiceRow } from '../services/service-results.js';

/** A swarm with its hosts, or the hosts outside any swarm. */
export interface SwarmGroup {
  /** null: the hosts outside any swarm. */
  readonly swarm: string | null;
  /** The manifest of the lab, absolute path; null: not a lab, or a lab of an older swarmup. */
  readonly lab: string | null;
  /** Managers first. Hosts of other swarms than the one that is meant here have full names. */
  readonly hosts: readonly LabHostRow[];
  readonly services: readonly ServiceRow[];
  /** What is not as it should be, a line each; empty: all is well. */
  readonly problems: readonly string[];
}

export interface AllStatus {
  /** The swarm that is meant here first, the hosts outside any swarm last. */
  readonly swarms: readonly SwarmGroup[];
}

/**
 * The state of all swarms in the store, each asked at the same time. A swarm that does not answer within `timeoutMs`
 * says so in its problems, and the others are shown. Changes nothing.
 */
export async function allStatus(
  context: OperationContext,
  { timeoutMs }: { readonly timeoutMs: number },
): Promise<AllStatus> {
  const { machines } = await context.store.list();
  const pools = new Map(machines.map((record) => [record.name, record.lab?.pool ?? '']));
  const swarms = new Set(machines.flatMap(({ swarm }) => swarm ?? []));
  const looks = new Map([...swarms].map((swarm) => [swarm, lookInTime(context, swarm, timeoutMs)]));
  const { hosts } = await listHosts(context, { timeoutMs, probe: true, filter: () => true });
  const names = new Set(hosts.map((host) => groupOf(context, host)));
  const all = [...names].map(async (name): Promise<SwarmGroup> => {
    const rows = hosts.filter((host) => groupOf(context, host) === name);
    const look = (await looks.get(name)) ?? silent();
    const { hosts: own, services, problems } = statusOf(rows, pools, look);
    return {
      swarm: name === noSwarm ? null : name,
      lab: rows.find(({ lab }) => lab !== null)?.lab ?? null,
      hosts: own,
      services,
      problems,
    };
  });
  const found = await Promise.all(all);
  return { swarms: found.toSorted((a, b) => Number(a.swarm === null) - Number(b.swarm === null)) };
}

/** As in `ls`: where a host belongs, also one that cannot be read, or that is not in its swarm now. */
const groupOf = ({ store }: OperationContext, { fullName, swarm }: HostRow): string =>
  placeOfHost(fullName, store.scope)?.swarm ?? swarm ?? noSwarm;

async function lookInTime(context: OperationContext, swarm: string, timeoutMs: number): ReturnType<typeof lookAtSwarm> {
  try {
    const what = `the managers of swarm ${swarm} to answer`;
    return await withDeadline({ timeoutMs, what, signal: context.signal }, (signal) =>
      lookAtSwarm(underSignal(context, signal), swarm),
    );
  } catch (error) {
    context.signal.throwIfAborted();
    return silent(messageOf(error));
  }
}
