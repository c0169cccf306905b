import { isIP } from 'node:net';
import { join } from 'node:path';
import { SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import type { DriverContext, HostFiles, OptionValues, Problem, ReservedAddresses } from '../../drivers/driver.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import { ownName } from '../../machine/names.js';
import type { Store } from '../../machine/store.js';
import type { OperationContext } from './context.js';
import { storeOwner } from './store-owner.js';

/** The context that a driver gets for one call. */
export function driverContext(
  context: OperationContext,
  driver: { readonly name: string },
  options: OptionValues,
  call: { readonly signal?: AbortSignal; readonly log?: (message: string) => void } = {},
): DriverContext {
  return {
    options,
    belongsTo: {
      swarm: context.store.scope,
      id: context.store.swarmId(),
      owner: storeOwner(context.store, context.env),
    },
    peers: () => savedStates(context.store, driver.name),
    signal: call.signal ?? context.signal,
    log: call.log ?? quietly,
    run: context.run,
    env: context.env,
    cacheDir: context.cacheDir,
    files: (host) => hostFiles(context.store, host),
    reservedAddresses: () => reservedAddresses(context.store, driver.name),
    // The holder may be building an image or downloading one.
    exclusive: (key, use, { patienceMs = 30 * 60_000 } = {}) => {
      const patience = { signal: call.signal ?? context.signal, timeoutMs: patienceMs };
      return context.store.withLock(`driver-${driver.name}-${key}`, patience, use);
    },
  };
}

/** Hosts of other swarms have full names. */
async function savedStates(store: Store, driver: string): Promise<readonly unknown[]> {
  const { machines } = await store.list();
  const own = machines.filter((record) => record.driver === driver && record.name === ownName(record.name));
  return own.flatMap(({ driverState }) => (driverState === null ? [] : (driverState ?? [])));
}

async function reservedAddresses(store: Store, driver: string): Promise<readonly ReservedAddresses[]> {
  const { machines } = await store.list();
  return machines
    .filter((record) => record.driver === driver)
    .map((record) => ({ id: record.id, name: record.name, swarm: record.swarm, addresses: addressesOf(record) }));
}

/** Records of an older swarmup do not have the addresses of the driver. */
function addressesOf({ addresses, advertiseAddr, endpoint }: MachineRecord): readonly string[] {
  const known = addresses ?? [endpoint?.host].filter((host) => host !== undefined && isIP(host) !== 0);
  const all = [...known, advertiseAddr].flatMap((address) => address ?? []);
  return [...new Set(all)].filter((address) => !address.startsWith('127.'));
}

const hostFiles = (store: Store, host: string): HostFiles => ({
  folder: join(store.home, store.hostFolder(host), driverFolder),
  read: (file) => store.readSecret(host, join(driverFolder, file)),
  write: (file, data) => store.writeSecret(host, join(driverFolder, file), data),
});

const driverFolder = 'driver';

/** Outside a step, there is no line on which to show a driver's log. */
const quietly = (): undefined => undefined;

/** Turns the errors of a driver's check into the one error that ends a command (exit 3); hints of all of them. */
export function preflightError(problems: readonly Problem[]): SwarmupError {
  const [first] = problems;
  return new SwarmupError(first?.code ?? 'PREFLIGHT', problems.map((problem) => problem.message).join('; '), {
    exitCode: exitCodes.preflight,
    hints: problems.flatMap((problem) => problem.hints),
  });
}
