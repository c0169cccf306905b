import { stableJson } from '../lib/stable-json.js';
import type { MachineRecord } from '../machine/machine-record.js';
import { isReady } from '../swarm/membership.js';
import { chooseHosts, hostNumber } from './host-names.js';
import { type Lab, labLabel, type LabPool, zoneOf } from './lab.js';
import type { LabChange } from './lab-plan.js';

/** A host of the lab as it was found. */
export interface LabHost {
  readonly record: MachineRecord;
  /** Of its driver: running, stopped, absent …; `unknown`: it could not be asked. */
  readonly state: string;
  /** As the managers see it; undefined: they do not know it, or cannot be asked. */
  readonly node: { readonly state: string; readonly labels: Readonly<Record<string, string>> } | undefined;
  /**
   * The marks that its pool's files and scripts left on the host; undefined: the host could not be asked, or its pool
   * has none.
   */
  readonly marks: HostMarks | undefined;
}

export interface HostMarks {
  /** SHA-256 of files by path; absent: the file does not exist. */
  readonly files: Readonly<Record<string, string>>;
  /** SHA-256 of scripts that were run, by name. */
  readonly scripts: Readonly<Record<string, string>>;
}

/** The wanted state of a pool's hosts, as far as it needs more than the manifest. */
export interface PoolWish {
  /** Driver options that the manifest names, as the driver reads them; by zone ('' without one). */
  readonly options: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** SHA-256 of the pool's files by target, and of its scripts by name. */
  readonly marks: HostMarks;
}

export interface WantedHost {
  readonly name: string;
  readonly pool: LabPool;
  readonly zone: string | undefined;
  readonly found: LabHost | undefined;
}

/** The hosts that a lab should have; existing hosts keep their names, even if the pattern has changed. */
export function wantedHosts(lab: Lab, hosts: readonly LabHost[]): readonly WantedHost[] {
  return lab.pools.flatMap((pool) => {
    const mine = hosts.filter(({ record }) => record.lab?.pool === pool.name);
    const { kept, added } = chooseHosts(
      pool.names,
      pool.count,
      mine.map(({ record }) => record.name),
    );
    return [...kept, ...added].map((name) => ({
      name,
      pool,
      zone: zoneOf(pool, hostNumber(pool.names, name) ?? 1),
      found: mine.find(({ record }) => record.name === name),
    }));
  });
}

/** The changes that the hosts of a lab need: `hosts` are all hosts with its mark. Pure; quick for hundreds. */
export function planHosts(
  lab: Lab,
  hosts: readonly LabHost[],
  wishes: ReadonlyMap<string, PoolWish>,
  swarmAnswers: boolean,
): readonly LabChange[] {
  const wanted = wantedHosts(lab, hosts);
  const names = new Set(wanted.map(({ name }) => name));
  return [
    ...wanted.flatMap((host) => planHost(host, wishes.get(host.pool.name), swarmAnswers)),
    ...hosts
      .filter(({ record }) => !names.has(record.name))
      .map(({ record }) =>
        change(record.name, record.lab?.pool ?? '', 'remove', [`${record.driver}, ${record.role ?? ''}`]),
      ),
  ];
}

const change = (name: string, pool: string, action: LabChange['action'], details: readonly string[]): LabChange => ({
  what: 'host',
  name,
  pool,
  action,
  details,
});

function planHost(host: WantedHost, wish: PoolWish | undefined, swarmAnswers: boolean): readonly LabChange[] {
  const { name, pool, zone, found } = host;
  const one = (action: LabChange['action'], details: readonly string[]): readonly LabChange[] => [
    change(name, pool.name, action, details),
  ];
  if (found === undefined)
    return one('create', [
      `${pool.driver ?? 'default driver'}, ${pool.role}${zone === undefined ? '' : `, zone ${zone}`}`,
      ...todo(pool, undefined, wish).map(({ text }) => text),
    ]);
  const replaced = replaceReasons(host, wish);
  if (replaced.length > 0) return one('replace', replaced);
  const role = roleChange(found.record, pool);
  const begun = resumeReason(found, swarmAnswers);
  if (begun !== undefined) return one('resume', [begun, ...role]);
  const work = todo(pool, found.marks, wish);
  const updates = [
    ...role,
    ...engineChanges(found.record, pool),
    ...(swarmAnswers ? labelChanges(host) : []),
    ...work.filter(({ always }) => !always).map(({ text }) => text),
  ];
  if (updates.length > 0) return one('update', updates);
  const always = work.filter((step) => step.always).map(({ text }) => text);
  return always.length > 0 ? one('run', always) : [];
}

