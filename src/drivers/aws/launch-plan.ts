import type { Instance } from '@aws-sdk/client-ec2';
import type { AwsOptions } from './aws-options.js';
import { isAlive } from './aws-region.js';
import { tagOf, tags } from './aws-state.js';
import type { HostType, Place } from './find-place.js';
import type { HostSubnet } from './reachable-subnets.js';

/** One way to launch a host. */
export interface Rung {
  readonly subnet: HostSubnet;
  readonly type: HostType;
  readonly spot: boolean;
}

type Role = 'manager' | 'worker' | null;

/** Where the hosts of one swarm are: managers apart from each other, then everything even. */
export interface Spread {
  /** Ways to launch the next host of a role, in the order in which to try them; counts it where it begins. */
  readonly rungs: (place: Place, options: AwsOptions, role: Role) => readonly Rung[];
  /** There was no capacity for this combination, so it is tried last from now on. */
  readonly exhausted: (rung: Rung) => void;
}

export function spreadOver(members: readonly Instance[]): Spread {
  const seats = members.filter(isAlive).map((instance) => ({
    zone: instance.Placement?.AvailabilityZone ?? '',
    role: tagOf(instance, tags.role) ?? null,
  }));
  const empty = new Set<string>();
  const count = (zone: string, role?: string | null): number =>
    seats.filter((seat) => seat.zone === zone && (role === undefined || seat.role === role)).length;
  return {
    rungs(place, options, role) {
      const subnets = [...place.subnets].sort(
        (a, b) => count(a.zone, role) - count(b.zone, role) || count(a.zone) - count(b.zone),
      );
      const markets = options.spot ? [true, ...(options.spotFallback ? [false] : [])] : [false];
      const all = markets.flatMap((spot) =>
        place.types.flatMap((type) =>
          subnets.filter(({ zone }) => type.zones.has(zone)).map((subnet) => ({ subnet, type, spot })),
        ),
      );
      const rungs = [...all.filter((rung) => !empty.has(keyOf(rung))), ...all.filter((rung) => empty.has(keyOf(rung)))];
      seats.push({ zone: rungs[0]?.subnet.zone ?? '', role });
      return rungs;
    },
    exhausted(rung) {
      empty.add(keyOf(rung));
    },
  };
}

const keyOf = ({ subnet, type, spot }: Rung): string => [subnet.zone, type.name, String(spot)].join(' ');
