import type { DriverContext, MadeThing, MadeThings } from '../driver.js';
import { messageOf } from '../../lib/errors.js';
import { givenAccess } from './aws-account.js';
import type { AwsSite } from './aws-site.js';
import type { AwsAccess, AwsState } from './aws-state.js';
import { deleteOrphans, findOrphans, type Orphan } from './find-orphans.js';

type Open = (access: Partial<AwsAccess>) => Promise<AwsSite>;

/** Whether a record knows a thing is for the caller to tell. */
const nothing = { machines: new Set<string>(), clusters: new Set<string>() };

/** What has the tags of the driver, in the region that options and environment name and in those of hosts on record. */
export async function listThings(open: Open, context: DriverContext, states: readonly AwsState[]): Promise<MadeThings> {
  const accesses = [givenAccess(context), ...states.map(accessOf)];
  const looks = await Promise.allSettled(
    [...new Map(accesses.map((access) => [JSON.stringify(access), access])).values()].map(async (access) => {
      const site = await open(access);
      return (await findOrphans(site, nothing, context.signal)).map((thing) => madeThing(site, thing));
    }),
  );
  context.signal.throwIfAborted();
  const failed = looks.flatMap((look) => (look.status === 'rejected' ? [look.reason as unknown] : []));
  if (failed.length === looks.length) throw failed[0];
  const things = looks.flatMap((look) => (look.status === 'fulfilled' ? look.value : []));
  const once = new Map(things.map((thing) => [`${thing.place} ${thing.name}`, thing]));
  return { things: [...once.values()], unseen: failed.map(messageOf) };
}

/** They are looked for again: what has lost its tags in the meantime stays. */
export async function removeThings(open: Open, context: DriverContext, things: readonly MadeThing[]): Promise<void> {
  const { signal } = context;
  for (const place of new Set(things.map((thing) => thing.place))) {
    const site = await open(JSON.parse(place) as AwsAccess);
    const names = things.filter((thing) => thing.place === place).map(({ name }) => name);
    const found = (await findOrphans(site, nothing, signal)).filter(({ id }) => names.includes(id));
    if (found.length > 0) await deleteOrphans(site, found, signal);
  }
}

/** The access of a site or a state alone. */
const accessOf = ({ region, profile, endpoint }: AwsAccess): AwsAccess => ({
  region,
  ...(profile !== undefined && { profile }),
  ...(endpoint !== undefined && { endpoint }),
});

function madeThing({ access }: AwsSite, thing: Orphan): MadeThing {
  const { type, id, machineId, machine, swarm, swarmId, owner, madeAt, state } = thing;
  return {
    kind: type,
    name: id,
    place: JSON.stringify(accessOf(access)),
    isHost: type === 'instance',
    machineId,
    host: machine,
    swarm: swarm ?? 'no-swarm',
    swarmId,
    owner,
    madeAt,
    running: type === 'instance' ? state === 'running' : null,
  };
}
