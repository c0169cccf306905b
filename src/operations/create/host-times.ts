import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../../machine/atomic-file.js';
import type { Store } from '../../machine/store.js';
import type { OperationContext } from '../access/context.js';
import type { HostOutcome } from '../access/results.js';

/** How long it took last to make hosts with a driver, all at once, until they were nodes. */
export interface HostTime {
  readonly driver: string;
  readonly hosts: number;
  readonly elapsedMs: number;
  /** RFC 3339. */
  readonly at: string;
}

const folder = 'times';
const fileName = (driver: string): string => `${encodeURIComponent(driver)}.json`;

/**
 * Stores the duration of a run for the next plan, if the run made all its hosts with one driver: resumed hosts take
 * less time. Never throws, because the time is only a hint.
 */
export async function rememberHostTime(
  context: OperationContext,
  [driver, ...others]: readonly string[],
  hosts: readonly HostOutcome[],
  elapsedMs: number,
): Promise<void> {
  if (driver === undefined || others.length > 0 || hosts.some(({ status }) => status !== 'created')) return;
  const time: HostTime = { driver, hosts: hosts.length, elapsedMs, at: context.now().toISOString() };
  try {
    const path = join(await context.store.folder(folder), fileName(driver));
    await writeFileAtomic(path, `${JSON.stringify(time)}\n`);
  } catch {
    // The hosts exist even if the time cannot be stored.
  }
}

/** undefined: this store has never made hosts with that driver. Writes nothing. */
export async function lastHostTime({ home }: Pick<Store, 'home'>, driver: string): Promise<HostTime | undefined> {
  try {
    return JSON.parse(await readFile(join(home, folder, fileName(driver)), 'utf8')) as HostTime;
  } catch {
    return undefined;
  }
}
