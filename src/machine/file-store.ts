import { existsSync, promises as files, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { codeOf, messageOf, SwarmupError, usageError } from '../lib/errors.js';
import { swarmup } from '../lib/typed-command.js';
import { systemReason, writeFailure, writeFileAtomic } from './atomic-file.js';
import type { BrokenRecord, MachineRecord, SwarmRecord } from './machine-record.js';
import { checkHostName, fullName, type HostPlace, isName, nameWithin, noSwarm, placeOfHost } from './names.js';
import type * as recordSchemas from './record-schema.js';
import type { RecordFormat, RecordSource } from './record-schema.js';
import { soundMachine, soundSwarm } from './record-shapes.js';
import type { Salvage } from './salvage-record.js';
import type { LockOptions, Store } from './store.js';

/**
 * Opens the store in the folder `home`, which need not exist: the first write makes it. Touches no file.
 * ```
 * <home>/swarms/<swarm>/swarm.json             what is kept about a swarm
 * <home>/swarms/<swarm>/id                     its id; of hosts outside any swarm: <home>/id
 * <home>/swarms/<swarm>/hosts/<host>/machine.json   a record; keys and certificates of the host beside it
 * <home>/hosts/<host>/machine.json             that of a host outside any swarm
 * <home>/certs/                                the store's own CA and client certificate
 * <home>/locks/<key>.lock                      held locks; keys that begin with `record-` are the store's own
 * <home>/removed/                              folders of hosts that are just being deleted
 * ```
 * Folders have mode 0700, files 0600. Further errors of every write: STORE_WRITE_FAILED; of `list` and `require`:
 * STORE_READ_FAILED when the folder itself cannot be read.
 */
export function openStore(home: string, scope = 'default'): Store {
  return new FileStore(resolve(home), scope);
}

/**
 * `swarmup env` loads this file, so code that only writing needs is imported when something is written. Reading does
 * without node:fs/promises, which Node.js loads more slowly than it reads a record.
 */
class FileStore implements Store {
  constructor(
    readonly home: string,
    readonly scope: string,
  ) {}

  within(scope: string): Store {
    return new FileStore(this.home, scope);
  }

  fullName(name: string): string {
    return fullName(this.#place(name));
  }

  outsideName(name: string): string {
    return nameWithin(this.#place(name), 'default');
  }

  swarmId(): string {
    const path = this.#idPath();
    try {
      return readFileSync(path, 'utf8').trim();
    } catch {
      return comingId(path);
    }
  }

  async keepSwarmId(id?: string): Promise<void> {
    const path = this.#idPath();
    if ((await readIfThere(path)) !== undefined) return;
    await makePrivateFolder(dirname(path));
    await this.withLock(`record-id-${this.scope}`, {}, async () => {
      if ((await readIfThere(path)) === undefined) await writeFileAtomic(path, `${id ?? comingId(path)}\n`);
    });
  }

  hostFolder(name: string): string {
    const { host, swarm } = this.#place(name);
    return join(hostsFolder(swarm), host);
  }

  async list(): Promise<{ machines: MachineRecord[]; broken: BrokenRecord[] }> {
    const machines: MachineRecord[] = [];
    const broken: BrokenRecord[] = [];
    const names = await this.names();
    const results = await Promise.allSettled(names.map((name) => this.read(name)));
    names.forEach((name, index) => {
      const result = results[index];
      if (result?.status === 'rejected') broken.push(brokenOf(name, result.reason));
      else if (result?.value !== undefined) machines.push(result.value);
    });
    return { machines, broken };
  }

  async names(): Promise<string[]> {
    const swarms = [this.scope, ...(await this.#otherSwarms())];
    return (await Promise.all(swarms.map((swarm) => this.#hostsOf(swarm)))).flat();
  }

  async named(word: string): Promise<string[]> {
    const place = placeOfHost(word, this.scope);
    if (place === undefined) return [];
    const isThere = ({ host, swarm }: HostPlace): boolean => existsSync(join(this.home, hostsFolder(swarm), host));
    if (isThere(place)) return [nameWithin(place, this.scope)];
    if (word.includes('.')) return [];
    const places = (await this.#otherSwarms()).map((swarm) => ({ host: word, swarm }));
    return places.filter(isThere).map((other) => nameWithin(other, this.scope));
  }

  async swarms(): Promise<string[]> {
    return this.#entries('swarms');
  }

  async read(name: string): Promise<MachineRecord | undefined> {
    const place = placeOfHost(name, this.scope);
    // No record has such a name, and some of them ("..") are paths.
    if (place === undefined) return undefined;
    const shown = nameWithin(place, this.scope);
    const source = {
      path: this.#recordPath(name),
      what: `host ${shown}`,
      name: place.host,
      remedies: () => [
        `${swarmup`adopt ${shown}`} takes the host over with a new record, ${swarmup`rm --force ${shown}`} removes it`,
      ],
    };
    const record = await readRecord(machineKind, source);
    return record === undefined ? undefined : { ...record, name: shown };
  }

  async require(name: string): Promise<MachineRecord> {
    return (await this.read(name)) ?? (await this.#unknownHost(name));
  }

  async salvage(name: string): Promise<Salvage | undefined> {
    if (placeOfHost(name, this.scope) === undefined) return undefined;
    const { salvageRecord } = await import('./salvage-record.js');
    return salvageRecord(this.#recordPath(name));
  }

  async setAside(name: string): Promise<void> {
    const path = this.#recordPath(name);
    await this.#withRecordLock(name, () =>
      files
        .rename(path, `${path}.broken`)
        .catch(unlessMissing)
        .catch((error: unknown) => {
          throw writeFailure(path, error);
        }),
    );
  }

  async add(record: MachineRecord): Promise<void> {
    checkHostName(this.#place(record.name).host);
    await this.#withRecordLock(record.name, async () => {
      const existing = await readIfThere(this.#recordPath(record.name));
      if (existing !== undefined)
        throw usageError('HOST_EXISTS', `a host named ${record.name} exists already`, `see it with: ${swarmup`ls`}`);
      await this.#write(record);
      await this.within(this.#place(record.name).swarm).keepSwarmId();
    });
  }

  async update(name: string, change: (record: MachineRecord) => MachineRecord): Promise<MachineRecord> {
    // Looked up first, as the lock of a host that is not there is of no use.
    await this.require(name);
    return this.#withRecordLock(name, async () => {
      const changed = change(await this.require(name));
      if (this.fullName(changed.name) !== this.fullName(name))
        throw new Error(`the record of ${name} cannot become that of ${changed.name}`);
      await this.#write(changed);
      return changed;
    });
  }

  async move(name: string, swarm: string): Promise<string> {
    await this.require(name);
    const from = this.#place(name);
    const to = { host: from.host, swarm };
    if (from.swarm === swarm) return nameWithin(from, this.scope);
    await this.#withRecordLock(name, async () => {
      const target = join(this.home, this.hostFolder(fullName(to)));
      if ((await files.stat(target).catch(unlessMissing)) !== undefined)
        throw usageError('HOST_EXISTS', `a host named ${fullName(to)} exists already`, `see it with: ${swarmup`ls`}`);
      try {
        await this.#movePaths(name, fullName(to));
        await makePrivateFolder(dirname(target));
        // One step: a crash before it leaves the host where it was, and moving it again mends its paths.
        await files.rename(this.#machineFolder(name), target);
      } catch (error) {
        throw writeFailure(target, error);
      }
      await this.within(swarm).keepSwarmId();
    });
    await this.#tidy(from.swarm);
    return nameWithin(to, this.scope);
  }

  async remove(name: string): Promise<void> {
    const place = placeOfHost(name, this.scope);
    if (place === undefined) return;
    await this.#withRecordLock(name, async () => {
      const machine = this.#machineFolder(name);
      try {
        const removed = await this.folder('removed');
        // One step removes the record; the next removal deletes the files that a crash leaves there.
        await files.rename(machine, join(removed, crypto.randomUUID())).catch(unlessMissing);
        const leftovers = await files.readdir(removed);
        await Promise.all(leftovers.map((entry) => files.rm(join(removed, entry), { recursive: true, force: true })));
      } catch (error) {
        throw writeFailure(machine, error);
      }
    });
    await this.#tidy(place.swarm);
  }

  async readSwarm(name: string): Promise<SwarmRecord | undefined> {
    if (!isName(name)) return undefined;
    return readRecord(swarmKind, { path: this.#swarmPath(name), what: `swarm ${name}`, name });
  }

  async writeSwarm(record: SwarmRecord): Promise<void> {
    checkHostName(record.name, 'swarm');
    await this.folder(join('swarms', record.name));
    await writeFileAtomic(this.#swarmPath(record.name), toText(record));
  }

  async removeSwarm(name: string): Promise<void> {
    if (!isName(name)) return;
    await removeFile(this.#swarmPath(name));
    await this.#tidy(name);
  }

  async writeSecret(machine: string, file: string, data: string): Promise<void> {
    checkHostName(this.#place(machine).host);
    const path = join(this.#machineFolder(machine), file);
    await makePrivateFolder(dirname(path));
    await writeFileAtomic(path, data);
  }

  async readSecret(machine: string, file: string): Promise<string | undefined> {
    if (placeOfHost(machine, this.scope) === undefined) return undefined;
    const path = join(this.#machineFolder(machine), file);
    try {
      return await readIfThere(path);
    } catch (error) {
      throw readFailure(path, error);
    }
  }

  async removeSecret(machine: string, file: string): Promise<void> {
    if (placeOfHost(machine, this.scope) === undefined) return;
    await removeFile(join(this.#machineFolder(machine), file));
  }

  async folder(relative: string): Promise<string> {
    const path = join(this.home, relative);
    await makePrivateFolder(path);
    return path;
  }

  async withLock<T>(key: string, options: LockOptions, use: () => Promise<T>): Promise<T> {
    const { withFileLock } = await import('./lock.js');
    const path = join(this.home, 'locks', `${encodeURIComponent(key)}.lock`);
    return withFileLock(path, { ...options, key }, use);
  }

  #withRecordLock<T>(name: string, use: () => Promise<T>): Promise<T> {
    return this.withLock(`record-${this.fullName(name)}`, {}, use);
  }

  async #write(record: MachineRecord): Promise<void> {
    const path = this.#recordPath(record.name);
    await makePrivateFolder(dirname(path));
    await writeFileAtomic(path, toText({ ...record, name: this.#place(record.name).host }));
  }

  async #unknownHost(name: string): Promise<never> {
    const names = await this.names();
    const { nearest } = await import('../lib/nearest.js');
    const meant = nearest(name, names);
    const hints = meant.length > 0 ? [`did you mean ${meant.join(' or ')}?`] : [];
    throw usageError('HOST_UNKNOWN', `there is no host named ${name}`, ...hints, `see all hosts with: ${swarmup`ls`}`);
  }

  /** A name that no host can have belongs nowhere, and is checked where it matters. */
  #place(name: string): HostPlace {
    return placeOfHost(name, this.scope) ?? { host: name, swarm: this.scope };
  }

  async #movePaths(name: string, to: string): Promise<void> {
    const { movedPaths } = await import('./moved-paths.js');
    for (const file of ['machine.json', 'ssh_config']) {
      const path = join(this.#machineFolder(name), file);
      const text = await readIfThere(path);
      if (text === undefined) continue;
      await writeFileAtomic(path, movedPaths(text, this.home, this.hostFolder(name), this.hostFolder(to)));
    }
  }

  /** Removes the folders of a swarm that nothing is kept about any more. */
  async #tidy(swarm: string): Promise<void> {
    if (swarm === noSwarm) return;
    const folder = join(this.home, 'swarms', swarm);
    await files.rmdir(join(this.home, hostsFolder(swarm))).catch(() => undefined);
    const kept = await files.readdir(folder).catch(() => []);
    if (kept.every((entry) => entry === 'id')) await files.rm(folder, { recursive: true, force: true });
  }

  /** With `no-swarm`. */
  async #otherSwarms(): Promise<string[]> {
    return [...(await this.swarms()), noSwarm].filter((swarm) => swarm !== this.scope);
  }

  async #hostsOf(swarm: string): Promise<string[]> {
    const hosts = await this.#entries(hostsFolder(swarm));
    return hosts.map((host) => nameWithin({ host, swarm }, this.scope));
  }

  async #entries(folder: string): Promise<string[]> {
    const path = join(this.home, folder);
    try {
      return (await soon(() => readdirSync(path))).filter(isName).sort();
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return [];
      throw readFailure(path, error);
    }
  }

  #machineFolder(name: string): string {
    return join(this.home, this.hostFolder(name));
  }

  #recordPath(name: string): string {
    return join(this.#machineFolder(name), 'machine.json');
  }

  #idPath(): string {
    return this.scope === noSwarm ? join(this.home, 'id') : join(this.home, 'swarms', this.scope, 'id');
  }

  #swarmPath(name: string): string {
    return join(this.home, 'swarms', name, 'swarm.json');
  }
}

/** Relative to the store's folder. */
const hostsFolder = (swarm: string): string => (swarm === noSwarm ? 'hosts' : join('swarms', swarm, 'hosts'));

/** Ids of swarms that have no host yet, by the path where they will be kept. */
const comingIds = new Map<string, string>();

function comingId(path: string): string {
  const id = comingIds.get(path) ?? crypto.randomUUID();
  comingIds.set(path, id);
  return id;
}

/** How records of one kind are read: quickly, or with the schema library, which converts, and says what is wrong. */
interface Kind<T> {
  readonly sound: (text: string, name: string) => T | undefined;
  readonly format: (schemas: typeof recordSchemas) => RecordFormat<T>;
}

const machineKind: Kind<MachineRecord> = {
  sound: soundMachine,
  format: ({ machineFormat }) => machineFormat,
};
const swarmKind: Kind<SwarmRecord> = {
  sound: soundSwarm,
  format: ({ swarmFormat }) => swarmFormat,
};

async function readRecord<T extends { readonly name: string }>(
  kind: Kind<T>,
  source: RecordSource,
): Promise<T | undefined> {
  let text: string | undefined;
  try {
    text = await readIfThere(source.path);
  } catch (error) {
    // Not this record: the folder of the store is none.
    if (codeOf(error) === 'ENOTDIR') throw readFailure(source.path, error);
    throw (await import('./record-schema.js')).brokenRecord(source, systemReason(error), error);
  }
  if (text === undefined) return undefined;
  const sound = kind.sound(text, source.name);
  if (sound !== undefined) return sound;
  const schemas = await import('./record-schema.js');
  return schemas.parseRecord(kind.format(schemas), text, source);
}

async function readIfThere(path: string): Promise<string | undefined> {
  return soon(() => readFileSync(path, 'utf8')).catch(unlessMissing);
}

const brokenOf = (name: string, error: unknown): BrokenRecord => ({
  name,
  reason: messageOf(error),
  ...(codeOf(error) === 'RECORD_NEWER' && { isNewer: true }),
});

/** Reads at once, and fails like a promise. */
const soon = <T>(read: () => T): Promise<T> =>
  new Promise((resolve) => {
    resolve(read());
  });

async function removeFile(path: string): Promise<void> {
  await files.rm(path, { force: true }).catch((error: unknown) => {
    throw writeFailure(path, error);
  });
}

function unlessMissing(error: unknown): undefined {
  if (codeOf(error) !== 'ENOENT') throw error;
}

async function makePrivateFolder(path: string): Promise<void> {
  await files.mkdir(path, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw writeFailure(path, error);
  });
}

function readFailure(path: string, cause: unknown): SwarmupError {
  return new SwarmupError('STORE_READ_FAILED', `cannot read ${path}: ${systemReason(cause)}`, {
    hints: ['become the owner of the folder (chown), or set SWARMUP_HOME to another folder'],
    cause,
  });
}

/** People read these files too. */
function toText(record: MachineRecord | SwarmRecord): string {
  return `${JSON.stringify(record, undefined, 2)}\n`;
}
