import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { convertImage, readHead, writeUuid } from '../disk-images.js';
import { comError, type Context, finishedBar, progressError } from '../failure.js';
import { isGiven, parseArguments, syntaxError, valueOf } from '../grammar.js';
import { changeRegistry, readRegistry, writeMachine } from '../home.js';
import { randomMac } from '../machine-defaults.js';
import { newMedium } from '../media.js';
import { findMachine, machineFolder, snapshotFolder } from '../machines.js';
import type { Hardware, Machine, Medium, Registry } from '../model.js';
import { vmProcess } from '../sessions.js';
import type { Command } from './command.js';
import { defaultMachineFolder, register, settingsPath } from './create-vm.js';
import { addOverlay, hardDisks } from './snapshot.js';

const file = 'VBoxManageMisc';
const cloneContext: Context = [
  'CloneTo(trgMachine, mode, ComSafeArrayAsInParam(options), progress.asOutParam())',
  757,
  file,
];

export const cloneVm: Command = (args, { out, err }) => {
  const parsed = parseArguments({ command: 'clonevm' }, args);
  const [vm, more] = parsed.positional;
  if (vm === undefined || more !== undefined) throw syntaxError('clonevm', 'VM name required');
  const source = findMachine(vm, ['FindMachine(Bstr(pszSrcName).raw(), srcMachine.asOutParam())', 690, file]);
  const options = readOptions(valueOf(parsed, 'options') ?? '');
  const hardware = hardwareOf(source, valueOf(parsed, 'snapshot'));
  if (options.includes('link') && hardware === undefined) {
    throw comError('Linked clone can only be created from a snapshot', 'NS_ERROR_INVALID_ARG', 'Machine', cloneContext);
  }
  const name = valueOf(parsed, 'name') ?? `${source.name} Clone`;
  const clone = describe(source, structuredClone(hardware ?? source.hardware), {
    name,
    uuid: valueOf(parsed, 'uuid') ?? randomUUID(),
    settingsFile: settingsPath(
      valueOf(parsed, 'basefolder') ?? defaultMachineFolder(),
      valueOf(parsed, 'groups') ?? '/',
      name,
    ),
  });
  if (existsSync(clone.settingsFile)) {
    throw comError(
      `Machine settings file '${clone.settingsFile}' already exists`,
      'VBOX_E_FILE_ERROR',
      'Machine',
      cloneContext,
    );
  }
  if (!options.includes('keepallmacs')) newMacs(clone);
  changeRegistry((registry) => {
    for (const [disk, slot] of hardDisks(registry, clone.hardware)) {
      slot.medium = (
        options.includes('link') ? addOverlay(registry, disk, snapshotFolder(clone)) : copyDisk(registry, disk, clone)
      ).uuid;
    }
  });
  writeMachine(clone);
  if (isGiven(parsed, 'register')) register(clone, 770);
  err(finishedBar);
  out(`Machine has been successfully cloned as "${name}"\n`);
  return 0;
};

/** The process of a machine that runs holds its disks. */
function needDisksAtRest(source: Machine): void {
  const [held] = hardDisks(readRegistry(), source.hardware);
  if (vmProcess(source) === undefined || held === undefined) return;
  const text = `Clone VM failed\nFailed to lock source media '${held[0].location}'`;
  const context: Context = ['RTEXITCODE handleCloneVM(HandlerArg*)', 770, file];
  throw progressError(
    20,
    'VBOX_E_INVALID_OBJECT_STATE',
    comError(text, 'VBOX_E_INVALID_OBJECT_STATE', 'Medium', context),
  );
}

function newMacs({ hardware }: Machine): void {
  for (const nic of hardware.nics) nic.mac = randomMac();
}

function readOptions(text: string): readonly string[] {
  const options = text
    .toLowerCase()
    .split(',')
    .filter((option) => option !== '');
  const unknown = options.find(
    (option) => !['link', 'keepallmacs', 'keepnatmacs', 'keepdisknames', 'keephwuuids'].includes(option),
  );
  if (unknown !== undefined) throw syntaxError('clonevm', `Invalid clone options '${unknown}'`);
  return options;
}

/** Of a snapshot, by name or UUID; undefined when none was asked for. */
function hardwareOf(source: Machine, wanted: string | undefined): Hardware | undefined {
  if (wanted === undefined) {
    needDisksAtRest(source);
    return undefined;
  }
  const found = source.snapshots.find(({ uuid, name }) => uuid === wanted || name === wanted);
  if (found !== undefined) return found.hardware;
  throw comError(`Could not find a snapshot named '${wanted}'`, 'VBOX_E_OBJECT_NOT_FOUND', 'Machine', [
    'FindSnapshot(Bstr(pszSnapshotName).raw(), srcSnapshot.asOutParam())',
    700,
    file,
  ]);
}

function describe(source: Machine, hardware: Hardware, own: Pick<Machine, 'name' | 'uuid' | 'settingsFile'>): Machine {
  return {
    ...own,
    groups: '/',
    platform: source.platform,
    osType: source.osType,
    description: source.description,
    state: 'poweroff',
    stateChanged: new Date().toISOString(),
    hardware,
    extraData: { ...source.extraData },
    snapshots: [],
  };
}

/** Named after the clone, in its folder. */
function copyDisk(registry: Registry, disk: Medium, clone: Machine): Medium {
  const uuid = randomUUID();
  const location = join(
    machineFolder(clone),
    basename(clone.settingsFile).replace(/\.vbox$/, `-disk${String(registry.media.length)}.vdi`),
  );
  writeMachine(clone);
  convertImage({ file: disk.location, driver: readHead(disk.location)?.driver ?? 'qcow2' }, location, 'VDI');
  writeUuid(location, uuid);
  const medium = newMedium({ uuid, kind: 'hdd', location, format: 'VDI', bytes: disk.bytes, type: 'normal' });
  registry.media.push(medium);
  return medium;
}
