import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { commitOverlay, createOverlay, rebaseOverlay, writeUuid } from '../disk-images.js';
import { deleteDisk, mergeDisk } from '../disk-files.js';
import { comError, type Context, Failure, finishedBar } from '../failure.js';
import { isGiven, parseArguments, type Parsed, syntaxError, valueOf } from '../grammar.js';
import { changeRegistry, writeMachine } from '../home.js';
import { childMedia, forgetMedium, newMedium } from '../media.js';
import { findMachine, snapshotFolder } from '../machines.js';
import type { Hardware, Machine, Medium, Registry, Snapshot } from '../model.js';
import type { Output } from '../output.js';
import { machineState, needNoSpawning, vmProcess, withSession } from '../sessions.js';
import { orderVm } from '../vm/orders.js';
import type { Command } from './command.js';
import { showText } from './show-vm-text.js';
import { childrenOf, snapshotLines, snapshotTree } from './show-vm-lines.js';

const file = 'VBoxManageSnapshot';

type Act = (machine: Machine, parsed: Parsed, output: Output) => number | Promise<number>;

const actions: Readonly<Record<string, Act>> = {
  take,
  delete: remove,
  restore,
  restorecurrent,
  edit,
  list,
  showvminfo,
};

export const snapshot: Command = async (args, output) => {
  const [vm, action = '', ...rest] = args;
  if (vm === undefined || action === '') throw syntaxError('snapshot', 'Not enough parameters');
  const machine = findMachine(vm, ['FindMachine(bstrMachine.raw(), pMachine.asOutParam())', 420, file]);
  const act = actions[action];
  if (act === undefined) throw syntaxError('snapshot', `Invalid parameter '${action}'`);
  const parsed = parseArguments(
    { command: 'snapshot', form: new RegExp(`vmname> ${action}\\b`), aliases: { desc: 'description' } },
    rest,
  );
  const lockContext: Context = ['LockMachine(a->session, LockType_Shared)', 432, file];
  needNoSpawning(machine, lockContext);
  // Of a running machine the process takes part in it.
  const live = vmProcess(machine) !== undefined;
  if (live) return act(machine, parsed, output);
  return withSession(machine, { command: 'snapshot', kind: 'shared', context: lockContext }, () =>
    act(machine, parsed, output),
  );
};

async function take(machine: Machine, parsed: Parsed, { out, err }: Output): Promise<number> {
  const [name] = parsed.positional;
  if (name === undefined) throw syntaxError('snapshot', 'Missing snapshot name');
  const uuid = randomUUID();
  const live = vmProcess(machine) !== undefined;
  const stateFile = live ? join(snapshotFolder(machine), `${uuid}.sav`) : machine.stateFile;
  const frozen = structuredClone(machine.hardware);
  mkdirSync(snapshotFolder(machine), { recursive: true });
  changeRegistry((registry) => {
    for (const [disk, attachment] of hardDisks(registry, machine.hardware)) {
      attachment.medium = addOverlay(registry, disk, snapshotFolder(machine)).uuid;
    }
  });
  const { currentSnapshot } = machine;
  machine.snapshots.push({
    uuid,
    name,
    description: valueOf(parsed, 'description') ?? '',
    ...(currentSnapshot !== undefined && { parent: currentSnapshot }),
    taken: new Date().toISOString(),
    hardware: frozen,
    ...(stateFile !== undefined && { stateFile }),
  });
  machine.currentSnapshot = uuid;
  writeMachine(machine);
  // It finds the new disks in the settings.
  if (live) await orderVm(machine, { order: 'snapshot', stateFile: stateFile ?? '' });
  err(finishedBar);
  out(`Snapshot taken. UUID: ${uuid}\n`);
  return 0;
}

type Slot = Hardware['controllers'][number]['attachments'][number];

