import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { deleteDisk } from '../disk-files.js';
import { comError, type Context, finishedBar, progressError } from '../failure.js';
import { isGiven, parseArguments, syntaxError } from '../grammar.js';
import { changeRegistry, writeMachine } from '../home.js';
import { childMedia, forgetMedium, usersOf } from '../media.js';
import { findEntry, logFolder, machineFolder, snapshotFolder } from '../machines.js';
import type { Machine, Medium, Registry } from '../model.js';
import { isLocked } from '../sessions.js';
import type { Command } from './command.js';

const deleting: Context = ['RTEXITCODE handleUnregisterVM(HandlerArg*)', 243, 'VBoxManageMisc'];

export const unregisterVm: Command = (args, { err }) => {
  const parsed = parseArguments({ command: 'unregistervm' }, args);
  const [name, more] = parsed.positional;
  if (name === undefined || more !== undefined) throw syntaxError('unregistervm', 'VM name required');
  const { uuid, machine } = findEntry(name, [
    'FindMachine(Bstr(VMName).raw(), machine.asOutParam())',
    228,
    'VBoxManageMisc',
  ]);
  const removesAll = isGiven(parsed, 'delete-all');
  const removes = removesAll || isGiven(parsed, 'delete');
  if (machine === undefined) return forgetInaccessible(uuid, removes);
  if (isLocked(machine)) {
    throw comError(
      `Cannot unregister the machine '${machine.name}' while it is locked`,
      'VBOX_E_INVALID_OBJECT_STATE',
      'Machine',
      [
        'Unregister(fDeleteAll ? CleanupMode_DetachAllReturnHardDisksAndVMRemovable :CleanupMode_DetachAllReturnHardDisksOnly, ComSafeArrayAsOutParam(aMedia))',
        232,
        'VBoxManageMisc',
      ],
    );
  }
  const media = changeRegistry((registry) => unregister(registry, machine, removes));
  if (!removes) return 0;
  deleteMachine(machine, media, removesAll);
  err(finishedBar);
  return 0;
};

/** It is unregistered all the same; only the deletion fails. */
function forgetInaccessible(uuid: string, removes: boolean): number {
  changeRegistry((registry) => {
    registry.machines = registry.machines.filter((entry) => entry.uuid !== uuid);
  });
  if (!removes) return 0;
  throw comError('The object is not ready', 'E_ACCESSDENIED', 'Machine', [
    'DeleteConfig(ComSafeArrayAsInParam(aMedia), pProgress.asOutParam())',
    239,
    'VBoxManageMisc',
  ]);
}

/** Takes the machine out of the registry; the hard disks that only it had. They go with it, unless they are deleted. */
function unregister(registry: Registry, machine: Machine, removes: boolean): readonly Medium[] {
  const disks = registry.media.filter(
    (medium) => medium.kind === 'hdd' && isOnly(usersOf(registry, medium), machine.uuid),
  );
  // With the bases that nobody has but they: left by snapshots that were deleted while the machine ran.
  for (const { parent } of disks) {
    const base = registry.media.find(({ uuid }) => uuid === parent);
    if (base !== undefined && !disks.includes(base) && usersOf(registry, base).length === 0) disks.push(base);
  }
  registry.machines = registry.machines.filter(({ uuid }) => uuid !== machine.uuid);
  if (!removes) {
    for (const disk of disks) forgetMedium(registry, disk);
    writeMachine({ ...machine, disks });
  }
  return disks;
}

const isOnly = (users: readonly string[], uuid: string): boolean =>
  users.length > 0 && users.every((user) => user === uuid);

/** Leaves first, as a base with children cannot be closed. What was deleted before a failure stays deleted. */
function deleteMachine(machine: Machine, disks: readonly Medium[], all: boolean): void {
  const hasDvd = machine.hardware.controllers.some(({ attachments }) =>
    attachments.some((one) => one.kind === 'dvd' && one.medium !== undefined),
  );
  // Recorded of 7.2.22: with a snapshot and a DVD image it always fails, the machine being unregistered by then.
  if (all && hasDvd && machine.snapshots.length > 0) {
    throw progressError(
      50,
      'E_ACCESSDENIED',
      comError('Machine delete failed\nThe object is not ready', 'E_ACCESSDENIED', 'Medium', deleting),
    );
  }
  const failure = changeRegistry((registry) => {
    const left = new Set(disks.map(({ uuid }) => uuid));
    while (left.size > 0) {
      const leaf = disks.find((medium) => left.has(medium.uuid) && childMedia(registry, medium).length === 0);
      if (leaf === undefined) break;
      deleteDisk(leaf);
      forgetMedium(registry, leaf);
      left.delete(leaf.uuid);
    }
    const stuck = disks.find(({ uuid }) => left.has(uuid));
    if (stuck !== undefined) return childrenLeft(registry, stuck);
    if (all) closeDvds(registry, machine);
    return undefined;
  });
  if (failure !== undefined) throw failure;
  for (const ending of ['', '-prev']) rmSync(`${machine.settingsFile}${ending}`, { force: true });
  for (const folder of [snapshotFolder(machine), logFolder(machine)]) rmSync(folder, { recursive: true, force: true });
  const folder = machineFolder(machine);
  if (existsSync(folder) && readdirSync(folder).length === 0) rmdirSync(folder);
}

function childrenLeft(registry: Registry, medium: Medium): Error {
  const text = `Machine delete failed\nCannot close medium '${medium.location}' because it has ${String(childMedia(registry, medium).length)} child media`;
  return progressError(30, 'VBOX_E_OBJECT_IN_USE', comError(text, 'VBOX_E_OBJECT_IN_USE', 'Medium', deleting));
}

/** Images in the machine's own folder go with it. */
function closeDvds(registry: Registry, machine: Machine): void {
  const own = registry.media.filter(
    ({ kind, location }) => kind === 'dvd' && location.startsWith(join(machineFolder(machine), '/')),
  );
  for (const medium of own) {
    rmSync(medium.location, { force: true });
    forgetMedium(registry, medium);
  }
}
