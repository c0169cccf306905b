import { SwarmupError } from '../../lib/errors.js';

/**
 * Go's self-describing binary encoding (encoding/gob), as far as net/rpc and docker-machine's plugins use it: no
 * floats, no arrays, no types that encode themselves. Source: https://pkg.go.dev/encoding/gob and Go's own decoder.
 */
export type GobType = GobBasic | GobStruct | GobSlice | GobMap;

interface GobBasic {
  readonly kind: 'bool' | 'int' | 'uint' | 'bytes' | 'string' | 'interface';
}

export interface GobStruct {
  readonly kind: 'struct';
  /** Name of the Go type; empty for `struct{}`. */
  readonly name: string;
  readonly fields: readonly (readonly [name: string, type: GobType])[];
}

interface GobSlice {
  readonly kind: 'slice';
  readonly name: string;
  readonly element: GobType;
}

interface GobMap {
  readonly kind: 'map';
  readonly name: string;
  readonly key: GobType;
  readonly value: GobType;
}

/** A value to send in place of an interface: Go finds its type by the name it was registered with. */
export interface GobInterface {
  readonly name: string;
  readonly type: GobType;
  readonly value: unknown;
}

/** A received interface. */
export interface GobNamed {
  readonly name: string;
  readonly value: unknown;
}

export const gob = {
  bool: { kind: 'bool' },
  int: { kind: 'int' },
  uint: { kind: 'uint' },
  bytes: { kind: 'bytes' },
  string: { kind: 'string' },
  interface: { kind: 'interface' },
} as const satisfies Record<string, GobBasic>;

/** Numbers of the basic types on the wire. Source: encoding/gob/type.go. */
export const basicIds = { bool: 1, int: 2, uint: 3, bytes: 5, string: 6, interface: 8 } as const;

/** The first number that a sender gives to a type of its own. */
export const firstOwnId = 65;

/** The bytes are not what Go would have sent. */
export function gobError(why: string): SwarmupError {
  return new SwarmupError('GOB_INVALID', `the plugin sent data that swarmup cannot read: ${why}`);
}
