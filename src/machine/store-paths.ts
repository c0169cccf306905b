import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from '../lib/errors.js';
import { type HostPlace, noSwarm, placeOfHost } from './names.js';

/** Where a store that is opened for `scope` keeps what; `openStore` lists it. Touches no file. */
export class StorePaths {
  constructor(
    readonly home: string,
    readonly scope: string,
  ) {}

  /** A name that no host can have belongs nowhere, and is checked where it matters. */
  place(name: string): HostPlace {
    return placeOfHost(name, this.scope) ?? { host: name, swarm: this.scope };
  }

  /** Relative to the store's folder. */
  hostFolder(name: string): string {
    const { host, swarm } = this.place(name);
    return join(hostsFolder(swarm), host);
  }

  machineFolder(name: string): string {
    return join(this.home, this.hostFolder(name));
  }

  recordPath(name: string): string {
    return join(this.machineFolder(name), 'machine.json');
  }

  /** Of the scope. */
  idPath(): string {
    return this.scope === noSwarm ? join(this.home, 'id') : join(this.home, 'swarms', this.scope, 'id');
  }

  swarmPath(name: string): string {
    return join(this.home, 'swarms', name, 'swarm.json');
  }
}

/** Relative to the store's folder. */
export const hostsFolder = (swarm: string): string => (swarm === noSwarm ? 'hosts' : join('swarms', swarm, 'hosts'));

/** undefined: there is no such file. */
export async function readIfThere(path: string): Promise<string | undefined> {
  return soon(() => readFileSync(path, 'utf8')).catch(unlessMissing);
}

/** Reads at once, and fails like a promise. */
export const soon = <T>(read: () => T): Promise<T> =>
  new Promise((resolve) => {
    resolve(read());
  });

/** For errors of file operations: what is missing is undefined. */
export function unlessMissing(error: unknown): undefined {
  if (codeOf(error) !== 'ENOENT') throw error;
}
