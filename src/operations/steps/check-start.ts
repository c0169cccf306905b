import type { MachineRecord } from '../../machine/machine-record.js';
import type { OperationContext } from '../access/context.js';
import { driverContext } from '../access/driver-context.js';

/**
 * What the computers of these hosts lack to run those of them that are off, as warnings. A driver that cannot look is
 * silent: to start the hosts will say why. Errors: the abort reason.
 */
export async function startWarnings(
  context: OperationContext,
  records: readonly MachineRecord[],
): Promise<readonly string[]> {
  const names = [...new Set(records.map(({ driver }) => driver))];
  const found = await Promise.all(
    names.map(async (name) => {
      try {
        const driver = await context.drivers.get(name);
        const own = records.filter((record) => record.driver === name);
        const hosts = own.flatMap(({ driverState: state, role }) => (state === null ? [] : [{ state, role }]));
        const [first] = own;
        const options = (first?.options ?? {}) as Parameters<typeof driverContext>[2];
        return (await driver.checkStart?.(driverContext(context, driver, options), hosts)) ?? [];
      } catch {
        context.signal.throwIfAborted();
        return [];
      }
    }),
  );
  return found.flat().map(({ message, hints }) => [message, ...hints].join('; '));
}
