import { createHash } from 'node:crypto';
import { array, boolean, object, nullable, number, type InferOutput, string } from 'valibot';
import { SwarmupError } from '../lib/errors.js';
import { FileFaultError } from '../lib/faults.js';
import { checkValue } from '../lib/schema-faults.js';

/** The kind of sealed file that a backup is. */
export const backupKind = 'swarm-backup';
const version = 1;

const manifestSchema = object({
  version: number(),
  /** RFC 3339, UTC. */
  createdAt: string(),
  swarmupVersion: string(),
  engineVersion: string(),
  swarm: string(),
  clusterId: string(),
  /** The manager whose state it is. */
  node: object({ name: string(), id: string(), address: string() }),
  autolock: boolean(),
  addressPools: array(string()),
  subnetSize: number(),
  dataPathPort: number(),
  raft: object({ term: number(), index: number(), commit: number() }),
  nodes: array(object({ id: string(), name: string(), role: string(), address: string() })),
  services: array(object({ service: string(), running: number(), wanted: number() })),
  counts: object({ secrets: number(), configs: number(), networks: number() }),
  /** The hosts on record, with the data to restore their roles. No keys. */
  hosts: array(object({ name: string(), role: nullable(string()), driver: string() })),
  parts: array(object({ name: string(), bytes: number(), sha256: string() })),
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
