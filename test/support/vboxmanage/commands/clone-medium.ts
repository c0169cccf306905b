import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { convertImage, writeUuid } from '../disk-images.js';
import { comError, type Context, Failure, finishedBar, progressError, toolError } from '../failure.js';
import { strikes } from '../faults.js';
import { isGiven, parseArguments, syntaxError, valueOf } from '../grammar.js';
import { changeRegistry } from '../home.js';
import { absolutePath, checkFile, forgetMedium, megabytes, newMedium, openMedium } from '../media.js';
import type { Command } from './command.js';
import { mediumKind } from './medium.js';

const cloneTo: Context = [
  'CloneTo(pDstMedium, ComSafeArrayAsInParam(l_variants), NULL, pProgress.asOutParam())',
  1203,
  'VBoxManageDisk',
];
const handleClone: Context = ['RTEXITCODE handleCloneMedium(HandlerArg*)', 1208, 'VBoxManageDisk'];

export const cloneMedium: Command = (args, { out, err }) => {
  const parsed = parseArguments({ command: 'clonemedium' }, args);
  const { kind, rest } = mediumKind('clonemedium', parsed.positional);
  const [source, target, trailing] = rest;
  if (source === undefined || target === undefined)
    throw syntaxError('clonemedium', 'Mandatory UUID or filename parameter required');
  if (trailing !== undefined && trailing !== 'disk')
    throw syntaxError('clonemedium', `Invalid parameter '${trailing}'`);
  if (kind !== 'hdd' || isGiven(parsed, 'existing'))
    throw syntaxError('clonemedium', 'Specified medium type cannot be cloned');
  const format = (valueOf(parsed, 'format') ?? 'VDI').toUpperCase();
  const location = absolutePath(target);
  const uuid = randomUUID();
  const { medium, driver } = changeRegistry((registry) => {
    const opened = openMedium(registry, source, 'hdd');
    return { medium: opened, driver: checkFile(opened, cloneTo).driver };
  });
  writeClone({ file: medium.location, driver }, location, format, uuid);
  changeRegistry((registry) => {
    if (format !== 'RAW') {
      registry.media.push(newMedium({ uuid, kind: 'hdd', location, format, bytes: medium.bytes, type: 'normal' }));
    }
  });
  err(finishedBar);
  out(`Clone medium created in format '${format}'. UUID: ${uuid}\n`);
  return 0;
};

function writeClone(
  from: { readonly file: string; readonly driver: string },
  location: string,
  format: string,
  uuid: string,
): void {
  const why = existsSync(location) ? 'ALREADY_EXISTS' : strikes('disk-full', 'clonemedium') ? 'DISK_FULL' : undefined;
  const reason = why ?? copy(from, location, format);
  if (reason === undefined) {
    if (format === 'VDI') writeUuid(location, uuid);
    return;
  }
  const text =
    reason === 'ALREADY_EXISTS'
      ? `Could not create the clone medium '${location}'.\n${format}: cannot create image '${location}' (VERR_ALREADY_EXISTS)`
      : `Could not create the clone medium '${location}' (VERR_${reason})`;
  const failure = comError(`Failed to clone medium\n${text}`, 'VBOX_E_FILE_ERROR', 'Medium', handleClone);
  throw progressError(0, 'VBOX_E_FILE_ERROR', failure);
}

/** Undefined when it went well, else why not; leaves nothing behind then. */
function copy(
  from: { readonly file: string; readonly driver: string },
  location: string,
  format: string,
): string | undefined {
  try {
    mkdirSync(dirname(location), { recursive: true });
    convertImage(from, location, format);
    return undefined;
  } catch (error) {
    rmSync(location, { force: true });
    return String((error as { stderr?: unknown }).stderr).includes('No space left') ? 'DISK_FULL' : 'WRITE_ERROR';
  }
}

/** Works on files alone: the registry learns nothing of it. */
export const convertFromRaw: Command = (args, { err }) => {
  const parsed = parseArguments({ command: 'convertfromraw' }, args);
  const [source, target, more] = parsed.positional;
  if (source === undefined || target === undefined || more !== undefined || source === 'stdin') {
    throw syntaxError('convertfromraw', 'Incorrect number of parameters');
  }
  const format = (valueOf(parsed, 'format') ?? 'VDI').toUpperCase();
  if (!existsSync(source)) {
    throw new Failure(
      `Converting from raw image file="${source}" to file="${target}"...\n` +
        toolError(`Cannot open file "${source}": VERR_FILE_NOT_FOUND`).text,
    );
  }
  const bytes = Math.ceil(statSync(source).size / 512) * 512;
  err(`Converting from raw image file="${source}" to file="${target}"...\n`);
  err(`Creating dynamic image with size ${String(bytes)} bytes (${String(megabytes(bytes))}MB)...\n`);
  if (existsSync(target)) {
    throw new Failure(
      toolError(`${format}: cannot create image '${target}'`).text +
        toolError(
          'Error code VERR_ALREADY_EXISTS at /build/reproducible-path/virtualbox-7.2.22-dfsg/src/VBox/Storage/VDI.cpp(706) in function ' +
            'int vdiImageCreateFile(PVDIIMAGEDESC, unsigned int, PVDINTERFACEPROGRESS, unsigned int, unsigned int)',
        ).text +
        toolError(`Cannot create the disk image "${target}": VERR_ALREADY_EXISTS`).text,
    );
  }
  convertImage({ file: source, driver: 'raw' }, target, format);
  if (format === 'VDI') writeUuid(target, valueOf(parsed, 'uuid') ?? randomUUID());
  return 0;
};

/** Gives a file that is a copy another UUID. */
export const internalCommands: Command = (args, { out }) => {
  const [name, file, given] = args;
  if (name !== 'sethduuid' || file === undefined)
    throw syntaxError('internalcommands', `Invalid command '${name ?? ''}'`);
  const uuid = given ?? randomUUID();
  writeUuid(file, uuid);
  changeRegistry((registry) => {
    const stale = registry.media.find((medium) => medium.location === absolutePath(file));
    if (stale !== undefined) forgetMedium(registry, stale);
  });
  out(`UUID changed to: ${uuid}\n`);
  return 0;
};
