import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { convertImage, createImage, createOverlay, readHead, resizeImage, writeUuid } from '../disk-images.js';
import { deleteDisk } from '../disk-files.js';
import { bareError, comError, comText, Failure, finishedBar, progressError, toolError } from '../failure.js';
import { numberValue, parseArguments, type Parsed, syntaxError, valueOf, isGiven } from '../grammar.js';
import { changeRegistry } from '../home.js';
import {
  absolutePath,
  childMedia,
  forgetMedium,
  megabytes,
  mediumLines,
  newMedium,
  openMedium,
  usersOf,
} from '../media.js';
import { allMachines } from '../machines.js';
import type { Medium, MediumKind, Registry } from '../model.js';
import type { Command } from './command.js';

/** A leading `disk`, `dvd` or `floppy`; a disk when there is none. */
export function mediumKind(
  command: string,
  positional: readonly string[],
): { readonly kind: MediumKind; readonly rest: readonly string[] } {
  const [first = '', ...rest] = positional;
  if (first === 'disk' || first === 'hdd') return { kind: 'hdd', rest };
  if (first === 'dvd') return { kind: 'dvd', rest };
  if (first === 'floppy') throw toolError(`The ${command} of this double knows no floppies`);
  return { kind: 'hdd', rest: positional };
}

function oneMedium(command: string, parsed: Parsed): { readonly kind: MediumKind; readonly path: string } {
  const { kind, rest } = mediumKind(command, parsed.positional);
  const [path, ...more] = rest;
  if (path === undefined) throw syntaxError(command, 'Medium UUID or filename required');
  if (more[0] !== undefined) throw syntaxError(command, `Invalid parameter '${more[0]}'`);
  return { kind, path };
}

export const createMedium: Command = (args, { out, err }) => {
  const parsed = parseArguments({ command: 'createmedium' }, args);
  const { kind } = mediumKind('createmedium', parsed.positional);
  const filename = valueOf(parsed, 'filename');
  const size = valueOf(parsed, 'size');
  const sizeByte = valueOf(parsed, 'sizebyte');
  const diffParent = valueOf(parsed, 'diffparent');
  if (kind !== 'hdd' || filename === undefined) throw syntaxError('createmedium', 'Parameter --filename is required');
  if (size === undefined && sizeByte === undefined && diffParent === undefined) {
    throw syntaxError('createmedium', 'Parameters --size is required');
  }
  const format = (valueOf(parsed, 'format') ?? 'VDI').toUpperCase();
  const location = absolutePath(/\.[^/]*$/.test(filename) ? filename : `${filename}.${format.toLowerCase()}`);
  const uuid = randomUUID();
  const bytes =
    size === undefined
      ? Number(sizeByte ?? 0)
      : numberValue('createmedium', { name: 'size', value: size }) * 1024 * 1024;
  if (bytes === 0 && diffParent === undefined) throw syntaxError('createmedium', 'Parameter --size is required');
  if (bytes % 512 !== 0) {
    const why = `VD: The given disk size ${String(bytes)} is not aligned on a sector boundary (512 bytes) (VERR_VD_INVALID_SIZE)`;
    throw progressError(0, 'VBOX_E_FILE_ERROR', createFailed(location, why));
  }
  changeRegistry((registry) => {
    if (existsSync(location)) {
      throw progressError(
        0,
        'VBOX_E_FILE_ERROR',
        createFailed(location, `${format}: cannot create image '${location}' (VERR_ALREADY_EXISTS)`),
      );
    }
    mkdirSync(dirname(location), { recursive: true });
    const parent = diffParent === undefined ? undefined : openMedium(registry, diffParent, 'hdd');
    if (parent === undefined) createImage(location, format, bytes);
    else createOverlay(location, parent.location);
    if (format === 'VDI') writeUuid(location, uuid);
    const made = { uuid, kind, location, format, bytes: parent?.bytes ?? bytes, type: 'normal' } as const;
    registry.media.push(newMedium(parent === undefined ? made : { ...made, parent: parent.uuid }));
  });
  err(finishedBar);
  out(`Medium created. UUID: ${uuid}\n`);
  return 0;
};

