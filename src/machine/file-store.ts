import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { codeOf, messageOf, SwarmupError, systemReason, usageError } from '../lib/errors.js';
import { swarmup } from '../lib/typed-command.js';
import type { BrokenRecord, MachineRecord, SwarmRecord } from './machine-record.js';
import { fullName, type HostPlace, isName, nameWithin, noSwarm, placeOfHost } from './names.js';
import type * as recordSchemas from './record-schema.js';
import type { RecordFormat, RecordSource } from './record-schema.js';
import { soundMachine, soundSwarm } from './record-shapes.js';
import type { Salvage } from './salvage-record.js';
import type { LockOptions, Store } from './store.js';
import type { StoreChanges } from './store-changes.js';
import { hostsFolder, readIfThere, soon, StorePaths } from './store-paths.js';

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
  readonly #paths: StorePaths;

  constructor(
    readonly home: string,
    readonly scope: string,
  ) {
    this.#paths = new StorePaths(home, scope);
  }

  within(scope: string): Store {
    return new FileStore(this.home, scope);
  }

  fullName(name: string): string {
    return fullName(this.#paths.place(name));
  }

  outsideName(name: string): string {
    return nameWithin(this.#paths.place(name), 'default');
  }

  swarmId(): string {
    const path = this.#paths.idPath();
    try {
      return readFileSync(path, 'utf8').trim();
    } catch {
      return comingId(path);
    }
  }

  hostFolder(name: string): string {
    return this.#paths.hostFolder(name);
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
      path: this.#paths.recordPath(name),
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
    return salvageRecord(this.#paths.recordPath(name));
  }

  async readSwarm(name: string): Promise<SwarmRecord | undefined> {
    if (!isName(name)) return undefined;
    return readRecord(swarmKind, { path: this.#paths.swarmPath(name), what: `swarm ${name}`, name });
  }

  async readSecret(machine: string, file: string): Promise<string | undefined> {
    if (placeOfHost(machine, this.scope) === undefined) return undefined;
    const path = join(this.#paths.machineFolder(machine), file);
    try {
      return await readIfThere(path);
    } catch (error) {
      throw readFailure(path, error);
    }
  }

  async keepSwarmId(id?: string): Promise<void> {
    await (await this.#changes()).keepSwarmId(id);
  }

  async setAside(name: string): Promise<void> {
    await (await this.#changes()).setAside(name);
  }

  async add(record: MachineRecord): Promise<void> {
    await (await this.#changes()).add(record);
  }

  async update(name: string, change: (record: MachineRecord) => MachineRecord): Promise<MachineRecord> {
    return (await this.#changes()).update(name, change);
  }

  async move(name: string, swarm: string): Promise<string> {
    return (await this.#changes()).move(name, swarm);
  }

  async remove(name: string): Promise<void> {
    await (await this.#changes()).remove(name);
  }

  async writeSwarm(record: SwarmRecord): Promise<void> {
    await (await this.#changes()).writeSwarm(record);
  }

  async removeSwarm(name: string): Promise<void> {
    await (await this.#changes()).removeSwarm(name);
  }

  async writeSecret(machine: string, file: string, data: string): Promise<void> {
    await (await this.#changes()).writeSecret(machine, file, data);
  }

  async removeSecret(machine: string, file: string): Promise<void> {
    await (await this.#changes()).removeSecret(machine, file);
  }

  async folder(relative: string): Promise<string> {
    return (await this.#changes()).folder(relative);
  }

  async withLock<T>(key: string, options: LockOptions, use: () => Promise<T>): Promise<T> {
    const { withFileLock } = await import('./lock.js');
    const path = join(this.home, 'locks', `${encodeURIComponent(key)}.lock`);
    return withFileLock(path, { ...options, key }, use);
  }

  async #changes(): Promise<StoreChanges> {
    const { StoreChanges: Changes } = await import('./store-changes.js');
    return new Changes(this, this.#paths);
  }

  async #unknownHost(name: string): Promise<never> {
    const names = await this.names();
    const { nearest } = await import('../lib/nearest.js');
    const meant = nearest(name, names);
    const hints = meant.length > 0 ? [`did you mean ${meant.join(' or ')}?`] : [];
    throw usageError('HOST_UNKNOWN', `there is no host named ${name}`, ...hints, `see all hosts with: ${swarmup`ls`}`);
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
}

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

const brokenOf = (name: string, error: unknown): BrokenRecord => ({
  name,
  reason: messageOf(error),
  ...(codeOf(error) === 'RECORD_NEWER' && { isNewer: true }),
});

function readFailure(path: string, cause: unknown): SwarmupError {
  return new SwarmupError('STORE_READ_FAILED', `cannot read ${path}: ${systemReason(cause)}`, {
    hints: ['become the owner of the folder (chown), or set SWARMUP_HOME to another folder'],
    cause,
  });
}
