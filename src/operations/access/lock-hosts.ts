import type { MachineRecord } from '../../machine/machine-record.js';
import type { OperationContext } from './context.js';

/**
 * Runs `work` while no other command makes or removes hosts of the same swarms, or these plain hosts; says so when it
 * has to wait. Errors: LOCKED (exit 5) when the holder is not done in time; the abort reason.
 */
export function lockHosts<T>(
  context: OperationContext,
  hosts: readonly Pick<MachineRecord, 'name' | 'swarm'>[],
  timeoutMs: number,
  work: () => Promise<T>,
): Promise<T> {
  const keys = hosts.map(({ name, swarm }) =>
    swarm === null ? `host-${context.store.fullName(name)}` : `swarm-${swarm}`,
  );
  const onWait = (message: string): void => {
    context.report({ type: 'info', message });
  };
  // Always in the same order, or two commands could wait for each other.
  return [...new Set(keys)]
    .sort()
    .reduceRight<() => Promise<T>>(
      (inner, key) => () => context.store.withLock(key, { signal: context.signal, onWait, timeoutMs }, inner),
      work,
    )();
}
