import type { CostEstimate, Driver, OptionValues } from '../../drivers/driver.js';
import { messageOf } from '../../lib/errors.js';
import type { OperationContext } from '../access/context.js';
import { driverContext } from '../access/driver-context.js';

/** Hosts that would be made alike. */
export interface EstimatedHosts {
  readonly driver: Driver;
  readonly options: OptionValues;
  readonly names: readonly string[];
}

/**
 * The total cost of hosts; undefined if they cost nothing or if the cost is not known, in which case `warn` gets the
 * reason. Makes nothing.
 */
export async function estimateHosts(
  context: OperationContext,
  groups: readonly EstimatedHosts[],
  warn: (message: string) => void,
): Promise<CostEstimate | undefined> {
  const estimates: CostEstimate[] = [];
  try {
    for (const { driver, options, names } of groups)
      if (driver.estimate !== undefined && names.length > 0)
        estimates.push(await driver.estimate(driverContext(context, driver, options), names));
  } catch (error) {
    context.signal.throwIfAborted();
    warn(`the cost of the hosts cannot be estimated: ${messageOf(error)}`);
    return undefined;
  }
  return estimates.length === 0 ? undefined : estimates.reduce(together);
}

const sum = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : a + b);

const together = (a: CostEstimate, b: CostEstimate): CostEstimate => ({
  ...a,
  perHour: sum(a.perHour, b.perHour),
  perMonth: sum(a.perMonth, b.perMonth),
  lines: [...a.lines, ...b.lines],
  // The older price list is the one to doubt.
  asOf: a.asOf < b.asOf ? a.asOf : b.asOf,
});
