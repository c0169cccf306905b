import { join } from 'node:path';
import { createRegistry, type DriverEntry } from '../../src/drivers/registry.js';
import { processRunner } from '../../src/lib/local-process.js';
import { openStore } from '../../src/machine/file-store.js';
import type { OperationContext } from '../../src/operations/access/context.js';

/** The context of an operation on a real store in `folder`; no host can be reached by ssh. */
export function operationContext(
  folder: string,
  drivers: readonly DriverEntry[],
  changes: Partial<OperationContext> = {},
): OperationContext {
  return {
    store: openStore(join(folder, 'home')),
    drivers: createRegistry(drivers),
    connect: () => Promise.reject(new Error('this test has no ssh')),
    enroll: () => Promise.reject(new Error('this test has no ssh')),
    disconnect: async () => undefined,
    report: () => undefined,
    signal: new AbortController().signal,
    env: {},
    run: processRunner(process.env),
    cacheDir: join(folder, 'cache'),
    now: () => new Date('2026-11-21T10:00:00.000Z'),
    ...changes,
  };
}
