import type { GenericSchema } from 'valibot';
import { codeOf, SwarmupError, type SwarmupErrorOptions } from '../lib/errors.js';
import { checkJson, jsonFault, type JsonSource, parseJson } from '../lib/json-files.js';
import { schemaOf } from '../lib/shape-schema.js';
import type { MachineRecord, SwarmRecord } from './machine-record.js';
import { machineShape, swarmShape } from './record-shapes.js';

type Json = Readonly<Record<string, unknown>>;

/** A kind of record: its present form, and the conversion of older forms. */
export interface RecordFormat<T> {
  /**
   * By version: turns a record of the version before into one of this version. A new version is one more entry
   * here, and the change of the schema.
   */
  readonly migrations: Readonly<Record<number, (older: Json) => Json>>;
  /** Of the newest version. */
  readonly schema: GenericSchema<unknown, T>;
}

/** Where a record came from, for messages. */
export interface RecordSource {
  readonly path: string;
  /** As in `host agent1`. */
  readonly what: string;
  /** The file is named after it, so the record must carry the same name. */
  readonly name: string;
  /** The commands that help, besides a repair of the file. */
  readonly remedies?: () => readonly string[];
}

export const machineFormat: RecordFormat<MachineRecord> = {
  migrations: { 1: (first) => first },
  schema: schemaOf(machineShape) as GenericSchema<unknown, MachineRecord>,
};

export const swarmFormat: RecordFormat<SwarmRecord> = {
  migrations: { 1: (first) => first },
  schema: schemaOf(swarmShape) as GenericSchema<unknown, SwarmRecord>,
};

/**
 * Reads a record of any known version and converts it to the newest. Changes nothing on disk. Errors: RECORD_NEWER if a
 * newer swarmup wrote it; RECORD_BROKEN if it is not a record, or has another name.
 */
export function parseRecord<T extends { readonly name: string }>(
  format: RecordFormat<T>,
  text: string,
  source: RecordSource,
): T {
  const file = jsonSource(text, source);
  const json = parseJson(file);
  const version = json['schemaVersion'];
  const newest = Math.max(...Object.keys(format.migrations).map(Number));
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 1)
    throw jsonFault(file, [{ path: ['schemaVersion'], message: `it must be a whole number from 1 to ${newest}` }]);
  if (version > newest) throw newerRecord(source, version, newest);
  let current = json;
  for (let next = version + 1; next <= newest; next++) current = format.migrations[next]?.(current) ?? current;
  const found = checkJson(file, current, format.schema);
  if (found.name === source.name) return found;
  const message = `it must be ${JSON.stringify(source.name)}, as in the name of its file, but is ${JSON.stringify(found.name)}`;
  throw jsonFault(file, [{ path: ['name'], message }]);
}

const brokenCode = 'RECORD_BROKEN';

const brokenText = ({ what }: RecordSource): string => `the record of ${what} cannot be read: `;

const brokenOptions = (source: RecordSource, cause?: unknown): SwarmupErrorOptions => ({
  host: source.name,
  hints: [
    ...(codeOf(cause) === 'EACCES'
      ? ['change the permissions of the file so that you can read it']
      : ['repair the file, or restore it from a backup', ...(source.remedies?.() ?? [])]),
    `to give up the record, move its file away: mv "${source.path}" "${source.path}.broken"`,
  ],
  ...(cause !== undefined && { cause }),
});

const jsonSource = (text: string, source: RecordSource): JsonSource => ({
  path: source.path,
  text,
  code: brokenCode,
  error: { ...brokenOptions(source), prefix: brokenText(source) },
});

/** RECORD_BROKEN: the file is there, but cannot be used, and `reason` says why. */
export function brokenRecord(source: RecordSource, reason: string, cause?: unknown): SwarmupError {
  return new SwarmupError(brokenCode, `${brokenText(source)}${reason} (${source.path})`, brokenOptions(source, cause));
}

function newerRecord(source: RecordSource, version: number, newest: number): SwarmupError {
  const versions = `version ${version}, but this swarmup knows only ${newest}`;
  return new SwarmupError(
    'RECORD_NEWER',
    `a newer swarmup wrote the record of ${source.what} (${versions}): ${source.path}`,
    { host: source.name, hints: ['upgrade swarmup'] },
  );
}
