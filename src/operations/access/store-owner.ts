import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import type { Store } from '../../machine/store.js';
import type { OperationContext } from './context.js';

/** Names a store among all that share a cloud account: who, where, and which of the stores there. */
export function storeOwner({ home }: Pick<Store, 'home'>, env: OperationContext['env']): string {
  const user = env['USER'] ?? env['USERNAME'] ?? 'somebody';
  const which = createHash('sha256').update(home).digest('hex').slice(0, 6);
  return `${user}@${hostname()}/${which}`;
}
