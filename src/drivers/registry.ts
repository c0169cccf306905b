import type { Driver, DriverDeclaration, OptionValues } from './driver.js';

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
