import { promises as files } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeFolder } from '../lib/make-folder.js';
import { usageError } from '../lib/errors.js';
import { swarmup } from '../lib/typed-command.js';
import { writeFailure, writeFileAtomic } from './atomic-file.js';
import type { MachineRecord, SwarmRecord } from './machine-record.js';
import { checkHostName } from './check-names.js';
import { fullName, isName, nameWithin, noSwarm, placeOfHost } from './names.js';
import type { Store } from './store.js';
import { hostsFolder, readIfThere, type StorePaths, unlessMissing } from './store-paths.js';

/** What changes a store: the functions of `Store` that write. It reads through the store itself. */
export class StoreChanges {
  readonly #store: Store;
  readonly #paths: StorePaths;

  constructor(store: Store, paths: StorePaths) {
    this.#store = store;
    this.#paths = paths;
  }

  async keepSwarmId(id?: string): Promise<void> {
    const path = this.#paths.idPath();
    if ((await readIfThere(path)) !== undefined) return;
    await makePrivateFolder(dirname(path));
    await this.#store.withLock(`record-id-${this.#store.scope}`, {}, async () => {
      if ((await readIfThere(path)) === undefined) await writeFileAtomic(path, `${id ?? this.#store.swarmId()}\n`);
    });
  }

  async setAside(name: string): Promise<void> {
    const path = this.#paths.recordPath(name);
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
    checkHostName(this.#paths.place(record.name).host);
    await this.#withRecordLock(record.name, async () => {
      const existing = await readIfThere(this.#paths.recordPath(record.name));
      if (existing !== undefined)
        throw usageError('HOST_EXISTS', `a host named ${record.name} exists already`, `see it with: ${swarmup`ls`}`);
      await this.#write(record);
      await this.#store.within(this.#paths.place(record.name).swarm).keepSwarmId();
    });
  }

  async update(name: string, change: (record: MachineRecord) => MachineRecord): Promise<MachineRecord> {
    // Looked up first, as the lock of a host that is not there is of no use.
    await this.#store.require(name);
    return this.#withRecordLock(name, async () => {
      const changed = change(await this.#store.require(name));
      if (this.#store.fullName(changed.name) !== this.#store.fullName(name))
        throw new Error(`the record of ${name} cannot become that of ${changed.name}`);
      await this.#write(changed);
      return changed;
    });
  }

  async move(name: string, swarm: string): Promise<string> {
    await this.#store.require(name);
    const from = this.#paths.place(name);
    const to = { host: from.host, swarm };
    if (from.swarm === swarm) return nameWithin(from, this.#store.scope);
    await this.#withRecordLock(name, async () => {
      const target = join(this.#store.home, this.#store.hostFolder(fullName(to)));
      if ((await files.stat(target).catch(unlessMissing)) !== undefined)
        throw usageError('HOST_EXISTS', `a host named ${fullName(to)} exists already`, `see it with: ${swarmup`ls`}`);
      try {
        await this.#movePaths(name, fullName(to));
        await makePrivateFolder(dirname(target));
        // One step: a crash before it leaves the host where it was, and moving it again mends its paths.
        await files.rename(this.#paths.machineFolder(name), target);
      } catch (error) {
        throw writeFailure(target, error);
      }
      await this.#store.within(swarm).keepSwarmId();
    });
    await this.#tidy(from.swarm);
    return nameWithin(to, this.#store.scope);
  }

  async remove(name: string): Promise<void> {
    const place = placeOfHost(name, this.#store.scope);
    if (place === undefined) return;
    await this.#withRecordLock(name, async () => {
      const machine = this.#paths.machineFolder(name);
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

  async writeSwarm(record: SwarmRecord): Promise<void> {
    checkHostName(record.name, 'swarm');
    await this.folder(join('swarms', record.name));
    await writeFileAtomic(this.#paths.swarmPath(record.name), toText(record));
  }

  async removeSwarm(name: string): Promise<void> {
    if (!isName(name)) return;
    await removeFile(this.#paths.swarmPath(name));
    await this.#tidy(name);
  }

  async writeSecret(machine: string, file: string, data: string): Promise<void> {
    checkHostName(this.#paths.place(machine).host);
    const path = join(this.#paths.machineFolder(machine), file);
    await makePrivateFolder(dirname(path));
    await writeFileAtomic(path, data);
  }

  async removeSecret(machine: string, file: string): Promise<void> {
    if (placeOfHost(machine, this.#store.scope) === undefined) return;
    await removeFile(join(this.#paths.machineFolder(machine), file));
  }

  async folder(relative: string): Promise<string> {
    const path = join(this.#store.home, relative);
    await makePrivateFolder(path);
    return path;
  }

  #withRecordLock<T>(name: string, use: () => Promise<T>): Promise<T> {
    return this.#store.withLock(`record-${this.#store.fullName(name)}`, {}, use);
  }

  async #write(record: MachineRecord): Promise<void> {
    const path = this.#paths.recordPath(record.name);
    await makePrivateFolder(dirname(path));
    await writeFileAtomic(path, toText({ ...record, name: this.#paths.place(record.name).host }));
  }

  async #movePaths(name: string, to: string): Promise<void> {
    const { movedPaths } = await import('./moved-paths.js');
    for (const file of ['machine.json', 'ssh_config']) {
      const path = join(this.#paths.machineFolder(name), file);
      const text = await readIfThere(path);
      if (text === undefined) continue;
      await writeFileAtomic(
        path,
        movedPaths(text, this.#store.home, this.#store.hostFolder(name), this.#store.hostFolder(to)),
      );
    }
  }

  /** Removes the folders of a swarm that nothing is kept about any more. */
  async #tidy(swarm: string): Promise<void> {
    if (swarm === noSwarm) return;
    const folder = join(this.#store.home, 'swarms', swarm);
    await files.rmdir(join(this.#store.home, hostsFolder(swarm))).catch(() => undefined);
    const kept = await files.readdir(folder).catch(() => []);
    if (kept.every((entry) => entry === 'id')) await files.rm(folder, { recursive: true, force: true });
  }
}

async function removeFile(path: string): Promise<void> {
  await files.rm(path, { force: true }).catch((error: unknown) => {
    throw writeFailure(path, error);
  });
}

async function makePrivateFolder(path: string): Promise<void> {
  await makeFolder(path, 0o700).catch((error: unknown) => {
    throw writeFailure(path, error);
  });
}

/** People read these files too. */
function toText(record: MachineRecord | SwarmRecord): string {
  return `${JSON.stringify(record, undefined, 2)}\n`;
}
