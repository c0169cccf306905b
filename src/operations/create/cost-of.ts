import type { CostEstimate, OptionValues } from '../../drivers/driver.js';
import { messageOf } from '../../lib/errors.js';
import type { OperationContext } from '../context.js';
import { driverContext } from './choose-driver.js';

/** Hosts that are to be made alike. */
export interface CostGroup {
  readonly driver: string;
  readonly options: OptionValues;
  readonly names: readonly string[];
}

/**
 * What new hosts would cost, all together; undefined for drivers whose hosts cost nothing. That it cannot be told is no
 * reason not to tell the rest: it becomes a warning.
 */
export async function costOf(
  context: OperationContext,
  groups: readonly CostGroup[],
  warn: (message: string) => void,
): Promise<CostEstimate | undefined> {
  const estimates: CostEstimate[] = [];
  for (const { driver: name, options, names } of groups) {
    const driver = await context.drivers.get(name);
    if (driver.estimate === undefined || names.length === 0) continue;
    try {
      estimates.push(await driver.estimate(driverContext(context, driver, options), names));
    } catch (error) {
      context.signal.throwIfAborted();
      warn(`what the hosts would cost cannot be told: ${messageOf(error)}`);
      return undefined;
    }
  }
  return estimates.length === 0 ? undefined : estimates.reduce(together);
}

function together(a: CostEstimate, b: CostEstimate): CostEstimate {
  const sum = (x: number | null, y: number | null): number | null => (x === null || y === null ? null : x + y);
  return {
    currency: a.currency,
    perHour: sum(a.perHour, b.perHour),
    perMonth: sum(a.perMonth, b.perMonth),
    lines: [...a.lines, ...b.lines],
    // As old as the oldest of the prices.
    asOf: a.asOf < b.asOf ? a.asOf : b.asOf,
  };
}