const createFailed = (location: string, why: string): Failure =>
  comError(
    `Failed to create medium\nCould not create the medium storage unit '${location}'.\n${why}`,
    'VBOX_E_FILE_ERROR',
    'Medium',
    ['RTEXITCODE handleCreateMedium(HandlerArg*)', 510, 'VBoxManageDisk'],
  );

export const modifyMedium: Command = (args, { err }) => {
  const parsed = parseArguments({ command: 'modifymedium' }, args);
  const { kind, path } = oneMedium('modifymedium', parsed);
  if (parsed.options.length === 0) throw syntaxError('modifymedium', 'No operation specified');
  const progresses = changeRegistry((registry) => {
    const medium = openMedium(registry, path, kind);
    return parsed.options.map(({ name, value }) => applyChange(registry, medium, name, value));
  });
  if (progresses.includes(true)) err(finishedBar);
  return 0;
};

/** One change; true when the tool shows a progress for it. */
function applyChange(registry: Registry, medium: Medium, name: string, value: string): boolean {
  switch (name) {
    case 'type':
      setType(medium, value.toLowerCase());
      return false;
    case 'resize':
      resize(medium, numberValue('modifymedium', { name, value }) * 1024 * 1024);
      return true;
    case 'resizebyte':
      resize(medium, numberValue('modifymedium', { name, value }));
      return true;
    case 'compact':
      return true;
    case 'move':
    case 'setlocation':
      relocate(registry, medium, absolutePath(value), name === 'move');
      return name === 'move';
    case 'description':
      medium.description = value;
      return false;
    case 'property': {
      const [, key = '', text = ''] = /^([^=]*)=?(.*)$/s.exec(value) ?? [];
      medium.properties[key] = text;
      return false;
    }
    default:
      return false;
  }
}

const mediumTypes = ['normal', 'writethrough', 'immutable', 'shareable', 'readonly', 'multiattach'];

export function setType(medium: Medium, type: string, line = 896, file = 'VBoxManageDisk'): void {
  if (!mediumTypes.includes(type)) throw syntaxError('modifymedium', `Invalid medium type '${type}'`);
  if (type === 'multiattach') {
    throw comError(
      `Cannot change type for medium '${medium.location}': the media type 'MultiAttach' can only be used on media registered with a machine that was created with VirtualBox 4.0 or later`,
      'VBOX_E_INVALID_OBJECT_STATE',
      'Medium',
      ['COMSETTER(Type)(enmMediumType)', line, file],
    );
  }
  medium.type = type;
}

const handleModify = ['RTEXITCODE handleModifyMedium(HandlerArg*)', 937, 'VBoxManageDisk'] as const;

function resize(medium: Medium, bytes: number): void {
  if (bytes < medium.bytes) {
    const text = `Failed to resize medium\nShrinking is not yet supported for medium '${medium.location}'`;
    throw progressError(0, 'VBOX_E_NOT_SUPPORTED', comError(text, 'VBOX_E_NOT_SUPPORTED', 'Medium', handleModify));
  }
  if (!['VDI', 'VHD'].includes(medium.format)) {
    const text = `Failed to resize medium\nThe medium format of '${medium.location}' does not support resizing`;
    throw progressError(0, 'VBOX_E_NOT_SUPPORTED', comError(text, 'VBOX_E_NOT_SUPPORTED', 'Medium', handleModify));
  }
  ownFormat(medium);
  resizeImage(medium.location, bytes);
  medium.bytes = bytes;
}

/** A VDI that another program made becomes one of ours, with the UUID that it has. */
function ownFormat(medium: Medium): void {
  if (medium.format === 'VDI' && readHead(medium.location)?.driver === 'vdi') {
    const next = `${medium.location}.own`;
    convertImage({ file: medium.location, driver: 'vdi' }, next, 'VDI');
    writeUuid(next, medium.uuid);
    renameSync(next, medium.location);
  }
}

function relocate(registry: Registry, medium: Medium, location: string, moveFile: boolean): void {
  if (registry.media.some((other) => other !== medium && other.location === location)) {
    throw comError(`Medium '${location}' is already in use`, 'VBOX_E_OBJECT_IN_USE', 'Medium', handleModify);
  }
  if (moveFile) renameSync(medium.location, location);
  medium.location = location;
}

