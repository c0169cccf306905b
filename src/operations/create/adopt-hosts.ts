import { usageError } from '../../lib/errors.js';
import { swarmup } from '../../lib/typed-command.js';
import { fullName, noSwarm } from '../../machine/names.js';
import { carryOut } from '../access/carry-out.js';
import type { OperationContext } from '../access/context.js';
import type { HostGroup } from '../access/create-request.js';
import { hostsPlan } from '../access/host-steps.js';
import { lockHosts } from '../access/lock-hosts.js';
import { findOrphans, type Orphan, orphanNamed, placeOfOrphan } from '../access/orphans.js';
import type { CreateResult, HostOutcome } from '../access/results.js';
import { underSignal } from '../access/under-signal.js';
import { createHosts } from './create-hosts.js';
import { checkTakeOver, takeOverHost } from './take-over-host.js';

interface AdoptRequest {
  readonly names: readonly string[];
  readonly driver?: string | undefined;
  /** Also what other stores made. */
  readonly anyOwner: boolean;
  readonly dryRun: boolean;
  /** Asked with the hosts that another store made; throws to stop. */
  readonly approve?: ((orphans: readonly Orphan[]) => Promise<void>) | undefined;
}

/**
 * Puts hosts on record again whose record is lost or cannot be read, by their labels, and brings them up as `create`
 * does with hosts that it did not finish: a node of a swarm stays the node that it is. A host that fails does not stop
 * the others. Errors, with nothing changed: ORPHAN_UNKNOWN, ORPHAN_AMBIGUOUS, ADOPT_OTHER_SWARM (exit 2);
 * ORPHAN_FOREIGN; those of `checkTakeOver`; those of `approve`. LOCKED; those of `createHosts`.
 */
export async function adoptHosts(context: OperationContext, request: AdoptRequest): Promise<CreateResult> {
  const { dryRun, approve } = request;
  const began = performance.now();
  const orphans = await chooseOrphans(context, request);
  const names = orphans.map(hostOf);
  const swarm = context.store.scope === noSwarm ? null : context.store.scope;
  const foreign = orphans.filter(({ mine }) => !mine);
  if (foreign.length > 0 && !dryRun) await approve?.(foreign);
  const work = async (): Promise<CreateResult> => {
    const steps = hostsPlan(
      names,
      {
        title: 'take over',
        done: 'adopted',
        planned: 'would-adopt',
        act: async (name, step) => {
          const orphan = orphans[names.indexOf(name)];
          if (orphan !== undefined) await takeOverHost(underSignal(context, step.signal), orphan, step);
          return 'changed';
        },
      },
      { dryRun },
    );
    const { hosts } = await carryOut(context, { plan: () => steps }, { dryRun, locked: true });
    const taken = orphans.filter((_, i) => hosts[i]?.status === 'adopted');
    const groups = groupsOf(taken);
    const made =
      groups.length === 0
        ? nothingMade(swarm, orphans, dryRun)
        : await createHosts(context, { groups, swarm: swarm === null ? null : { name: swarm } }, { locked: true });
    const elapsedMs = Math.round(performance.now() - began);
    return { ...made, hosts: hosts.map((host) => adopted(host, made)), elapsedMs };
  };
  const locks = names.map((name) => ({ name, swarm }));
  return dryRun ? work() : lockHosts(context, locks, 10 * 60_000, work);
}

const hostOf = (orphan: Orphan): string => placeOfOrphan(orphan).host;

async function chooseOrphans(
  context: OperationContext,
  { names, driver, anyOwner }: AdoptRequest,
): Promise<readonly Orphan[]> {
  const { orphans, notes } = await findOrphans(context, { driver, anyOwner: true });
  for (const message of notes) context.report({ type: 'info', message });
  const chosen = [...new Set(names.map((name) => orphanNamed(context, orphans, name, anyOwner)))];
  const elsewhere = chosen.find(
    (orphan) => orphan.fault === null && placeOfOrphan(orphan).swarm !== context.store.scope,
  );
  if (elsewhere !== undefined) throw otherSwarm(elsewhere, chosen);
  for (const orphan of chosen) await checkTakeOver(context, orphan);
  return chosen;
}

function otherSwarm(orphan: Orphan, chosen: readonly Orphan[]): Error {
  const { swarm } = placeOfOrphan(orphan);
  const same = chosen.map(placeOfOrphan).filter((place) => place.swarm === swarm);
  const where = swarm === noSwarm ? 'no swarm' : `swarm ${swarm}`;
  return usageError(
    'ADOPT_OTHER_SWARM',
    `${orphan.name} belongs to ${where}, and adopt works on one swarm at a time`,
    swarmup`adopt ${same.map(fullName)}`,
  );
}

/** By driver: their options stand in their records. */
function groupsOf(orphans: readonly Orphan[]): readonly HostGroup[] {
  const drivers = [...new Set(orphans.map(({ driver }) => driver))];
  return drivers.map((driver) => ({
    driver,
    driverSource: 'as the hosts were made',
    names: orphans.filter((orphan) => orphan.driver === driver).map(hostOf),
  }));
}

function adopted(host: HostOutcome, made: CreateResult): CreateResult['hosts'][number] {
  const there = made.hosts.find(({ name }) => name === host.name);
  if (there === undefined || host.status !== 'adopted') return { ...host, role: null, url: null };
  return there.status === 'failed' ? there : { ...there, status: 'adopted' };
}

const nothingMade = (swarm: string | null, orphans: readonly Orphan[], dryRun: boolean): CreateResult => ({
  swarm,
  driver: [...new Set(orphans.map(({ driver }) => driver))].join(', '),
  driverReason: 'as the hosts were made',
  inheritedOptions: [],
  dryRun,
  hosts: [],
  nodes: [],
  warnings: [],
  next: [],
  elapsedMs: 0,
});
