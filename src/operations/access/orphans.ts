import { withDeadline } from '../../lib/abort.js';
import { messageOf, SwarmupError, usageError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import { swarmup } from '../../lib/typed-command.js';
import type { Driver, DriverContext, MadeThing, OptionValues } from '../../drivers/driver.js';
import { fullName, isName, noSwarm, ownName, placeOfHost } from '../../machine/names.js';
import { isRecordId, type Salvage } from '../../machine/salvage-record.js';
import type { OperationContext } from './context.js';
import { driverContext } from './driver-context.js';
import { storeOwner } from './store-owner.js';

/** What a driver made for one host, or one thing that hosts shared, and that no record of this store knows. */
export interface Orphan {
  /** NAME.SWARM; of what hosts shared, and where labels make no sense: what the driver's tool calls it. */
  readonly name: string;
  readonly driver: string;
  /** The host itself where it exists, as in `container`; else the first of its things. */
  readonly kind: string;
  readonly things: readonly MadeThing[];
  /** null: hosts shared it. */
  readonly machineId: string | null;
  readonly swarm: string | null;
  readonly swarmId: string | null;
  readonly owner: string | null;
  /** This store made it. */
  readonly mine: boolean;
  readonly madeAt: string | null;
  readonly running: boolean | null;
  /** Name of the host whose record may be that of this thing, but cannot be read. */
  readonly unreadable: string | null;
  /** Why it cannot be taken over, though it is a host: labels that make no sense. */
  readonly fault: string | null;
}

export interface FoundOrphans {
  readonly orphans: readonly Orphan[];
  /** What was not looked at, and why, a sentence each. */
  readonly notes: readonly string[];
}

interface FindOptions {
  /** Only this driver, whose failure is an error. Default: all that work here. */
  readonly driver?: string | undefined;
  readonly anyOwner?: boolean | undefined;
  /** Of the named driver. Default: those that the environment gives. */
  readonly options?: OptionValues;
  /** How long a driver may take. Default: 20 s. */
  readonly patienceMs?: number;
}

/**
 * What exists with labels of swarmup and has no record in this store. Changes nothing. Errors: DRIVER_UNKNOWN,
 * NO_INVENTORY (exit 2), and those of the driver, if one is named.
 */
export async function findOrphans(context: OperationContext, request: FindOptions = {}): Promise<FoundOrphans> {
  const { driver: named, anyOwner = false } = request;
  const { store } = context;
  const notes: string[] = [];
  const made: { readonly driver: string; readonly things: readonly MadeThing[] }[] = [];
  const names = named === undefined ? context.drivers.declarations.map(({ name }) => name) : [named];
  await Promise.all(
    names.map(async (name) => {
      try {
        const driver = await context.drivers.get(name);
        if (driver.inventory === undefined && named !== undefined) throw withoutInventory(name);
        const found = driver.inventory && (await listThings(context, driver, request));
        made.push({ driver: name, things: found?.things ?? [] });
        notes.push(...(found?.unseen ?? []).map((why) => `${name}: ${why}`));
      } catch (error) {
        context.signal.throwIfAborted();
        if (named !== undefined) throw error;
        notes.push(`${name} was not looked at: ${messageOf(error)}`);
      }
    }),
  );
  const known = await knownHosts(context);
  const owner = storeOwner(store, context.env);
  const isMine = (thing: MadeThing): boolean =>
    thing.owner === owner ||
    (thing.swarmId !== null && isSwarm(thing.swarm) && store.within(thing.swarm).swarmId() === thing.swarmId);
  const groups = made.flatMap(({ driver, things }) => grouped(things).map((group) => ({ driver, group })));
  const orphans = groups
    .filter(({ group }) => !isKnown(known, group, group.some(isMine)))
    .map(({ driver, group }) => orphanOf({ driver, group, known, mine: group.some(isMine) }))
    .filter(({ mine }) => mine || anyOwner);
  return { orphans: orphans.sort(byName), notes: notes.sort() };
}

/** Errors: TIMEOUT; those of the driver and of its options. */
async function listThings(
  context: OperationContext,
  driver: Driver,
  // A cloud that is not set up here takes its time to say so.
  { options, patienceMs: timeoutMs = 20_000 }: FindOptions,
) {
  const { inventory } = driver;
  const { machines } = await context.store.list();
  const states = machines.flatMap(({ driver: own, driverState }) =>
    own === driver.name && driverState !== null && driverState !== undefined ? [driverState] : [],
  );
  const what = `the driver ${driver.name} to list what it made`;
  return withDeadline({ timeoutMs, what, signal: context.signal }, async (signal) => {
    const usual = await inventoryContext(context, driver, { signal });
    return inventory?.list(options === undefined ? usual : { ...usual, options }, states);
  });
}

/** With the options that the environment gives. */
export async function inventoryContext(
  context: OperationContext,
  driver: Driver,
  call: { readonly signal?: AbortSignal; readonly log?: (message: string) => void } = {},
): Promise<DriverContext> {
  return driverContext(context, driver, await context.drivers.options(driver.name, {}, context.env), call);
}

const withoutInventory = (driver: string): Error =>
  usageError(
    'NO_INVENTORY',
    `the driver ${driver} does not label what it makes, so swarmup cannot find it without a record`,
    'hosts that exist already can be created again by their address',
  );

interface Known {
  readonly ids: ReadonlySet<string>;
  /** Swarms with a host on record, readable or not. */
  readonly swarms: ReadonlySet<string>;
  /** All that drivers saved, as text: what is named in it belongs to a host on record. */
  readonly states: string;
  readonly broken: readonly { readonly name: string; readonly salvage: Salvage | undefined }[];
}

async function knownHosts({ store }: OperationContext): Promise<Known> {
  const [{ machines, broken }, names] = await Promise.all([store.list(), store.names()]);
  const damaged = await Promise.all(
    broken.map(async ({ name, isNewer = false }) => ({ name, isNewer, salvage: await store.salvage(name) })),
  );
  // What a newer swarmup wrote is no damage: the host is on record.
  const newer = damaged.flatMap(({ isNewer, salvage }) => (isNewer ? (salvage?.id ?? []) : []));
  return {
    ids: new Set([...machines.map(({ id }) => id), ...newer]),
    swarms: new Set(names.flatMap((name) => placeOfHost(name, store.scope)?.swarm ?? [])),
    states: machines.map(({ driverState }) => JSON.stringify(driverState)).join('\n'),
    broken: damaged,
  };
}

/** The things of each host, and each shared thing for itself. */
function grouped(things: readonly MadeThing[]): readonly (readonly MadeThing[])[] {
  const groups = new Map<string, MadeThing[]>();
  for (const thing of things) {
    const { place, kind, name, machineId } = thing;
    const key = machineId ?? JSON.stringify([place, kind, name]);
    groups.set(key, [...(groups.get(key) ?? []), thing]);
  }
  return [...groups.values()].map((group) => group.sort((a, b) => Number(b.isHost) - Number(a.isHost)));
}

function isKnown({ ids, swarms, states }: Known, [first]: readonly MadeThing[], mine: boolean): boolean {
  if (first === undefined) return true;
  if (first.machineId !== null) return ids.has(first.machineId);
  return (mine && first.swarm !== null && swarms.has(first.swarm)) || states.includes(JSON.stringify(first.name));
}

interface Group {
  readonly driver: string;
  readonly group: readonly MadeThing[];
  readonly known: Known;
  readonly mine: boolean;
}

function orphanOf({ driver, group, known, mine }: Group): Orphan {
  const [first] = group;
  if (first === undefined) throw new Error('a group of nothing');
  const { machineId, host, swarm, swarmId, owner } = first;
  const fault = machineId === null ? null : labelFault(first);
  const isNamed = machineId !== null && host !== null && isName(host) && isSwarm(swarm);
  return {
    name: isNamed ? fullName({ host, swarm }) : first.name,
    driver,
    kind: first.kind,
    things: group,
    ...{ machineId, swarm, swarmId, owner, mine, fault },
    madeAt: first.madeAt,
    running: first.isHost ? first.running : null,
    unreadable: machineId === null ? null : (unreadableRecord(known, first, mine)?.name ?? null),
  };
}

/** By its ID; a record without one may be that of each host of its own name, because hosts move between swarms. */
const unreadableRecord = ({ broken }: Known, { machineId, host }: MadeThing, mine: boolean) =>
  broken.find(({ salvage }) => salvage?.id === machineId) ??
  broken.find(({ name, salvage }) => mine && salvage?.id == null && ownName(name) === host);

const isSwarm = (swarm: string | null): swarm is string => swarm !== null && (swarm === noSwarm || isName(swarm));

/** Labels are what somebody wrote. */
function labelFault({ machineId, host, swarm }: MadeThing): string | null {
  const say = (what: string, value: string | null): string =>
    value === null ? `no label names its ${what}` : `its label of the ${what} is ${JSON.stringify(value)}`;
  if (machineId === null || !isRecordId(machineId)) return say('record', machineId);
  if (host === null || !isName(host)) return say('host', host);
  return isSwarm(swarm) ? null : say('swarm', swarm);
}

const byName = (a: Orphan, b: Orphan): number => (fullOrder(a) < fullOrder(b) ? -1 : 1);
const fullOrder = ({ machineId, swarm, name, driver }: Orphan): string =>
  [machineId === null ? 1 : 0, swarm ?? '', name, driver].join(' ');

/** The name of an orphan's host and its swarm. Of orphans without a fault. */
export const placeOfOrphan = ({ things, swarm }: Orphan): { readonly host: string; readonly swarm: string } => ({
  host: things[0]?.host ?? '',
  swarm: swarm ?? noSwarm,
});

/** What it is made of, and whose it is: for a question about it. */
export const lossLine = ({ name, driver, things, mine, owner, running }: Orphan): string =>
  `${name} (${driver}${running === true ? ', running' : ''}: ${things.map((thing) => `${thing.kind} ${thing.name}`).join(', ')})` +
  (mine ? '' : `, made by ${owner ?? 'nobody knows whom'}`);

/**
 * The orphan that a word of a command line means: by its name, its full name, or the beginning of its ID. Errors:
 * ORPHAN_UNKNOWN, ORPHAN_AMBIGUOUS (exit 2); ORPHAN_FOREIGN (exit 3) if another store made it.
 */
export function orphanNamed(
  context: Pick<OperationContext, 'store'>,
  all: readonly Orphan[],
  word: string,
  anyOwner: boolean,
): Orphan {
  const meant = all.filter((orphan) => isMeant(context, orphan, word));
  const own = meant.filter(({ mine }) => mine);
  const [first, ...others] = own.length > 0 ? own : meant;
  if (first === undefined)
    throw usageError('ORPHAN_UNKNOWN', `there is nothing named ${word} without a record`, swarmup`orphans`);
  if (others.length > 0)
    throw usageError(
      'ORPHAN_AMBIGUOUS',
      `there are ${others.length + 1} hosts named ${word} without a record: ${[first, ...others].map(told).join(', ')}`,
      'name one by its ID',
    );
  if (first.mine || anyOwner) return first;
  throw new SwarmupError(
    'ORPHAN_FOREIGN',
    `${word} was made by ${first.owner ?? 'a store that its labels do not name'}`,
    {
      exitCode: exitCodes.preflight,
      hints: ['if it is yours all the same, add --any-owner'],
    },
  );
}

const told = ({ machineId, name, owner }: Orphan): string =>
  `${machineId ?? name}${owner === null ? '' : ` of ${owner}`}`;

function isMeant({ store }: Pick<OperationContext, 'store'>, orphan: Orphan, word: string): boolean {
  const { name, machineId, fault } = orphan;
  if (name === word) return true;
  if (machineId === null) return false;
  const isNamed = placeOfHost(word, store.scope) !== undefined && fault === null;
  return (
    (word.length >= 8 && machineId.startsWith(word)) ||
    (isNamed && store.fullName(word) === fullName(placeOfOrphan(orphan)))
  );
}
