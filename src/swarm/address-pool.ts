import { networkOf, overlaps } from '../lib/cidr.js';
import { exitCodes } from '../lib/exit-codes.js';
import { SwarmupError } from '../lib/errors.js';
import type { UsedNetwork } from '../lib/local-networks.js';

/** Docker's own default comes first, because users expect it. */
const candidates = [
  '10.0.0.0/8',
  '10.128.0.0/9',
  '10.0.0.0/9',
  '10.224.0.0/16',
  '10.96.0.0/16',
  '172.24.0.0/14',
  '192.168.128.0/17',
];

/**
 * The pool from which the swarm takes the subnets of its overlay networks: the wanted pool, or the first candidate that
 * does not overlap a network of a host or of this computer. The engine itself accepts a pool that contains its own
 * hosts' network, and containers then cannot be reached (swarm.md, "What doctor must catch"). Errors:
 * ADDRESS_POOL_OVERLAP (exit 3).
 */
export function chooseAddressPool(used: readonly UsedNetwork[], wanted?: string): string {
  if (wanted !== undefined) {
    const pool = networkOf(wanted);
    const clash = used.find((network) => overlaps(network.cidr, pool));
    if (clash === undefined) return pool;
    const free = candidates.find((candidate) => isFree(candidate, used));
    throw new SwarmupError(
      'ADDRESS_POOL_OVERLAP',
      `the address pool ${pool} overlaps ${clash.cidr}, which is ${clash.owner}`,
      { exitCode: exitCodes.preflight, hints: free === undefined ? [] : [`--default-addr-pool ${free} is free`] },
    );
  }
  const free = candidates.find((candidate) => isFree(candidate, used));
  if (free !== undefined) return free;
  throw new SwarmupError(
    'ADDRESS_POOL_OVERLAP',
    'every usual address pool overlaps a network of this computer or of the hosts',
    {
      exitCode: exitCodes.preflight,
      hints: ['choose an address pool, for example --default-addr-pool 10.77.0.0/16'],
    },
  );
}

const isFree = (pool: string, used: readonly UsedNetwork[]): boolean =>
  !used.some((network) => overlaps(network.cidr, pool));
