import { array, literal, looseObject, optional, pipe, record, string, unknown, uuid } from 'valibot';
import { SwarmupError } from '../../lib/errors.js';
import { FileFaultError } from '../../lib/faults.js';
import { checkValue } from '../../lib/schema-faults.js';
import type { SwarmRecord } from '../../machine/machine-record.js';

/** The content of the sealed file of `export`. Paths are relative, contents are base64. */
export interface MachineBundle {
  readonly version: 1;
  readonly machines: readonly BundledMachine[];
  /** The store's authority and client certificate, by file name. */
  readonly certs: Readonly<Record<string, string>>;
  readonly swarms: readonly SwarmRecord[];
  /** The ids of the machines' swarms, by name. Absent: an older swarmup wrote the file. */
  readonly swarmIds?: Readonly<Record<string, string>>;
}

export interface BundledMachine {
  /** `agent1.lab`, or only the name of the host: an older swarmup wrote the file. */
  readonly name: string;
  /** The machine record as it is in the store, text. */
  readonly record: string;
  /** What is beside it: keys, certificates, the driver's own files. */
  readonly files: Readonly<Record<string, string>>;
  /** Private keys that are elsewhere on the computer, by their path there. */
  readonly keys: Readonly<Record<string, string>>;
}

/** Kind of the sealed file. */
export const bundleKind = 'machines';

const schema = looseObject({
  version: literal(1),
  machines: array(
    looseObject({
      name: string(),
      record: string(),
      files: record(string(), string()),
      keys: record(string(), string()),
    }),
  ),
  certs: record(string(), string()),
  swarms: array(unknown()),
  swarmIds: optional(record(string(), pipe(string(), uuid()))),
});

/** Errors: BUNDLE_NEWER; BUNDLE_BROKEN. The file was authenticated, so this is about other versions of swarmup. */
export function parseBundle(text: string, path: string): MachineBundle {
  const json: unknown = JSON.parse(text);
  const version = (json as { readonly version?: unknown }).version;
  if (typeof version === 'number' && version > 1)
    throw new SwarmupError('BUNDLE_NEWER', `a newer swarmup wrote ${path}`, { hints: ['upgrade swarmup'] });
  const checked = checkValue(schema, json);
  if ('output' in checked) return checked.output as MachineBundle;
  const faults = checked.faults.map((fault) => ({ ...fault, file: path }));
  throw new FileFaultError('BUNDLE_BROKEN', faults, { hints: ['export the hosts again with this version of swarmup'] });
}