export const closeMedium: Command = (args, { err }) => {
  const parsed = parseArguments({ command: 'closemedium' }, args);
  const { kind, path } = oneMedium('closemedium', parsed);
  const remove = isGiven(parsed, 'delete');
  changeRegistry((registry) => {
    const medium = openMedium(registry, path, kind);
    const refusal = closeRefusal(registry, medium);
    if (refusal !== undefined) throw new Failure((remove ? deleteRefusal(registry, medium) : '') + refusal);
    if (remove) deleteDisk(medium);
    forgetMedium(registry, medium);
  });
  if (remove) err(finishedBar);
  return 0;
};

function closeRefusal(registry: Registry, medium: Medium): string | undefined {
  const users = usersOf(registry, medium).length;
  const children = childMedia(registry, medium).length;
  const text =
    users > 0
      ? `Medium '${medium.location}' cannot be closed because it is still attached to ${String(users)} virtual machines`
      : children > 0
        ? `Cannot close medium '${medium.location}' because it has ${String(children)} child media`
        : undefined;
  return text && comText(text, 'VBOX_E_OBJECT_IN_USE', 'Medium', ['Close()', 1877, 'VBoxManageDisk']);
}

function deleteRefusal(registry: Registry, medium: Medium): string {
  const users = usersOf(registry, medium);
  const text =
    users.length > 0
      ? `Cannot delete storage: medium '${medium.location}' is still attached to the following ${String(users.length)} virtual machine(s): ${users.join(', ')}`
      : `Cannot delete storage: medium '${medium.location}' has ${String(childMedia(registry, medium).length)} child media`;
  return (
    comText(text, 'VBOX_E_OBJECT_IN_USE', 'Medium', ['DeleteStorage(pProgress.asOutParam())', 1868, 'VBoxManageDisk']) +
    toolError('Failed to delete medium. Error code VBOX_E_OBJECT_IN_USE').text
  );
}

export const showMediumInfo: Command = (args, { out }) => {
  const { kind, path } = oneMedium('showmediuminfo', parseArguments({ command: 'showmediuminfo' }, args));
  const { medium, users } = changeRegistry((registry) => {
    const found = openMedium(registry, path, kind);
    return { medium: found, users: usersOf(registry, found) };
  });
  const onDisk = existsSync(medium.location) ? megabytes(statSync(medium.location).blocks * 512) : 0;
  const names = allMachines().filter(({ uuid }) => users.includes(uuid));
  const lines = [
    ...mediumLines(medium),
    `Format variant: ${medium.kind === 'dvd' ? 'fixed default' : medium.parent === undefined ? 'dynamic default' : 'differencing default'}`,
    `Capacity:       ${String(megabytes(medium.bytes))} MBytes`,
    `Size on disk:   ${String(onDisk)} MBytes`,
    'Encryption:     disabled',
    ...(medium.format === 'VDI' ? ['Property:       AllocationBlockSize=1048576'] : []),
    ...names.map(
      ({ uuid, machine }, index) =>
        `${index === 0 ? 'In use by VMs:  ' : '                '}${machine?.name ?? ''} (UUID: ${uuid})`,
    ),
  ];
  out(`${lines.join('\n')}\n`);
  return 0;
};

export const mediumProperty: Command = (args, { out }) => {
  const { positional } = parseArguments({ command: 'mediumproperty' }, args);
  const { kind, rest } = mediumKind('mediumproperty', positional);
  const [action, path, key, value] = rest;
  if (action === undefined || !['set', 'get', 'delete'].includes(action)) {
    throw syntaxError('mediumproperty', `Invalid parameter '${action ?? ''}'`);
  }
  if (path === undefined || key === undefined || (action === 'set') !== (value !== undefined)) {
    throw syntaxError('mediumproperty', 'Incorrect number of parameters');
  }
  changeRegistry((registry) => {
    const medium = openMedium(registry, path, kind);
    if (action === 'set') medium.properties[key] = value ?? '';
    else if (medium.properties[key] === undefined) {
      throw bareError('NS_ERROR_INVALID_ARG', [
        'GetProperty(Bstr(pszProperty).raw(), bstrVal.asOutParam())',
        2030,
        'VBoxManageDisk',
      ]);
    } else if (action === 'get') out(`${key}=${medium.properties[key]}\n`);
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- properties are a plain record of names
    else delete medium.properties[key];
  });
  return 0;
};
