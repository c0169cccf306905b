import { promises as files } from 'node:fs';
import { dirname, join } from 'node:path';
import { codeOf } from '../lib/errors.js';
import { writeFailure, writeFileAtomic } from './atomic-file.js';
import { openStore } from './file-store.js';
import { withFileLock } from './lock.js';
import { movedPaths } from './moved-paths.js';
import { isName, noSwarm } from './names.js';

/** Folder of the copy of a store of swarmup 0.1, in the store's own. */
const copyFolder = 'before-0.2';

/**
 * Takes over a store of swarmup 0.1, in which all hosts were in one folder, after a copy of it was kept in
 * `before-0.2/`. A host belongs to its lab, else to its swarm, else to none. An interrupted migration is finished by the
 * next command. Returns the folder of the copy, if this call took something over. Errors:
 * STORE_WRITE_FAILED; LOCKED.
 */
export async function migrateStore(home: string): Promise<string | undefined> {
  const path = join(home, 'locks', 'migration.lock');
  return withFileLock(path, { key: 'migration', timeoutMs: 60_000 }, async () => {
    const hosts = await entries(join(home, 'machines'));
    try {
      await keepCopy(home);
      await moveSwarms(home);
      const moves = await Promise.all(hosts.map((host) => plannedMove(home, host)));
      // Before any host moves: a host that an interrupted run moved is not known any more.
      await movePaths(join(home, 'ssh', 'config'), home, moves);
      await Promise.all(moves.map((move) => moveHost(home, move)));
      const swarms = new Set(moves.map(({ swarm }) => swarm));
      await Promise.all([...swarms].map((swarm) => openStore(home, swarm).keepSwarmId()));
      await files.rmdir(join(home, 'machines')).catch(() => undefined);
    } catch (error) {
      throw writeFailure(home, error);
    }
    return hosts.length > 0 ? join(home, copyFolder) : undefined;
  });
}

/** Whole or not there: a copy that was interrupted is made again, as nothing was moved before it was whole. */
async function keepCopy(home: string): Promise<void> {
  const [copy, part] = [join(home, copyFolder), join(home, `${copyFolder}.part`)];
  if ((await files.stat(copy).catch(unlessMissing)) !== undefined) return;
  await files.rm(part, { recursive: true, force: true });
  await files.mkdir(part, { recursive: true, mode: 0o700 });
  for (const folder of ['machines', 'swarms'])
    await files.cp(join(home, folder), join(part, folder), { recursive: true }).catch(unlessMissing);
  await files.rename(part, copy);
}

/** `swarms/lab.json` and its unlock keys go into a folder of their own. */
async function moveSwarms(home: string): Promise<void> {
  const folder = join(home, 'swarms');
  for (const file of await files.readdir(folder).catch(() => [])) {
    const [, swarm, kind] = /^(.+)\.(json|unlock-keys)$/.exec(file) ?? [];
    if (swarm === undefined || !isName(swarm)) continue;
    await files.mkdir(join(folder, swarm), { recursive: true, mode: 0o700 });
    await files.rename(join(folder, file), join(folder, swarm, kind === 'json' ? 'swarm.json' : 'unlock-keys'));
  }
}

/** Folders are relative to the store's. */
interface Move {
  readonly from: string;
  readonly to: string;
  readonly swarm: string;
}

async function plannedMove(home: string, host: string): Promise<Move> {
  const from = join('machines', host);
  const text = await files.readFile(join(home, from, 'machine.json'), 'utf8').catch(unlessMissing);
  const swarm = belongsTo(text);
  return { from, to: swarm === noSwarm ? join('hosts', host) : join('swarms', swarm, 'hosts', host), swarm };
}

async function moveHost(home: string, move: Move): Promise<void> {
  const [from, to] = [join(home, move.from), join(home, move.to)];
  // OpenSSH reads the entry; `create`, `rm` and `ssh-config` renew it.
  for (const file of ['machine.json', 'ssh_config']) await movePaths(join(from, file), home, [move]);
  await files.mkdir(dirname(to), { recursive: true, mode: 0o700 });
  await files.rename(from, to).catch((error: unknown) => {
    // An older swarmup made it after the migration, and there is one of this name: it stays where it is.
    if (codeOf(error) !== 'ENOTEMPTY' && codeOf(error) !== 'EEXIST') throw error;
  });
}

/** A file without such paths is not written: writing waits for the disk. */
async function movePaths(path: string, home: string, moves: readonly Move[]): Promise<void> {
  const text = await files.readFile(path, 'utf8').catch(unlessMissing);
  if (text === undefined) return;
  const moved = moves.reduce((before, { from, to }) => movedPaths(before, home, from, to), text);
  if (moved !== text) await writeFileAtomic(path, moved);
}

/** A record that cannot be read belongs to none, where `ls` shows it. */
function belongsTo(text: string | undefined): string {
  try {
    const { lab, swarm } = JSON.parse(text ?? '') as { lab?: { name?: unknown }; swarm?: unknown };
    const name = lab?.name ?? swarm;
    return typeof name === 'string' && isName(name) ? name : noSwarm;
  } catch {
    return noSwarm;
  }
}

const entries = async (folder: string): Promise<string[]> =>
  (await files.readdir(folder).catch(() => [])).filter(isName).sort();

function unlessMissing(error: unknown): undefined {
  if (codeOf(error) !== 'ENOENT') throw error;
}
