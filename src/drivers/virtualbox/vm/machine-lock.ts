import type { DriverContext } from '../../driver.js';

/**
 * Two calls at once that name one stopped machine collide, even two that only read; some then end with 0 and half an
 * answer. So whoever names a machine holds its lock, across processes.
 */
export const withMachine = <T>(context: DriverContext, uuid: string, use: () => Promise<T>): Promise<T> =>
  context.exclusive(`vm-${uuid}`, use);

/** For what machines share: host-only networks, addresses, ports, the registry of media. Held inside a machine's. */
export const withShared = <T>(context: DriverContext, use: () => Promise<T>): Promise<T> =>
  context.exclusive('shared', use);
