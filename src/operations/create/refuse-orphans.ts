import { SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import { swarmup } from '../../lib/typed-command.js';
import { noSwarm } from '../../machine/names.js';
import type { OperationContext } from '../access/context.js';
import { findOrphans, type Orphan, placeOfOrphan } from '../access/orphans.js';
import type { ChosenGroup } from './choose-driver.js';

/**
 * Refuses to make a second host of a name whose first one still exists, although its record is lost. A driver that
 * cannot tell does not stop `create`: its check says what is wrong with it. Errors: ORPHAN_EXISTS (exit 3).
 */
export async function refuseOrphans(
  context: OperationContext,
  swarm: string | null,
  groups: readonly ChosenGroup[],
): Promise<void> {
  const found = await Promise.all(groups.map((group) => orphansOf(context, swarm, group)));
  const [first, ...others] = found.flat();
  if (first === undefined) return;
  const names = [first, ...others].map(({ name }) => name);
  const what = [first, ...others].map(
    ({ things: [host] }, i) => `${names[i] ?? ''} (${host?.kind ?? ''} ${host?.name ?? ''})`,
  );
  throw new SwarmupError(
    'ORPHAN_EXISTS',
    `there are hosts with these names already, without a record: ${what.join(', ')}`,
    {
      exitCode: exitCodes.preflight,
      hints: [
        `${swarmup`adopt ${names}`} takes over what is there`,
        `${swarmup`orphans --delete ${names}`} removes it`,
      ],
    },
  );
}

/** Hosts with the names of new ones, which this store made for this swarm. */
async function orphansOf(
  context: OperationContext,
  swarm: string | null,
  { group, chosen: { driver, options } }: ChosenGroup,
): Promise<readonly Orphan[]> {
  if (driver.inventory === undefined) return [];
  const records = await Promise.all(group.names.map((name) => context.store.read(name)));
  const fresh = group.names.filter((_, i) => records[i] === undefined);
  if (fresh.length === 0) return [];
  const found = await findOrphans(context, { driver: driver.name, options }).catch(() => undefined);
  context.signal.throwIfAborted();
  return (found?.orphans ?? []).filter((orphan) => {
    if (orphan.fault !== null || orphan.things[0]?.isHost !== true) return false;
    const place = placeOfOrphan(orphan);
    return place.swarm === (swarm ?? noSwarm) && fresh.includes(place.host);
  });
}
