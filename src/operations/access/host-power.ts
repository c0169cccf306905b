import type { DriverContext, HostState } from '../../drivers/driver.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { OperationContext } from './context.js';
import { driverContext } from './driver-context.js';

/** The state of a host that its driver reports; null: the driver cannot report. Errors: the abort reason. */
export async function powerOf(
  context: OperationContext,
  record: MachineRecord,
  signal: AbortSignal = context.signal,
): Promise<HostState | null> {
  try {
    const driver = await context.drivers.get(record.driver);
    const options = record.options as DriverContext['options'];
    const own = driverContext(context, driver, options, { signal });
    const [status] = await driver.inspect(own, [record.driverState ?? undefined]);
    return status?.state ?? null;
  } catch {
    signal.throwIfAborted();
    return null;
  }
}
