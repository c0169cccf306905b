import { codeOf, messageOf } from './errors.js';

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network of the host',
  ETIMEDOUT: 'no answer',
  ENOTFOUND: 'the name has no address',
};

/** Why a connection was not made, in words. */
export function reasonOf(cause: unknown): string {
  return reasons[codeOf(cause) ?? ''] ?? messageOf(cause);
}
