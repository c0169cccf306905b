import { withDeadline } from '../../lib/abort.js';
import { messageOf } from '../../lib/errors.js';
import type { HostStatus, OptionValues } from '../../drivers/driver.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { OperationContext } from '../access/context.js';
import { driverContext } from '../access/driver-context.js';

/**
 * The states that the drivers report, by host name: one call for all hosts with the same driver and options, all calls
 * at the same time. If a driver cannot report in time, the value is the error; the function does not throw for that.
 */
export async function hostStatuses(
  context: OperationContext,
  records: readonly MachineRecord[],
  options: { readonly timeoutMs: number },
): Promise<ReadonlyMap<string, HostStatus | Error>> {
  const batches = new Map<string, MachineRecord[]>();
  for (const record of records) {
    const key = JSON.stringify([record.driver, record.options]);
    batches.set(key, [...(batches.get(key) ?? []), record]);
  }
  const statuses = await Promise.all(
    [...batches.values()].map((batch) => inspectBatch(context, batch, options.timeoutMs)),
  );
  return new Map(statuses.flat());
}

async function inspectBatch(
  context: OperationContext,
  batch: readonly MachineRecord[],
  timeoutMs: number,
): Promise<readonly (readonly [string, HostStatus | Error])[]> {
  const name = batch[0]?.driver ?? '';
  const what = `the driver ${name} to report the state of its hosts`;
  try {
    const statuses = await withDeadline({ timeoutMs, what, signal: context.signal }, async (signal) => {
      const driver = await context.drivers.get(name);
      const options = (batch[0]?.options ?? {}) as OptionValues;
      return driver.inspect(
        driverContext(context, driver, options, { signal, log: () => undefined }),
        batch.map((record) => record.driverState ?? undefined),
      );
    });
    return batch.map(
      (record, i) => [record.name, statuses[i] ?? new Error(`the driver ${name} did not report a state`)] as const,
    );
  } catch (error) {
    context.signal.throwIfAborted();
    const told = error instanceof Error ? error : new Error(messageOf(error));
    return batch.map((record) => [record.name, told] as const);
  }
}
