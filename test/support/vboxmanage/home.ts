import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Machine, Registry } from './model.js';

/** The folder of all settings, by the variable that the real tool reads. */
export function userHome(): string {
  const folder = process.env['VBOX_USER_HOME'] ?? join(homedir(), '.config', 'VirtualBox');
  mkdirSync(folder, { recursive: true });
  return folder;
}

export const registryFile = (): string => join(userHome(), 'VirtualBox.xml');

const emptyRegistry = (): Registry => ({
  machines: [],
  media: [],
  hostOnly: [],
  // As after the installation.
  dhcp: [
    {
      network: 'HostInterfaceNetworking-vboxnet0',
      ip: '192.168.56.100',
      lower: '192.168.56.101',
      upper: '192.168.56.254',
      netmask: '255.255.255.0',
      enabled: true,
      configs: [],
    },
  ],
  natNetworks: [],
  extraData: {},
});

export function readRegistry(): Registry {
  const file = registryFile();
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Registry) : emptyRegistry();
}

/** Reads, changes and writes the registry while no other process does. What `change` throws leaves it as it was. */
export function changeRegistry<T>(change: (registry: Registry) => T): T {
  return withLock(join(userHome(), 'registry.lock'), () => {
    const registry = readRegistry();
    const result = change(registry);
    writeAtomically(registryFile(), registry);
    return result;
  });
}

export function readMachine(settingsFile: string): Machine | undefined {
  return existsSync(settingsFile) ? (JSON.parse(readFileSync(settingsFile, 'utf8')) as Machine) : undefined;
}

export function writeMachine(machine: Machine): void {
  mkdirSync(dirname(machine.settingsFile), { recursive: true });
  writeAtomically(machine.settingsFile, machine);
}

function writeAtomically(file: string, content: unknown): void {
  const next = `${file}.${caller().replaceAll('/', '-')}`;
  writeFileSync(next, JSON.stringify(content, undefined, 1));
  renameSync(next, file);
}

/** Who makes this call, as /proc knows it: a thread, since those of one process may make calls of their own. */
export const caller = (): string => readlinkSync('/proc/thread-self');

export function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** Longer than anything is done under the lock: what is older belonged to a process that was killed. */
const staleAfterMs = 10_000;

function withLock<T>(lock: string, work: () => T): T {
  while (!tryCreate(lock)) {
    const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > staleAfterMs) rmSync(lock, { force: true });
    sleep(2);
  }
  try {
    return work();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** Makes a file that must not be there. */
export function tryCreate(file: string, content = ''): boolean {
  try {
    const handle = openSync(file, 'wx');
    if (content !== '') writeFileSync(handle, content);
    closeSync(handle);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
