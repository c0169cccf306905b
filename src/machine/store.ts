import type { BrokenRecord, MachineRecord, SwarmRecord } from './machine-record.js';
import type { Salvage } from './salvage-record.js';

/** Options of anything that waits for a lock. */
export interface LockOptions {
  readonly signal?: AbortSignal | undefined;
  /** How long to wait for the holder; its name goes into the LOCKED error (exit 5). */
  readonly timeoutMs?: number;
  /** Called once if another process holds the lock, with a sentence that names the holder. */
  readonly onWait?: (message: string) => void;
}

/**
 * Everything swarmup keeps between two commands. All writes are atomic; all changes happen under a lock.
 *
 * Every host belongs to the swarm that it was made for, or to none (`no-swarm`). A store is opened for one of them, its
 * `scope`: hosts of the scope have short names (`agent1`), all others their full names (`agent1.lab`), also in the
 * records that it returns. So a name is unique for a command, and right to be typed again.
 */
export interface Store {
  /** Absolute path of the store's folder. */
  readonly home: string;
  /** The swarm whose hosts have short names, or `no-swarm`. */
  readonly scope: string;
  /** The same store, opened for another swarm. */
  within(scope: string): Store;
  /** What programs call it that know no scope (docker contexts, ssh): short for hosts of swarm `default`, else full. */
  outsideName(name: string): string;
  /** `agent1.lab`, also for hosts of the scope: for locks. */
  fullName(name: string): string;
  /**
   * The id (UUID) of the scope: it distinguishes two swarms of one name, of two people or one after the other. It
   * stays when the store is moved, and goes with the swarm to another store. Of a swarm without hosts it is the one
   * that its first host will keep in this process. Reads only.
   */
  swarmId(): string;
  /** Keeps an id for the scope, unless one is kept; `add` does it. */
  keepSwarmId(id?: string): Promise<void>;
  /** Folder of a host, which need not exist, relative to the store's folder. */
  hostFolder(name: string): string;
  /** Every record, by name; never fails because one of them is broken. */
  list(): Promise<{ readonly machines: readonly MachineRecord[]; readonly broken: readonly BrokenRecord[] }>;
  /**
   * The names that have a folder, those of the scope first, sorted, without reading the records: a host whose `create` has just started has none
   * yet.
   */
  names(): Promise<readonly string[]>;
  /** What a word can name: the host that it names as it is, else, of a short name, all hosts of that name. */
  named(word: string): Promise<readonly string[]>;
  /** undefined if there is no record. Errors: RECORD_BROKEN, RECORD_NEWER (exit 1, the file is not changed). */
  read(name: string): Promise<MachineRecord | undefined>;
  /** Like `read`, but a missing record is an error: HOST_UNKNOWN (exit 2), with the nearest names as hints. */
  require(name: string): Promise<MachineRecord>;
  /** What is left of a record that `read` refuses. undefined: there is no file. */
  salvage(name: string): Promise<Salvage | undefined>;
  /** Renames the file of a record that cannot be read to `machine.json.broken`, to make room for a new one. */
  setAside(name: string): Promise<void>;
  /** Writes a new record. Errors: HOST_EXISTS when there is one of that name. */
  add(record: MachineRecord): Promise<void>;
  /** Reads, changes and writes a record under its lock; returns the new record. Errors: HOST_UNKNOWN, LOCKED. */
  update(name: string, change: (record: MachineRecord) => MachineRecord): Promise<MachineRecord>;
  /**
   * Makes a host, with its keys and certificates, belong to another swarm (or to none); returns its new name. It is safe
   * to repeat after an interruption. Errors: HOST_UNKNOWN, HOST_EXISTS (exit 2) when the swarm has a host of that name.
   */
  move(name: string, swarm: string): Promise<string>;
  /** Removes the record with its keys and certificates. It is not an error if there is none. */
  remove(name: string): Promise<void>;

  readSwarm(name: string): Promise<SwarmRecord | undefined>;
  writeSwarm(record: SwarmRecord): Promise<void>;
  removeSwarm(name: string): Promise<void>;

  /** The swarms that something is kept about, sorted; `no-swarm` is none. */
  swarms(): Promise<readonly string[]>;

  /** Keeps a file with mode 0600 in the host's own folder; `readSecret` gives it back, undefined when absent. */
  writeSecret(machine: string, file: string, data: string): Promise<void>;
  readSecret(machine: string, file: string): Promise<string | undefined>;
  /** Fine when it is absent. */
  removeSecret(machine: string, file: string): Promise<void>;
  /** Path of a folder in the store (created 0700), as in `folder('certs')`. */
  folder(relative: string): Promise<string>;

  /** Runs `use` while this process alone holds the named lock (`swarm-default`, `driver-docker`, …). Not reentrant. */
  withLock<T>(key: string, options: LockOptions, use: () => Promise<T>): Promise<T>;
}
