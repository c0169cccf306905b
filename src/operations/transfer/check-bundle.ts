import { cleanData, isCleanText, isDeep, isPathBelow, isPathLike, parseOutside, uuid } from '../../lib/border.js';
import { SwarmupError } from '../../lib/errors.js';
import { isPlain } from '../../lib/is-plain.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import { nameWithin, noSwarm, ownName, placeOfHost } from '../../machine/names.js';
import { machineFromOutside, type OutsideSwarm, swarmFromOutside } from '../../machine/outside-records.js';
import type { OperationContext } from '../access/context.js';
import { keyFiles } from '../access/host-keys.js';
import { type BundledCertificates, bundledCertificates } from './bundled-certificates.js';
import { type BundledMachine, jsonOf, type MachineBundle, maxHosts } from './machine-bundle.js';
import { namesOwnFilesOnly, textsIn } from './plugin-record.js';
import { ownLogins } from './own-logins.js';

/** A host of a bundle whose every field was looked at. */
export interface CheckedHost {
  readonly name: string;
  /** Without its engine's certificates, whose place the import decides. */
  readonly record: Omit<MachineRecord, 'engine'>;
  readonly engineUrl: string | null;
  /** Of the sender's store, or of the host alone; undefined: none came along. */
  readonly certificates: BundledCertificates | undefined;
  /** By path below the folder of the host. */
  readonly files: ReadonlyMap<string, Buffer>;
  readonly swarm: OutsideSwarm | undefined;
  readonly swarmId: string | undefined;
  /** What the sender's record says besides, and is not taken over; sentences for people. */
  readonly leftOut: readonly string[];
}

export interface CheckedBundle {
  readonly hosts: readonly CheckedHost[];
  readonly certificates: BundledCertificates | undefined;
}

const code = 'BUNDLE_BROKEN';

/**
 * Looks at everything in a bundle before anything of it is written, as at a letter of a stranger: a host has the fields
 * that swarmup writes, in their forms; files go below the host's own folder, under names that are chosen here; commands,
 * paths and scripts of the sender are left out. One host that is not sound refuses the whole bundle.
 * Errors: BUNDLE_BROKEN; DRIVER_UNKNOWN.
 */
export async function checkBundle(
  context: OperationContext,
  bundle: MachineBundle,
  path: string,
): Promise<CheckedBundle> {
  if (bundle.machines.length > maxHosts) throw refused(path, `it has more than ${maxHosts} hosts`);
  const swarms = new Map<string, KnownSwarm>();
  for (const [i, record] of bundle.swarms.entries()) {
    const { keyCustody, ...rest } = isPlain(record) ? record : {};
    const swarm = swarmFromOutside(isPlain(record) ? rest : record, { what: `swarm ${i + 1} in ${path}`, code });
    swarms.set(swarm.name, { swarm, leftOut: keyCustody === undefined ? [] : [custodyLeftOut(swarm.name)] });
  }
  const hosts: CheckedHost[] = [];
  const certificates = bundledCertificates(bundle.certs, path);
  for (const [i, machine] of bundle.machines.entries())
    hosts.push(await checkHost(context, { bundle, machine, swarms, certificates, what: `host ${i + 1} in ${path}` }));
  for (const key of ['name', 'id'] as const) {
    const values = hosts.map(({ record }) => record[key]);
    if (new Set(values).size < values.length) throw refused(path, `two of its hosts have the same ${key}`);
  }
  return { hosts, certificates };
}

const custodyLeftOut = (swarm: string): string =>
  `who keeps the unlock key of swarm ${swarm}: swarmup does not have this key here`;

interface KnownSwarm {
  readonly swarm: OutsideSwarm;
  readonly leftOut: readonly string[];
}

interface Looked {
  readonly bundle: MachineBundle;
  readonly machine: BundledMachine;
  readonly swarms: ReadonlyMap<string, KnownSwarm>;
  readonly certificates: BundledCertificates | undefined;
  readonly what: string;
}

async function checkHost(context: OperationContext, looked: Looked): Promise<CheckedHost> {
  const { bundle, machine, swarms, certificates, what } = looked;
  const { store } = context;
  const raw = jsonOf(machine.record);
  if (!isPlain(raw)) throw refused(what, 'its record is not a JSON object');
  if (isDeep(raw)) throw refused(what, 'its record is nested too deeply');
  const own = ownName(machine.name);
  const place = placeOfHost(machine.name, homeSwarm(raw));
  if (place === undefined || raw['name'] !== own) throw refused(what, 'name: it must be the name of a host');
  const name = nameWithin(place, store.scope);
  const { files, keys } = filesOf(machine, what);
  const folder = `${store.home}/${store.hostFolder(name)}`;
  const leftOut: string[] = [];
  const stripped = strip(raw, leftOut);
  const logins = ownLogins(stripped, { host: own, folder, files, keys, leftOut: (text) => leftOut.push(text) });
  const { engine, ...record } = machineFromOutside(logins, { what, code });
  const driverState = await stateOf(context, record, { own, what });
  const known = swarms.get(record.swarm ?? '');
  return {
    name,
    record: { ...record, name, driverState },
    engineUrl: engine?.url ?? null,
    certificates: isOfStore(raw) ? certificates : ownCertificates(machine, what),
    files,
    swarm: known?.swarm,
    swarmId: swarmIdOf(bundle, record, what),
    leftOut: [...leftOut, ...(known?.leftOut ?? [])],
  };
}

