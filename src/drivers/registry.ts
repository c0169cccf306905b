import { type SwarmupError, usageError } from '../lib/errors.js';
import { nearest } from '../lib/nearest.js';
import type { Driver, DriverDeclaration, OptionValues } from './driver.js';
import { readOptions } from './option-values.js';

/** A driver that is known but not loaded: its declaration is light, its code comes with `load`. */
export interface DriverEntry {
  readonly declaration: DriverDeclaration;
  readonly load: () => Promise<Driver>;
}

/** The drivers of this process: the built-in ones, then those of plugins. */
export interface DriverRegistry {
  readonly declarations: readonly DriverDeclaration[];
  /** Errors: DRIVER_UNKNOWN (exit 2) with the known and nearest names. */
  get(name: string): Promise<Driver>;
  /** Checks raw option values against the declaration and fills defaults. Errors: OPTION_INVALID (exit 2). */
  options(
    name: string,
    raw: Readonly<Record<string, unknown>>,
    env: Readonly<Record<string, string | undefined>>,
  ): OptionValues;
}

/** A registry of these entries; each driver is loaded once, at its first use. */
export function createRegistry(entries: readonly DriverEntry[]): DriverRegistry {
  const byName = new Map(entries.map((entry) => [entry.declaration.name, entry]));
  const loaded = new Map<string, Promise<Driver>>();
  const require = (name: string): DriverEntry => {
    const entry = byName.get(name);
    if (entry === undefined) throw unknownDriver(name, [...byName.keys()]);
    return entry;
  };
  return {
    declarations: entries.map((entry) => entry.declaration),
    async get(name) {
      const entry = require(name);
      const loading = loaded.get(name) ?? entry.load();
      loaded.set(name, loading);
      try {
        return await loading;
      } catch (error) {
        loaded.delete(name);
        throw error;
      }
    },
    options: (name, raw, env) => readOptions(require(name).declaration, raw, env),
  };
}

function unknownDriver(name: string, known: readonly string[]): SwarmupError {
  const alike = nearest(name, known);
  return usageError(
    'DRIVER_UNKNOWN',
    `there is no driver '${name}'; known drivers: ${known.join(', ')}`,
    ...(alike.length > 0 ? [`did you mean ${alike.join(' or ')}?`] : []),
  );
}
