import { readFile } from 'node:fs/promises';
import { messageOf, usageError } from '../../lib/errors.js';
import { readSealHeader, type SealHeader, type SealKey, unseal } from '../../lib/sealed-file.js';
import { type Backup, backupKind, parseBackup } from '../../swarm/backup-file.js';
import type { OperationContext } from '../context.js';
import { lockHosts } from '../lock-hosts.js';
import { RestoreRun, type RestoreRunResult } from './restore-run.js';
import { checkHosts, makeHosts, refuseLiving } from './restore-targets.js';

export interface RestoreRequest {
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
}

export interface RestoreResult extends RestoreRunResult {
  readonly elapsedMs: number;
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
  await refuseLiving(context, swarm, names, request.force);
  await makeHosts(context, names, request.driver);
  return lockHosts(context, [{ name: swarm, swarm }], 60_000, async () => {
    await checkHosts(context, names, backup.manifest, request.force);
    const run = new RestoreRun(context, { ...request, swarm }, backup, names);
    return { ...(await run.run()), elapsedMs: Math.round(performance.now() - began) };
  });
}
