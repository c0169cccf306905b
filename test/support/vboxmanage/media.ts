import { randomUUID } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { readHead, UnusableImage, virtualSize } from './disk-images.js';
import { comError, type Context, type Failure } from './failure.js';
import { registryFile } from './home.js';
import { allMachines, uuidPattern } from './machines.js';
import type { Hardware, Medium, MediumKind, Registry } from './model.js';

const openContext: Context = [
  'OpenMedium(Bstr(pszFilenameOrUuid).raw(), enmDevType, enmAccessMode, fForceNewUuidOnOpen, pMedium.asOutParam())',
  197,
  'VBoxManageDisk',
];

export const mediumPath = (media: readonly Medium[], uuid: string): string =>
  media.find((medium) => medium.uuid === uuid)?.location ?? '';

/**
 * The medium of a path or UUID; a file that is not in the registry yet is opened and entered. Refuses what the real tool
 * cannot read, and a second file with the UUID of a known one.
 */
export function openMedium(registry: Registry, pathOrUuid: string, kind: MediumKind): Medium {
  const uuid = uuidPattern.exec(pathOrUuid)?.[1]?.toLowerCase();
  const location = resolve(pathOrUuid);
  const known = registry.media.find(
    (medium) => medium.kind === kind && (medium.uuid === uuid || medium.location === location),
  );
  if (known !== undefined) return known;
  if (!existsSync(location)) throw fileMissing(location);
  const opened = kind === 'dvd' ? openDvd(location) : openDisk(location);
  const same = registry.media.find((medium) => medium.uuid === opened.uuid);
  if (same !== undefined) throw alreadyRegistered(opened, same);
  registry.media.push(opened);
  return opened;
}

const fileMissing = (location: string): Failure =>
  comError(
    `Could not find file for the medium '${location}' (VERR_FILE_NOT_FOUND)`,
    'VBOX_E_FILE_ERROR',
    'Medium',
    openContext,
  );

const alreadyRegistered = (opened: Medium, known: Medium): Failure =>
  comError(
    `Cannot register the ${kindName(opened)} '${opened.location}' {${opened.uuid}} because a ${kindName(known)} ` +
      `'${known.location}' with UUID {${known.uuid}} already exists`,
    'NS_ERROR_INVALID_ARG',
    'VirtualBox',
    openContext,
  );

const kindName = ({ kind }: Medium): string => (kind === 'dvd' ? 'DVD image' : 'hard disk');

function openDvd(location: string): Medium {
  return newMedium({ kind: 'dvd', location, format: 'RAW', bytes: statSync(location).size, type: 'readonly' });
}

function openDisk(location: string): Medium {
  const head = readDisk(location, openContext);
  return newMedium({
    ...(head.uuid !== undefined && { uuid: head.uuid }),
    kind: 'hdd',
    location,
    format: head.format,
    bytes: virtualSize(location, head.driver),
    type: 'normal',
  });
}

/** Reads what a file is; the error of one that cannot be used names the call that wanted it. */
function readDisk(location: string, context: Context): NonNullable<ReturnType<typeof readHead>> {
  try {
    const head = readHead(location);
    if (head !== undefined) return head;
  } catch (error) {
    if (!(error instanceof UnusableImage)) throw error;
    throw comError(`Could not open the medium '${location}'.\n${error.message}`, 'NS_ERROR_FAILURE', 'Medium', context);
  }
  throw comError(
    `Could not get the storage format of the medium '${location}' (VERR_NOT_SUPPORTED)`,
    'VBOX_E_IPRT_ERROR',
    'Medium',
    context,
  );
}

type NewMedium = Pick<Medium, 'kind' | 'location' | 'format' | 'bytes' | 'type'> & Partial<Medium>;

export const newMedium = (medium: NewMedium): Medium => ({
  uuid: randomUUID(),
  properties: {},
  description: '',
  ...medium,
});

/** The file of a known medium as it is now: gone, or another one in its place, fails as reading it does. */
export function checkFile(medium: Medium, context: Context): NonNullable<ReturnType<typeof readHead>> {
  const { location } = medium;
  if (!existsSync(location)) {
    const text = `Could not open the medium '${location}'.\nVD: error VERR_FILE_NOT_FOUND opening image file '${location}' (VERR_FILE_NOT_FOUND)`;
    throw comError(text, 'NS_ERROR_FAILURE', 'Medium', context);
  }
  const head = readDisk(location, context);
  if (head.uuid !== undefined && head.uuid !== medium.uuid) {
    const text = `UUID {${head.uuid}} of the medium '${location}' does not match the value {${medium.uuid}} stored in the media registry ('${registryFile()}')`;
    throw comError(text, 'NS_ERROR_FAILURE', 'Medium', context);
  }
  return head;
}

export const absolutePath = (path: string): string => (isAbsolute(path) ? path : resolve(path));

export const childMedia = (registry: Registry, { uuid }: Pick<Medium, 'uuid'>): readonly Medium[] =>
  registry.media.filter((medium) => medium.parent === uuid);

const uses = ({ controllers }: Hardware, uuid: string): boolean =>
  controllers.some(({ attachments }) => attachments.some(({ medium }) => medium === uuid));

/** Machines that have a medium, now or in a snapshot. */
export function usersOf(registry: Registry, { uuid }: Pick<Medium, 'uuid'>): readonly string[] {
  return allMachines(registry)
    .filter(
      ({ machine }) =>
        machine !== undefined &&
        (uses(machine.hardware, uuid) || machine.snapshots.some(({ hardware }) => uses(hardware, uuid))),
    )
    .map((entry) => entry.uuid);
}

export function forgetMedium(registry: Registry, { uuid }: Pick<Medium, 'uuid'>): void {
  registry.media = registry.media.filter((medium) => medium.uuid !== uuid);
}

export const megabytes = (bytes: number): number => Math.floor(bytes / (1024 * 1024));

/** Depth first: a base, then what is based on it. */
export function mediaTree(media: readonly Medium[], parent?: string): readonly Medium[] {
  return media
    .filter((medium) => medium.parent === parent)
    .flatMap((medium) => [medium, ...mediaTree(media, medium.uuid)]);
}

/** The block that lists and showmediuminfo have in common, up to the capacity. */
export function mediumLines(medium: Medium): string[] {
  const type =
    medium.kind === 'dvd' ? medium.type : `${medium.type} (${medium.parent === undefined ? 'base' : 'differencing'})`;
  return [
    `UUID:           ${medium.uuid}`,
    ...(medium.kind === 'dvd' ? [] : [`Parent UUID:    ${medium.parent ?? 'base'}`]),
    `State:          ${existsSync(medium.location) ? 'created' : 'inaccessible'}`,
    `Type:           ${type}`,
    `Location:       ${medium.location}`,
    `Storage format: ${medium.format}`,
  ];
}
