import type { DriverDeclaration } from '../drivers/driver.js';
import type { DriverRegistry } from '../drivers/registry.js';
import type { CommandIo } from './command-io.js';
import type { Settings } from './settings.js';

/**
 * The driver that a `create` command line, the environment or the settings name, if it is not a known driver: its flags
 * must be known before the names of hosts can be recognized. Only `create` starts the driver to ask for its flags.
 * Empty if there is none, or if the driver does not exist, which is reported later.
 */
export async function foundDriver(
  registry: DriverRegistry,
  argv: readonly string[],
  env: CommandIo['env'],
  settings: Settings,
): Promise<readonly DriverDeclaration[]> {
  const name =
    namedDriver(argv) ?? (env['SWARMUP_DRIVER'] === '' ? undefined : env['SWARMUP_DRIVER']) ?? settings.driver;
  if (name === undefined || registry.declarations.some((known) => known.name === name)) return [];
  return (await registry.found()).includes(name) ? [await registry.describe(name)] : [];
}

/** Value of `--driver NAME`, `--driver=NAME`, `-d NAME`, `-d=NAME` or `-dNAME`; the last one counts. */
export function namedDriver(argv: readonly string[]): string | undefined {
  const end = argv.indexOf('--');
  return (end < 0 ? argv : argv.slice(0, end)).reduce<string | undefined>((name, word, index) => {
    if (word === '--driver' || word === '-d') return argv[index + 1] ?? name;
    return /^(?:--driver=|-d=?)(?<name>.+)$/.exec(word)?.groups?.['name'] ?? name;
  }, undefined);
}
