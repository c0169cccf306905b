import { basename, dirname, extname, join } from 'node:path';
import { comError, type Context } from './failure.js';
import { readMachine, readRegistry } from './home.js';
import type { Machine, Registry } from './model.js';

export const uuidPattern = /^\{?([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\}?$/i;

/** Every registered machine; `machine` is undefined where the settings file is gone. */
export function allMachines(
  registry: Registry = readRegistry(),
): { readonly uuid: string; readonly machine: Machine | undefined }[] {
  return registry.machines.map(({ uuid, settingsFile }) => ({ uuid, machine: readMachine(settingsFile) }));
}

/** By UUID or by name; of several of one name the first. `use` shows the call in the error. */
export function findMachine(nameOrUuid: string, use: Context): Machine {
  const found = findEntry(nameOrUuid, use);
  if (found.machine !== undefined) return found.machine;
  throw comError('The object functionality is limited', 'E_ACCESSDENIED', 'Machine', limitedBy(use));
}

/** What a call of an inaccessible machine gets to; showvminfo locks it first. */
const limitedBy = (use: Context): Context =>
  use[2] === 'VBoxManageInfo' ? ['LockMachine(a->session, LockType_Shared)', 3328, 'VBoxManageInfo'] : use;

/** As findMachine; `machine` is undefined where the settings file is gone. */
export function findEntry(
  nameOrUuid: string,
  use: Context,
): { readonly uuid: string; readonly machine: Machine | undefined } {
  const uuid = uuidPattern.exec(nameOrUuid)?.[1]?.toLowerCase();
  const found = allMachines().find((entry) =>
    uuid === undefined ? entry.machine?.name === nameOrUuid : entry.uuid === uuid,
  );
  if (found !== undefined) return found;
  const which = uuid === undefined ? `named '${nameOrUuid}'` : `with UUID {${uuid}}`;
  throw comError(`Could not find a registered machine ${which}`, 'VBOX_E_OBJECT_NOT_FOUND', 'VirtualBox', use);
}

export const machineFolder = ({ settingsFile }: Pick<Machine, 'settingsFile'>): string => dirname(settingsFile);
export const snapshotFolder = (machine: Machine): string => join(machineFolder(machine), 'Snapshots');
export const logFolder = (machine: Machine): string => join(machineFolder(machine), 'Logs');

/** Where the first serial port writes to; undefined without one: nobody sees what the guest says then. */
export function serialFile({ hardware: { settings } }: Machine): string | undefined {
  if ((settings['uart1'] ?? 'off') === 'off') return undefined;
  return /^file (.*)$/.exec(settings['uart-mode1'] ?? '')?.[1];
}

/** A file beside the settings, of the same name. */
export function besideSettings({ settingsFile }: Machine, ending: string): string {
  return join(dirname(settingsFile), `${basename(settingsFile, extname(settingsFile))}${ending}`);
}

/** What the file system may not hold is replaced, and what would hide the file. */
export const fileName = (name: string): string => name.replace(/[\\/:*?"<>|\x00-\x1f]/g, '_').replace(/^\./, '_');