/** Hard disks that snapshots freeze, with where they are attached. */
export function hardDisks({ media }: Registry, { controllers }: Hardware): (readonly [Medium, Slot])[] {
  return controllers.flatMap(({ attachments }) =>
    attachments.flatMap((slot) => {
      const disk = media.find(({ uuid }) => uuid === slot.medium);
      return disk?.kind !== 'hdd' || disk.type === 'writethrough' ? [] : [[disk, slot] as const];
    }),
  );
}

/** A new disk that holds what differs from `parent`. */
export function addOverlay(registry: Registry, parent: Medium, folder: string): Medium {
  const uuid = randomUUID();
  const location = join(folder, `{${uuid}}.vdi`);
  mkdirSync(folder, { recursive: true });
  createOverlay(location, parent.location);
  writeUuid(location, uuid);
  const medium = newMedium({
    uuid,
    kind: 'hdd',
    location,
    format: 'VDI',
    bytes: parent.bytes,
    type: 'normal',
    parent: parent.uuid,
  });
  registry.media.push(medium);
  return medium;
}

function findSnapshot(machine: Machine, nameOrUuid: string | undefined): Snapshot {
  if (nameOrUuid === undefined) throw syntaxError('snapshot', 'Expecting snapshot name only');
  const wanted = nameOrUuid.replace(/^\{(.*)\}$/, '$1').toLowerCase();
  // Of several of one name the first.
  const found =
    machine.snapshots.find(({ uuid }) => uuid === wanted) ?? machine.snapshots.find(({ name }) => name === nameOrUuid);
  if (found !== undefined) return found;
  const text =
    machine.snapshots.length === 0
      ? 'This machine does not have any snapshots'
      : `Could not find a snapshot named '${nameOrUuid}'`;
  throw comError(text, 'VBOX_E_OBJECT_NOT_FOUND', 'SessionMachine', [
    'FindSnapshot(Bstr(a->argv[2]).raw(), pSnapshot.asOutParam())',
    537,
    file,
  ]);
}

function restore(machine: Machine, { positional }: Parsed, output: Output): number {
  return restoreTo(machine, findSnapshot(machine, positional[0]), output);
}

function restorecurrent(machine: Machine, _parsed: Parsed, output: Output): number {
  return restoreTo(machine, findSnapshot(machine, machine.currentSnapshot), output);
}

/** Settings and disks become those of the snapshot; what was since then is gone. Names and extra data stay. */
function restoreTo(machine: Machine, wanted: Snapshot, { out, err }: Output): number {
  out(`Restoring snapshot '${wanted.name}' (${wanted.uuid})\n`);
  if (vmProcess(machine) !== undefined) {
    const state = machineState(machine).state === 'paused' ? 'Paused' : 'Running';
    throw comError(
      `Cannot delete the current state of the running machine (machine state: ${state})`,
      'VBOX_E_INVALID_VM_STATE',
      'SessionMachine',
      ['RestoreSnapshot(pSnapshot, pProgress.asOutParam())', 560, file],
    );
  }
  changeRegistry((registry) => {
    for (const [disk] of hardDisks(registry, machine.hardware)) {
      const frozen = machine.snapshots.some(({ hardware }) =>
        hardDisks(registry, hardware).some(([other]) => other.uuid === disk.uuid),
      );
      if (!frozen) dropDisk(registry, disk);
    }
    machine.hardware = structuredClone(wanted.hardware);
    for (const [disk, slot] of hardDisks(registry, machine.hardware))
      slot.medium = addOverlay(registry, disk, snapshotFolder(machine)).uuid;
  });
  machine.currentSnapshot = wanted.uuid;
  machine.state = wanted.stateFile === undefined ? 'poweroff' : 'saved';
  machine.stateChanged = new Date().toISOString();
  if (wanted.stateFile === undefined) delete machine.stateFile;
  else machine.stateFile = wanted.stateFile;
  writeMachine(machine);
  err(finishedBar);
  return 0;
}

function dropDisk(registry: Registry, disk: Medium): void {
  deleteDisk(disk);
  forgetMedium(registry, disk);
}

