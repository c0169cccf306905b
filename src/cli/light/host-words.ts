import type { OperationContext } from '../../operations/access/context.js';
import { hostMeant } from '../../operations/access/host-meant.js';
import type { ArgDeclarations } from '../arg-declaration.js';

export const hostName = {
  name: { description: 'host [default: default, or the manager of the only swarm]', names: 'hosts' },
} as const satisfies ArgDeclarations;

export const hostNames = {
  name: { description: 'hosts [default: default, or the manager of the only swarm]', many: true, names: 'hosts' },
} as const satisfies ArgDeclarations;

type Known = Pick<OperationContext, 'store'>;

/** The host that was named, else the one that is meant. */
export const hostNamed = async ({ store }: Known, given: string | undefined): Promise<string> =>
  given ?? hostMeant(store);

/** The hosts that were named, else the one that is meant. */
export const hostsNamed = async ({ store }: Known, given: readonly string[]): Promise<readonly string[]> =>
  given.length > 0 ? given : [await hostMeant(store)];
