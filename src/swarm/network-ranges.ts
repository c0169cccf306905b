import { contains, networkOf, overlaps, subnetAt } from '../lib/cidr.js';
import { SwarmupError, usageError } from '../lib/errors.js';
import { exitCodes } from '../lib/exit-codes.js';
import type { UsedNetwork } from '../lib/local-networks.js';
import { swarmup } from '../lib/typed-command.js';

/** The ranges of a new network as the user names them. */
export interface WantedRanges {
  readonly subnet: string | undefined;
  readonly gateway: string | undefined;
  readonly ipRange: string | undefined;
}

/** Where networks without a subnet of their own get one. */
interface SubnetPool {
  readonly pools: readonly string[];
  readonly prefix: number;
}

/** Addresses, checked among themselves. Errors: CIDR_INVALID, RANGE_INVALID (exit 2). */
export function checkedRanges({ subnet, gateway, ipRange }: WantedRanges): WantedRanges {
  if (subnet === undefined) {
    if (gateway === undefined && ipRange === undefined) return { subnet, gateway, ipRange };
    const flag = gateway === undefined ? '--ip-range' : '--gateway';
    throw usageError('RANGE_INVALID', `${flag} needs --subnet, because the value must be in the subnet`);
  }
  const net = networkOf(subnet);
  if (gateway !== undefined && !contains(net, gateway))
    throw usageError('RANGE_INVALID', `the gateway ${gateway} is not an address in ${net}`);
  if (ipRange === undefined) return { subnet: net, gateway, ipRange };
  const range = networkOf(ipRange);
  const isInside = overlaps(range, net) && prefixOf(range) >= prefixOf(net);
  if (!isInside) throw usageError('RANGE_INVALID', `the range ${range} is not in ${net}`);
  return { subnet: net, gateway, ipRange: range };
}

/**
 * The subnet of a new network: the wanted one when it meets nothing; without one undefined, which leaves it to the
 * engine, or, where the pool meets a network of a host, the first of the pool that is free.
 * Errors: NETWORK_OVERLAP (exit 3), which names both; ADDRESS_POOL_USED_UP (exit 3).
 */
export function chooseSubnet(
  name: string,
  wanted: string | undefined,
  used: readonly UsedNetwork[],
  pool: SubnetPool,
): string | undefined {
  if (wanted !== undefined) {
    const clash = used.find(({ cidr }) => overlaps(cidr, wanted));
    if (clash !== undefined) throw overlap(name, wanted, clash, freeSubnet(used, pool));
    const whole = pool.pools.find((cidr) => overlaps(cidr, wanted) && prefixOf(wanted) <= prefixOf(cidr));
    if (whole !== undefined)
      throw overlap(
        name,
        wanted,
        { cidr: whole, owner: 'the whole address pool of the swarm' },
        freeSubnet(used, pool),
      );
    return wanted;
  }
  const meets = pool.pools.some((cidr) => used.some((other) => overlaps(other.cidr, cidr)));
  if (!meets) return undefined;
  const free = freeSubnet(used, pool);
  if (free !== undefined) return free;
  throw new SwarmupError(
    'ADDRESS_POOL_USED_UP',
    `the address pool ${pool.pools.join(', ')} has no free subnet: each one overlaps another network`,
    { exitCode: exitCodes.preflight, hints: ['name a subnet outside the pool, for example --subnet 192.168.200.0/24'] },
  );
}

const mostTries = 4096;

function freeSubnet(used: readonly UsedNetwork[], { pools, prefix }: SubnetPool): string | undefined {
  for (const pool of pools) {
    const count = Math.min(mostTries, 2 ** Math.max(0, prefix - prefixOf(pool)));
    for (let i = 0; i < count; i += 1) {
      const subnet = subnetAt(pool, prefix, i);
      if (!used.some(({ cidr }) => overlaps(cidr, subnet))) return subnet;
    }
  }
  return undefined;
}

const prefixOf = (cidr: string): number => Number(cidr.split('/')[1]);

const overlap = (name: string, subnet: string, { cidr, owner }: UsedNetwork, free: string | undefined): SwarmupError =>
  new SwarmupError('NETWORK_OVERLAP', `the subnet ${subnet} of ${name} overlaps ${cidr}, which is ${owner}`, {
    exitCode: exitCodes.preflight,
    hints: [free === undefined ? 'choose another --subnet' : `--subnet ${free} is free`, swarmup`network ls`],
  });
