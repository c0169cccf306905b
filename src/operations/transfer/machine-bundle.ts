import { array, literal, looseObject, optional, record, string, unknown } from 'valibot';
import { isPlain } from '../../lib/is-plain.js';
import { SwarmupError } from '../../lib/errors.js';
import { parseOutside } from '../../lib/border.js';

/** The content of the sealed file of `export`. Paths are relative, contents are base64. */
export interface MachineBundle {
  readonly version: 1;
  readonly machines: readonly BundledMachine[];
  /**
   * The store's client certificate and its authority, by file name; empty without `--with-authority`. An older swarmup
   * always wrote them.
   */
  readonly certs: Readonly<Record<string, string>>;
  /** Records of swarms. */
  readonly swarms: readonly unknown[];
  /** The ids of the machines' swarms, by name. Absent: an older swarmup wrote the file. */
  readonly swarmIds?: Readonly<Record<string, string>> | undefined;
}

export interface BundledMachine {
  /** `agent1.lab`, or only the name of the host: an older swarmup wrote the file. */
  readonly name: string;
  /** The machine record as it is in the store, text. */
  readonly record: string;
  /** What is beside it: its key, the driver's own files. */
  readonly files: Readonly<Record<string, string>>;
  /** Private keys that are elsewhere on the computer, by their path there. */
  readonly keys: Readonly<Record<string, string>>;
}

/** Kind of the sealed file. */
export const bundleKind = 'machines';

export const maxHosts = 1000;

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
  swarmIds: optional(record(string(), string())),
});

/**
 * The outer form of a bundle; `checkBundle` looks at what is in it. That the file could be opened says who knows its
 * passphrase, not that it is harmless. Errors: BUNDLE_NEWER; BUNDLE_BROKEN.
 */
export function parseBundle(text: string, path: string): MachineBundle {
  const json = jsonOf(text);
  const version = isPlain(json) ? json['version'] : undefined;
  if (typeof version === 'number' && version > 1)
    throw new SwarmupError('BUNDLE_NEWER', `a newer swarmup wrote ${path}`, { hints: ['upgrade swarmup'] });
  return parseOutside(schema, json, { what: path, code: 'BUNDLE_BROKEN' });
}

/** undefined: it is not JSON. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
