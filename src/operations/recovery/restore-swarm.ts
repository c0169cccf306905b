import { readFile } from 'node:fs/promises';
import { messageOf, usageError } from '../../lib/errors.js';
import { readSealHeader, type SealHeader, type SealKey, unseal } from '../../lib/sealed-file.js';
import { type Backup, backupKind, parseBackup } from '../../swarm/backup-file.js';
import type { Plan } from '../../plan/plan.js';
import { requireDone } from '../../plan/require-done.js';
import { carryOut, swarmLock } from '../access/carry-out.js';
import { fullName, ownName } from '../../machine/names.js';
import type { OperationContext } from '../access/context.js';
import { hostOutcomes } from '../access/host-steps.js';
import type { ServiceCount } from '../steps/service-counts.js';
import type { RecoveredHost } from './recovered.js';
import { type RestoreNotes, restoreSteps } from './restore-steps.js';
import { checkHosts, hostsThere, makeHosts, refuseLiving } from './restore-targets.js';

interface RestoreRequest {
  readonly file: string;
  readonly key: (header: SealHeader) => Promise<SealKey>;
  /** undefined: the name it had. */
  readonly swarm: string | undefined;
  /** The first gets the state, the others join it; those that do not exist are made. Empty: the manager of the backup. */
  readonly on: readonly string[];
  /** Of hosts that are made. */
  readonly driver: string | undefined;
  readonly advertiseAddr: string | undefined;
  /** Also where a swarm lives that this replaces. */
  readonly force: boolean;
  readonly dryRun: boolean;
}

export interface RestoreResult {
  readonly swarm: string;
  readonly dryRun: boolean;
  /** When the backup was made, RFC 3339. */
  readonly createdAt: string;
  readonly manager: string;
  /** null: nothing was done. */
  readonly address: string | null;
  /** The path to which an existing state was moved; null: there was no state. */
  readonly movedTo: string | null;
  readonly hosts: readonly (RecoveredHost | PlannedHost)[];
  readonly services: readonly ServiceCount[];
  /** All services have their tasks on Ready nodes. null: nothing was done. */
  readonly servicesRun: boolean | null;
  readonly warnings: readonly string[];
  readonly elapsedMs: number;
}

/** What a host would be: `would-create` is made first. */
interface PlannedHost {
  readonly name: string;
  readonly status: 'would-create' | 'would-restore' | 'would-join';
  readonly error?: undefined;
}

/** Reads a sealed backup. Errors: FILE_UNREADABLE (exit 2), those of `unseal` and `parseBackup`. */
export async function readBackup(file: string, key: RestoreRequest['key']): Promise<Backup> {
  const data = await readFile(file).catch((error: unknown) => {
    throw usageError('FILE_UNREADABLE', `cannot read ${file}: ${messageOf(error)}`);
  });
  const source = { path: file, kind: backupKind };
  return parseBackup(await unseal(data, source, await key(readSealHeader(data, source))), file);
}

/**
 * Brings a swarm back from a backup, onto the same hosts or others: the first gets the state and becomes the only
 * manager at its own address, the others join it. Everything is checked before anything is changed.
 * Errors: those of `readBackup`; HOST_EXISTS (exit 2), SWARM_ALIVE, HOST_IN_SWARM, ENGINE_OLDER (exit 3) where nothing was changed.
 */
export async function restoreSwarm(context: OperationContext, request: RestoreRequest): Promise<RestoreResult> {
  const began = performance.now();
  const backup = await readBackup(request.file, request.key);
  const swarm = request.swarm ?? backup.manifest.swarm;
  const names = request.on.length > 0 ? [...new Set(request.on)] : [backup.manifest.node.name];
  const asked: Target = { ...request, swarm, backup, names };
  await refuseLiving(context, swarm, names, request.force);
  const target = request.dryRun ? asked : { ...asked, names: await prepareHosts(context, asked) };
  const result = await carryOut(
    context,
    { locks: swarmLock(swarm), lockTimeoutMs: 60_000, plan: () => planRestore(context, target) },
    { dryRun: request.dryRun },
  );
  return { ...result, elapsedMs: Math.round(performance.now() - began) };
}

type Outcome = Omit<RestoreResult, 'elapsedMs'>;

/** What is restored, and where. */
interface Target extends Pick<RestoreRequest, 'driver' | 'advertiseAddr' | 'force' | 'dryRun'> {
  readonly swarm: string;
  readonly backup: Backup;
  /** The first gets the state. */
  readonly names: readonly string[];
}

/**
 * Makes the hosts that are not there, and those that are belong to the swarm from now on, once they have been found
 * fit. Returns their names.
 */
async function prepareHosts(context: OperationContext, target: Target): Promise<readonly string[]> {
  const { names, swarm } = target;
  const { store } = context;
  const known = await hostsThere(context, names);
  const missing = names.filter((name) => !known.includes(name));
  const isElsewhere = (name: string): boolean => store.fullName(name) !== fullName({ host: ownName(name), swarm });
  if (missing.length === 0 && !known.some(isElsewhere)) return names;
  await check(context, target, known);
  if (missing.length > 0) await makeHosts(context, missing, target.driver, swarm);
  const moved = new Map<string, string>();
  for (const name of names.filter(isElsewhere)) moved.set(name, await store.move(name, swarm));
  return names.map((name) => moved.get(name) ?? name);
}

const check = (
  context: OperationContext,
  { names: [manager], backup: { manifest }, force }: Target,
  hosts: readonly string[],
): Promise<void> => checkHosts(context, hosts, { manager, manifest, force });

async function planRestore(context: OperationContext, target: Target): Promise<Plan<Outcome>> {
  const { swarm, backup, names, dryRun, advertiseAddr } = target;
  const known = await hostsThere(context, names);
  await check(context, target, known);
  const [manager = '', ...others] = names;
  const notes: RestoreNotes = { services: { services: [], backAtMs: undefined }, warnings: [] };
  const { core, joins, rest } = restoreSteps({ context, backup, swarm, manager, others, advertiseAddr, notes });
  const base = { swarm, dryRun, createdAt: backup.manifest.createdAt, manager };
  return {
    steps: [core, ...joins, ...rest],
    result: (outcome) => {
      if (dryRun) return { ...base, ...nothingDone(manager, names, known) };
      context.signal.throwIfAborted();
      requireDone([core], outcome);
      const { state, services, warnings } = notes;
      if (state === undefined) throw new Error('nothing was restored');
      return {
        ...base,
        address: state.address,
        movedTo: state.movedTo,
        hosts: [{ name: manager, status: 'kept' }, ...hostOutcomes(joins, outcome)],
        services: services.services,
        servicesRun: services.backAtMs !== undefined,
        warnings: [
          ...(state.lockWasTakenOff ? ['autolock is off now; turn it on again with a new key'] : []),
          ...warnings,
        ],
      };
    },
  };
}

const nothingDone = (
  manager: string,
  names: readonly string[],
  known: readonly string[],
): Omit<Outcome, 'swarm' | 'dryRun' | 'createdAt' | 'manager'> => ({
  address: null,
  movedTo: null,
  hosts: names.map((name): PlannedHost => {
    const inIt = name === manager ? 'would-restore' : 'would-join';
    return { name, status: known.includes(name) ? inIt : 'would-create' };
  }),
  services: [],
  servicesRun: null,
  warnings: [],
});
