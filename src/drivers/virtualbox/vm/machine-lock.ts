import type { DriverContext } from '../../driver.js';

/**
 * Two simultaneous calls that name the same stopped machine conflict, even if both only read; some then exit with 0 and
 * an incomplete output. Therefore a caller that names a machine holds its lock, across processes.
 */
export const withMachine = <T>(context: DriverContext, uuid: string, use: () => Promise<T>): Promise<T> =>
  context.exclusive(`vm-${uuid}`, use);

/**
 * The lock for objects that machines share: host-only networks, addresses, ports, the registry of media. It is held
 * inside the lock of a machine.
 */
export const withShared = <T>(context: DriverContext, use: () => Promise<T>): Promise<T> =>
  context.exclusive('shared', use);
