import { type SwarmupError, usageError } from '../lib/errors.js';
import type { Driver, DriverDeclaration, OptionValues } from './driver.js';

/** A driver that is known but not loaded: its declaration is light, its code comes with `load`. */
export interface DriverEntry {
  readonly declaration: DriverDeclaration;
  readonly load: () => Promise<Driver>;
  /** The declaration with its options, where they are not known before the driver is asked. */
  readonly describe?: () => Promise<DriverDeclaration>;
}

/** Finds drivers that are not known by themselves: programs on this machine. */
export interface DriverFinder {
  names(): Promise<readonly string[]>;
  find(name: string): Promise<DriverEntry | undefined>;
}

/** The drivers of this process: the built-in ones, then those of plugins, then those that are found when named. */
export interface DriverRegistry {
  /** Of the drivers that are known by themselves. */
  readonly declarations: readonly DriverDeclaration[];
  /** Names of the drivers that could be found besides. */
  found(): Promise<readonly string[]>;
  /** The declaration of a driver with all its options; asks one that was found. Errors: DRIVER_UNKNOWN. */
  describe(name: string): Promise<DriverDeclaration>;
  /** Errors: DRIVER_UNKNOWN (exit 2) with the known and nearest names. */
  get(name: string): Promise<Driver>;
  /** Checks raw option values against the declaration and fills defaults. Errors: OPTION_INVALID (exit 2). */
  options(
    name: string,
    raw: Readonly<Record<string, unknown>>,
    env: Readonly<Record<string, string | undefined>>,
  ): Promise<OptionValues>;
}

/** A registry of these entries; each driver is loaded once, at its first use. */
export function createRegistry(entries: readonly DriverEntry[], finder: DriverFinder = noFinder): DriverRegistry {
  const byName = new Map(entries.map((entry) => [entry.declaration.name, entry]));
  const loaded = new Map<string, Promise<Driver>>();
  const described = new Map<string, Promise<DriverDeclaration>>();
  const others = async (): Promise<readonly string[]> => (await finder.names()).filter((name) => !byName.has(name));
  const require = async (name: string): Promise<DriverEntry> => {
    const entry = byName.get(name) ?? (await finder.find(name));
    if (entry === undefined) throw await unknownDriver(name, [...byName.keys(), ...(await others())]);
    return entry;
  };
  const describe = async (name: string): Promise<DriverDeclaration> => {
    const entry = await require(name);
    if (entry.describe === undefined) return entry.declaration;
    const asked = described.get(name) ?? entry.describe();
    described.set(name, asked);
    return asked;
  };
  return {
    declarations: entries.map((entry) => entry.declaration),
    found: others,
    describe,
    async get(name) {
      const entry = await require(name);
      const loading = loaded.get(name) ?? entry.load();
      loaded.set(name, loading);
      try {
        return await loading;
      } catch (error) {
        loaded.delete(name);
        throw error;
      }
    },
    options: async (name, raw, env) => (await import('./option-values.js')).readOptions(await describe(name), raw, env),
  };
}

const noFinder: DriverFinder = { names: () => Promise.resolve([]), find: () => Promise.resolve(undefined) };

async function unknownDriver(name: string, known: readonly string[]): Promise<SwarmupError> {
  const { nearest } = await import('../lib/nearest.js');
  const alike = nearest(name, known);
  return usageError(
    'DRIVER_UNKNOWN',
    `there is no driver named '${name}'; the known drivers are ${known.join(', ')}`,
    ...(alike.length > 0 ? [`did you mean ${alike.join(' or ')}?`] : []),
  );
}