function replaceReasons({ pool, zone, found }: WantedHost, wish: PoolWish | undefined): readonly string[] {
  const record = found?.record;
  if (record === undefined) return [];
  if (record.phase === 'removing') return ['its removal was not finished'];
  if (pool.driver !== undefined && record.driver !== pool.driver) return [`driver ${record.driver} -> ${pool.driver}`];
  // A joined node is promoted or demoted; until it joins, its role is part of its creation.
  if (record.nodeId === null && record.role !== pool.role) return roleChange(record, pool);
  // Only the options that the manifest names: others may come from the environment of the user who made the host.
  return Object.entries(wish?.options[zone ?? ''] ?? {}).flatMap(([option, value]) => {
    const is = record.options[option];
    return stableJson(is) === stableJson(value) ? [] : [`${option} ${shown(is)} -> ${shown(value)}`];
  });
}

const roleChange = ({ role }: MachineRecord, pool: LabPool): readonly string[] =>
  role === pool.role ? [] : [`role ${role ?? 'none'} -> ${pool.role}`];

const shown = (value: unknown): string =>
  value === undefined ? 'none' : typeof value === 'string' ? value : JSON.stringify(value);

/** Why `create` has to look after a host; undefined: it is there, and Ready. */
function resumeReason({ record, state, node }: LabHost, swarmAnswers: boolean): string | undefined {
  if (record.phase === 'creating') return 'its creation was not finished';
  if (state !== 'running' && state !== 'unknown') return `its state is ${state}`;
  if (record.nodeId === null) return 'it is not in a swarm yet';
  // Its kept disk may still be the node that the host was.
  if (record.advertiseAddr === null) return 'it was made again and has not joined since then';
  if (!swarmAnswers) return undefined;
  if (node === undefined) return 'the managers do not list it';
  return isReady(node) ? undefined : `its node is ${node.state}`;
}

function engineChanges({ engineSettings }: MachineRecord, { engine }: LabPool): readonly string[] {
  const keys = [...new Set([...Object.keys(engineSettings), ...Object.keys(engine)])] as (keyof typeof engine)[];
  // Values of its environment may hold passwords.
  return keys
    .filter((key) => stableJson(engineSettings[key]) !== stableJson(engine[key]))
    .map((key) =>
      key === 'env' ? 'engine env' : `engine ${key} ${shown(engineSettings[key])} -> ${shown(engine[key])}`,
    );
}

/** The labels that swarmup sets on a host of the lab; other labels are not changed. */
export function wantedLabels(
  lab: string,
  { pool, zone }: Pick<WantedHost, 'pool' | 'zone'>,
): Readonly<Record<string, string>> {
  return {
    ...pool.labels,
    [labLabel]: lab,
    'swarmup.pool': pool.name,
    ...(zone !== undefined && { 'swarmup.zone': zone }),
  };
}

/** The changes to the labels of a node; undefined values are removed. Empty: the labels are correct. */
export function labelDifference(lab: string, host: WantedHost): Readonly<Record<string, string | undefined>> {
  const wanted = wantedLabels(lab, host);
  const has = host.found?.node?.labels ?? {};
  const old = Object.keys(host.found?.record.lab?.labels ?? {}).filter((key) => !(key in wanted) && key in has);
  const changed = Object.entries(wanted).filter(([key, value]) => has[key] !== value);
  return { ...Object.fromEntries(changed), ...Object.fromEntries(old.map((key) => [key, undefined])) };
}

function labelChanges(host: WantedHost): readonly string[] {
  const lab = host.found?.record.lab?.name ?? '';
  return Object.entries(labelDifference(lab, host)).map(([key, value]) =>
    value === undefined ? `label ${key} removed` : `label ${key}=${value}`,
  );
}

export interface HostTask {
  readonly kind: 'file' | 'script';
  readonly name: string;
  readonly text: string;
  /** It would be run if nothing else was different, too. */
  readonly always: boolean;
}

/** Files that a host lacks and scripts that are due. `marks` undefined: it has nothing yet. */
export function todo(pool: LabPool, marks: HostMarks | undefined, wish: PoolWish | undefined): readonly HostTask[] {
  const files = pool.files
    .filter(({ target }) => marks?.files[target] !== wish?.marks.files[target] || marks === undefined)
    .map(({ target }): HostTask => ({ kind: 'file', name: target, text: `file ${target}`, always: false }));
  const scripts = pool.provision.flatMap(({ name, run = 'once' }): readonly HostTask[] => {
    const ran = marks?.scripts[name];
    const isDue = ran === undefined || (run === 'on-change' && ran !== wish?.marks.scripts[name]);
    if (!isDue && run !== 'always') return [];
    return [{ kind: 'script', name, text: `run ${name}`, always: !isDue }];
  });
  return [...files, ...scripts];
}
