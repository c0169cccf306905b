import { createHash } from 'node:crypto';
import { array, boolean, object, nullable, number, type InferOutput, string } from 'valibot';
import { cleanText, isHostAddress, pattern, swarmKitId, timestamp } from '../lib/border.js';
import { SwarmupError } from '../lib/errors.js';
import { isName, noSwarm, placeOfHost } from '../machine/names.js';
import { FileFaultError } from '../lib/faults.js';
import { checkValue } from '../lib/schema-faults.js';

/** The kind of sealed file that a backup is. */
export const backupKind = 'swarm-backup';
const version = 1;

/** A backup can be that of another person: its names become those of hosts and swarms here. */
const name = pattern(isName, 'it must be a name of lower-case letters, digits and hyphens');

/** Also the full name: `m1.lab`. */
const hostName = pattern((text) => placeOfHost(text, noSwarm) !== undefined, 'it must be the name of a host');

/** Empty: the host advertised none. */
const addressOrNone = pattern((text) => text === '' || isHostAddress(text), 'it must be the address of a host');

const manifestSchema = object({
  version: number(),
  /** RFC 3339, UTC. */
  createdAt: timestamp,
  swarmupVersion: cleanText,
  engineVersion: cleanText,
  swarm: name,
  clusterId: swarmKitId,
  /** The manager whose state it is. */
  node: object({ name: hostName, id: swarmKitId, address: addressOrNone }),
  autolock: boolean(),
  addressPools: array(cleanText),
  subnetSize: number(),
  dataPathPort: number(),
  raft: object({ term: number(), index: number(), commit: number() }),
  nodes: array(object({ id: swarmKitId, name: cleanText, role: cleanText, address: cleanText })),
  services: array(object({ service: cleanText, running: number(), wanted: number() })),
  counts: object({ secrets: number(), configs: number(), networks: number() }),
  /** The hosts on record, with the data to restore their roles. No keys. */
  hosts: array(object({ name: hostName, role: nullable(cleanText), driver: name })),
  parts: array(object({ name: cleanText, bytes: number(), sha256: string() })),
});

/** The description of a backup in its own file; it contains no secrets, but is sealed with the rest. */
export type BackupManifest = InferOutput<typeof manifestSchema>;

export interface Backup {
  readonly manifest: BackupManifest;
  readonly parts: ReadonlyMap<string, Uint8Array>;
}

/** One line of JSON, followed by the parts: the whole is sealed. */
export function packBackup(
  manifest: Omit<BackupManifest, 'parts' | 'version'>,
  parts: ReadonlyMap<string, Uint8Array>,
): Buffer {
  const listed = [...parts].map(([name, data]) => ({ name, bytes: data.length, sha256: digest(data) }));
  const line = JSON.stringify({ ...manifest, version, parts: listed });
  return Buffer.concat([Buffer.from(`${line}\n`), ...parts.values()]);
}

/**
 * Reads the output of `packBackup`. `path` is for messages. Errors: BACKUP_NEWER (of a later format), BACKUP_DAMAGED
 * (its parts do not match the manifest).
 */
export function parseBackup(data: Uint8Array, path: string): Backup {
  const end = data.indexOf(0x0a);
  const value = parseJson(Buffer.from(data.subarray(0, Math.max(0, end))).toString());
  const found = (value as { version?: unknown } | undefined)?.version;
  if (typeof found === 'number' && found > version)
    throw new SwarmupError('BACKUP_NEWER', `a newer swarmup wrote ${path} (format ${found})`, {
      hints: ['upgrade swarmup'],
    });
  const manifest = checkValue(manifestSchema, value);
  if ('faults' in manifest) {
    const faults = manifest.faults.map((fault) => ({ ...fault, file: 'its manifest' }));
    throw new FileFaultError('BACKUP_DAMAGED', faults, { prefix: `${path} is damaged: `, hints: [takeAnother] });
  }
  const parts = new Map<string, Uint8Array>();
  let at = end + 1;
  for (const { name, bytes, sha256 } of manifest.output.parts) {
    const part = data.subarray(at, at + bytes);
    if (part.length !== bytes || digest(part) !== sha256)
      throw damaged(path, `its part ${name} has changed since it was written`);
    parts.set(name, part);
    at += bytes;
  }
  if (at !== data.length) throw damaged(path, 'it contains more than was written');
  return { manifest: manifest.output, parts };
}

const digest = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const takeAnother = 'make a new backup of the swarm';

const damaged = (path: string, why: string): SwarmupError =>
  new SwarmupError('BACKUP_DAMAGED', `${path} is damaged: ${why}`, { hints: [takeAnother] });
