import type { OperationContext } from '../access/context.js';
import type { CreateRequest, CreateResult } from '../access/results.js';
import { createHosts } from './create-hosts.js';

/** Makes Docker hosts that are in no swarm yet: an operation that makes hosts brings them into theirs. As `createHosts`. */
export const createPlainHosts = (
  context: OperationContext,
  request: Pick<CreateRequest, 'names' | 'driver' | 'driverOptions' | 'tls'>,
): Promise<CreateResult> =>
  createHosts(context, {
    ...request,
    managers: undefined,
    swarm: null,
    engineVersion: undefined,
    tlsSans: [],
    advertiseAddr: undefined,
    addressPool: undefined,
    agent: undefined,
    rollback: false,
    dryRun: false,
  });