function swarmIdOf(
  { swarmIds = {} }: MachineBundle,
  { swarm }: Pick<MachineRecord, 'swarm'>,
  what: string,
): string | undefined {
  const id = new Map(Object.entries(swarmIds)).get(swarm ?? '');
  return id === undefined ? undefined : parseOutside(uuid, id, { what: `the id of the swarm of ${what}`, code });
}

/** Whether its engine is of the authority of the sender's store. */
const isOfStore = ({ engine }: Readonly<Record<string, unknown>>): boolean =>
  isPlain(engine) && engine['certPath'] === 'certs';

/** Those in the folder of a host that had been imported, or is of docker-machine. */
function ownCertificates({ files }: BundledMachine, what: string): BundledCertificates | undefined {
  const own = Object.entries(files).flatMap(([path, data]) =>
    ['certs/ca.pem', 'certs/key.pem', 'certs/cert.pem'].includes(path) ? [[path.slice('certs/'.length), data]] : [],
  );
  return bundledCertificates(Object.fromEntries(own) as Record<string, string>, what);
}

/** Of a file of an older swarmup, which has only the name of the host. */
function homeSwarm(raw: Readonly<Record<string, unknown>>): string {
  const { lab, swarm } = raw as { readonly lab?: { readonly name?: unknown }; readonly swarm?: unknown };
  return [lab?.name, swarm].find((name) => typeof name === 'string') ?? noSwarm;
}

/** Takes out what names a file, program or server for this computer to use: it is the sender's. */
function strip(raw: Readonly<Record<string, unknown>>, leftOut: string[]): Readonly<Record<string, unknown>> {
  const { engine, lab, engineSettings, options, ...rest } = raw;
  const without = (value: unknown, key: string): unknown =>
    isPlain(value) ? Object.fromEntries(Object.entries(value).filter(([other]) => other !== key)) : value;
  if (isPlain(engineSettings) && engineSettings['installUrl'] !== undefined)
    leftOut.push('the script that installs Docker');
  return {
    ...rest,
    engine: without(engine, 'certPath'),
    ...(lab !== undefined && { lab: without(lab, 'manifest') }),
    engineSettings: without(engineSettings, 'installUrl'),
    options: isPlain(options) ? ownOptions(options, leftOut) : options,
  };
}

/** Later hosts of a swarm inherit the options of its first: none of them may name a file or server of the sender. */
function ownOptions(options: Readonly<Record<string, unknown>>, leftOut: string[]): unknown {
  return Object.fromEntries(
    Object.entries(options).filter(([option, value]) => {
      const texts = [value].flat().filter((text) => typeof text === 'string');
      const isTheirs = texts.some((text) => isPathLike(text) || /^[a-z][a-z0-9+.-]*:/i.test(text));
      if (isTheirs) leftOut.push(`the option ${/^[a-z0-9-]{1,63}$/.test(option) ? option : '?'} of its driver`);
      return !isTheirs;
    }),
  );
}

/** Files that swarmup makes for every host, or that are the sender's: an older swarmup exported them. */
const derived = /^(?:ssh_config|known_hosts|docker\/.*|certs\/.*|host_ed25519(?:\.pub)?)$/;
/** Its public half is read again when the host is made again. */
const taken = new RegExp(`^(?:${keyFiles.user}(?:\\.pub)?|(?:keys|driver)/.*)$`);

function filesOf({ files, keys }: BundledMachine, what: string) {
  const kept = new Map<string, Buffer>();
  for (const [path, data] of Object.entries(files)) {
    if (!isPathBelow(path)) throw refused(what, 'it has a file whose path leads out of the folder of the host');
    if (taken.test(path)) kept.set(path, Buffer.from(data, 'base64'));
    else if (!derived.test(path)) throw refused(what, 'it has a file that swarmup does not keep about a host');
  }
  const sent = Object.entries(keys).map(([path, data], i) => {
    const name = `keys/sent-${i + 1}`;
    kept.set(name, Buffer.from(data, 'base64'));
    return [path, name] as const;
  });
  requireOwnPaths(kept, what);
  return { files: kept, keys: new Map(sent) };
}

function requireOwnPaths(files: ReadonlyMap<string, Buffer>, what: string): void {
  for (const [path, data] of files) {
    if (!/^driver\/[^/]+\.json$/.test(path)) continue;
    if (!namesOwnFilesOnly(jsonOf(data.toString('utf8'))))
      throw refused(what, 'the record of its plugin names a file outside of the folder of the host');
  }
}

interface Named {
  /** The host's own name. */
  readonly own: string;
  readonly what: string;
}

async function stateOf(
  { drivers }: OperationContext,
  record: Omit<MachineRecord, 'engine'>,
  { own, what }: Named,
): Promise<unknown> {
  const { driverState } = record;
  const driver = await drivers.get(record.driver);
  if (driverState === undefined || driverState === null) return driverState;
  try {
    if (driver.stateFromOutside !== undefined)
      return await driver.stateFromOutside(driverState, { id: record.id, name: own });
  } catch (error) {
    throw new SwarmupError(code, `${what} is refused: ${messageFor(error)}`, { cause: error });
  }
  parseOutside(cleanData, driverState, { what: `the state of ${what}`, code });
  if (textsIn(driverState).some(isPathLike)) throw refused(what, 'driverState: it must not name files');
  return driverState;
}

const messageFor = (error: unknown): string =>
  error instanceof SwarmupError && isCleanText(error.message) ? error.message : 'its driver does not accept its state';

const refused = (what: string, why: string): SwarmupError => new SwarmupError(code, `${what} is refused: ${why}`);
