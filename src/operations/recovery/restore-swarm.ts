import { readFile } from 'node:fs/promises';
import { messageOf, usageError } from '../../lib/errors.js';
import { readSealHeader, type SealHeader, type SealKey, unseal } from '../../lib/sealed-file.js';
import { type Backup, backupKind, parseBackup } from '../../swarm/backup-file.js';
import type { OperationContext } from '../access/context.js';
import { lockHosts } from '../access/lock-hosts.js';
import type { RecoveredHost } from './recovery-run.js';
import { RestoreRun, type RestoreRunResult } from './restore-run.js';
import { checkHosts, makeHosts, refuseLiving } from './restore-targets.js';

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

export interface RestoreResult extends Omit<RestoreRunResult, 'address' | 'hosts' | 'servicesRun'> {
  readonly dryRun: boolean;
  /** null: nothing was done. */
  readonly address: string | null;
  readonly hosts: readonly (RecoveredHost | PlannedHost)[];
  /** null: nothing was done. */
  readonly servicesRun: boolean | null;
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
  const elapsed = (): { elapsedMs: number } => ({ elapsedMs: Math.round(performance.now() - began) });
  await refuseLiving(context, swarm, names, request.force);
  if (request.dryRun) return { ...(await planned(context, { ...request, swarm }, backup, names)), ...elapsed() };
  await makeHosts(context, names, request.driver);
  return lockHosts(context, [{ name: swarm, swarm }], 60_000, async () => {
    await checkHosts(context, names, { manager: names[0], manifest: backup.manifest, force: request.force });
    const run = new RestoreRun(context, { ...request, swarm }, backup, names);
    return { ...(await run.run()), dryRun: false, ...elapsed() };
  });
}

/** Hosts that are there are checked, those that are not would be made as they have to be. */
async function planned(
  context: OperationContext,
  { swarm, force }: { readonly swarm: string; readonly force: boolean },
  { manifest }: Backup,
  names: readonly string[],
): Promise<Omit<RestoreResult, 'elapsedMs'>> {
  const records = await Promise.all(names.map((name) => context.store.read(name)));
  const known = names.filter((_, i) => records[i] !== undefined);
  await checkHosts(context, known, { manager: names[0], manifest, force });
  const [manager = ''] = names;
  return {
    swarm,
    dryRun: true,
    createdAt: manifest.createdAt,
    manager,
    address: null,
    movedTo: null,
    hosts: names.map((name): PlannedHost => {
      const inIt = name === manager ? 'would-restore' : 'would-join';
      return { name, status: known.includes(name) ? inIt : 'would-create' };
    }),
    services: [],
    servicesRun: null,
    warnings: [],
  };
}
