import { errorJson } from '../../lib/error-json.js';
import { codeOf, type ErrorJson, SwarmupError, usageError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import { swarmup } from '../../lib/typed-command.js';
import { fullName, noSwarm, ownName } from '../../machine/names.js';
import { carryOut } from '../access/carry-out.js';
import type { OperationContext } from '../access/context.js';
import type { HostGroup } from '../access/create-request.js';
import { hostsPlan } from '../access/host-steps.js';
import { lockHosts } from '../access/lock-hosts.js';
import { findOrphans, type Orphan, orphanNamed, placeOfOrphan } from '../access/orphans.js';
import type { CreateResult, HostOutcome } from '../access/results.js';
import { swarmMachines } from '../access/swarm-access.js';
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
 * does with hosts that it did not finish: a node of a swarm stays the node that it is. A name that is on record already
 * is only brought up. A host that fails does not stop the others. Errors, with nothing changed: ORPHAN_UNKNOWN, ORPHAN_AMBIGUOUS, ADOPT_OTHER_SWARM (exit 2);
 * ORPHAN_FOREIGN; those of `checkTakeOver`; those of `approve`. LOCKED; those of `createHosts`.
 */
export async function adoptHosts(context: OperationContext, request: AdoptRequest): Promise<CreateResult> {
  const { dryRun, approve } = request;
  const began = performance.now();
  const { all, chosen, recorded } = await chooseHosts(context, request);
  const swarm = context.store.scope === noSwarm ? null : context.store.scope;
  const foreign = chosen.filter(({ mine }) => !mine);
  if (foreign.length > 0 && !dryRun) await approve?.(foreign);
  const work = async (): Promise<CreateResult> => {
    const hosts = await takeOver(context, chosen, dryRun);
    const taken = chosen.filter((_, i) => hosts[i]?.status === 'adopted').map(hostOf);
    const names = dryRun ? [] : [...taken, ...recorded];
    const lacking = swarm !== null && names.length > 0 && !(await hasManager(context, swarm));
    const made =
      names.length === 0 || lacking
        ? nothingMade(swarm, chosen, dryRun)
        : await createHosts(
            context,
            { groups: await groupsOf(context, names), swarm: swarm === null ? null : { name: swarm } },
            { locked: true },
          );
    const failure = lacking ? errorJson(noManager(swarm, names, all)) : undefined;
    const outcomes = [...hosts, ...recorded.map((name) => ({ name, status: 'unchanged' as const }))];
    const elapsedMs = Math.round(performance.now() - began);
    return { ...made, hosts: outcomes.map((host) => withCreated(host, made, failure)), elapsedMs };
  };
  const locks = [...chosen.map(hostOf), ...recorded].map((name) => ({ name, swarm }));
  return dryRun ? work() : lockHosts(context, locks, 10 * 60_000, work);
}

async function takeOver(
  context: OperationContext,
  orphans: readonly Orphan[],
  dryRun: boolean,
): Promise<readonly HostOutcome[]> {
  const names = orphans.map(hostOf);
  const plan = hostsPlan(
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
  return (await carryOut(context, { plan: () => plan }, { dryRun, locked: true })).hosts;
}

const hasManager = async (context: OperationContext, swarm: string): Promise<boolean> =>
  (await swarmMachines(context, swarm)).some(({ role }) => role === 'manager');

/** Only a manager can say which of its nodes a host is. */
function noManager(swarm: string, names: readonly string[], all: readonly Orphan[]): SwarmupError {
  const others = all.filter((orphan) => orphan.swarm === swarm && orphan.things[0]?.isHost === true && orphan.mine);
  const rest = others.map(({ name }) => name).filter((name) => !names.some((own) => name === `${own}.${swarm}`));
  return new SwarmupError(
    'NO_MANAGER',
    `${names.join(', ')} is on record again, but no manager of swarm ${swarm} is, and only a manager knows its nodes`,
    {
      exitCode: exitCodes.unhealthy,
      hints:
        rest.length === 0
          ? [`if no manager is left: ${swarmup`rm --force ${names}`}, then create the swarm again`]
          : [`${swarmup`adopt ${[...rest, ...names.map((name) => `${name}.${swarm}`)]}`} takes over the others, too`],
    },
  );
}

const hostOf = (orphan: Orphan): string => placeOfOrphan(orphan).host;

interface Chosen {
  readonly all: readonly Orphan[];
  readonly chosen: readonly Orphan[];
  /** Those of the names that have a record, as after a first try: `create` goes on with them. */
  readonly recorded: readonly string[];
}

async function chooseHosts(context: OperationContext, { names, driver, anyOwner }: AdoptRequest): Promise<Chosen> {
  const { orphans: all, notes } = await findOrphans(context, { driver, anyOwner: true });
  for (const message of notes) context.report({ type: 'info', message });
  const chosen = new Set<Orphan>();
  const recorded = new Set<string>();
  for (const name of names)
    try {
      chosen.add(orphanNamed(context, all, name, anyOwner));
    } catch (error) {
      const record = codeOf(error) === 'ORPHAN_UNKNOWN' ? await context.store.read(name) : undefined;
      if (record?.name !== ownName(name)) throw error;
      recorded.add(record.name);
    }
  const elsewhere = [...chosen].find(
    (orphan) => orphan.fault === null && placeOfOrphan(orphan).swarm !== context.store.scope,
  );
  if (elsewhere !== undefined) throw otherSwarm(elsewhere, [...chosen]);
  for (const orphan of chosen) await checkTakeOver(context, orphan);
  return { all, chosen: [...chosen], recorded: [...recorded] };
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
async function groupsOf({ store }: OperationContext, names: readonly string[]): Promise<readonly HostGroup[]> {
  const records = await Promise.all(names.map((name) => store.require(name)));
  const drivers = [...new Set(records.map(({ driver }) => driver))];
  return drivers.map((driver) => ({
    driver,
    driverSource: 'as the hosts were made',
    names: records.filter((record) => record.driver === driver).map(({ name }) => name),
  }));
}

function withCreated(
  host: HostOutcome,
  made: CreateResult,
  failure: ErrorJson | undefined,
): CreateResult['hosts'][number] {
  const there = made.hosts.find(({ name }) => name === host.name);
  if (failure !== undefined && host.status !== 'failed')
    return { name: host.name, status: 'failed', error: failure, role: null, url: null };
  if (there === undefined || host.status === 'failed') return { ...host, role: null, url: null };
  return host.status === 'adopted' && there.status !== 'failed' ? { ...there, status: 'adopted' } : there;
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