const deleteContext: Context = ['DeleteSnapshot(bstrSnapGuid.raw(), pProgress.asOutParam())', 554, file];

function remove(machine: Machine, { positional }: Parsed, { out, err }: Output): number {
  const wanted = findSnapshot(machine, positional[0]);
  out(`Deleting snapshot '${wanted.name}' (${wanted.uuid})\n`);
  const children = childrenOf(machine.snapshots, wanted.uuid);
  const refusal =
    children.length > 1
      ? `it has ${String(children.length)} child snapshots, which is more than the one snapshot allowed for deletion`
      : children.length === 1 && wanted.uuid === machine.currentSnapshot
        ? 'it is the current snapshot and has one child snapshot'
        : undefined;
  if (refusal !== undefined) {
    throw comError(
      `Snapshot '${wanted.name}' of the machine '${machine.name}' cannot be deleted, because ${refusal}`,
      'VBOX_E_INVALID_OBJECT_STATE',
      'SessionMachine',
      deleteContext,
    );
  }
  const live = vmProcess(machine) !== undefined;
  changeRegistry((registry) => {
    for (const [disk] of hardDisks(registry, wanted.hardware)) merge(registry, machine, disk, live);
  });
  machine.snapshots = machine.snapshots.filter((one) => one !== wanted);
  for (const child of children) {
    if (wanted.parent === undefined) delete child.parent;
    else child.parent = wanted.parent;
  }
  if (machine.currentSnapshot === wanted.uuid) {
    if (wanted.parent === undefined) delete machine.currentSnapshot;
    else machine.currentSnapshot = wanted.parent;
  }
  if (wanted.stateFile !== undefined && wanted.stateFile !== machine.stateFile)
    rmSync(wanted.stateFile, { force: true });
  writeMachine(machine);
  err(finishedBar);
  return 0;
}

/** The one child of a frozen disk goes into it; its place in the machine is taken by the merged one. */
function merge(registry: Registry, machine: Machine, disk: Medium, live: boolean): void {
  const [child, ...others] = childMedia(registry, disk);
  // A disk that others are based on as well, such as linked clones, stays.
  if (child === undefined || others.length > 0 || live) return;
  commitOverlay(child.location);
  for (const grandchild of childMedia(registry, child)) {
    rebaseOverlay(grandchild.location, disk.location);
    grandchild.parent = disk.uuid;
  }
  disk.bytes = Math.max(disk.bytes, child.bytes);
  const everywhere = [machine.hardware, ...machine.snapshots.map(({ hardware }) => hardware)];
  for (const { controllers } of everywhere) {
    for (const { attachments } of controllers)
      for (const slot of attachments) if (slot.medium === child.uuid) slot.medium = disk.uuid;
  }
  mergeDisk(child, disk);
  forgetMedium(registry, child);
}

function edit(machine: Machine, parsed: Parsed): number {
  const wanted = findSnapshot(machine, isGiven(parsed, 'current') ? machine.currentSnapshot : parsed.positional[0]);
  wanted.name = valueOf(parsed, 'name') ?? wanted.name;
  wanted.description = valueOf(parsed, 'description') ?? wanted.description;
  writeMachine(machine);
  return 0;
}

/** Without snapshots it fails, and says so on stdout. */
function list(machine: Machine, parsed: Parsed, { out }: Output): number {
  if (machine.snapshots.length === 0) {
    out('This machine does not have any snapshots\n');
    throw new Failure('');
  }
  const lines = isGiven(parsed, 'machinereadable') ? snapshotLines(machine) : snapshotTree(machine);
  out(`${lines.join('\n')}\n`);
  return 0;
}

function showvminfo(machine: Machine, { positional }: Parsed, { out }: Output): number {
  const wanted = findSnapshot(machine, positional[0]);
  out(
    showText({ ...machine, hardware: wanted.hardware, state: 'poweroff', stateChanged: wanted.taken, description: '' }),
  );
  return 0;
}
