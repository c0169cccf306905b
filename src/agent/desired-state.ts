import { messageOf } from '../lib/errors.js';
import { checkTarget, isObject, readConfigTarget, readLabelTarget, readSettings } from './read-target.js';
import type { ReplicaTarget, ServiceEntry, DesiredSettings, Problem } from './replica-target.js';

/** Label of the Docker config objects that hold the desired state; its value is `1`. */
export const desiredStateLabel = 'swarmup.desired-state';
/** Their names: this and the revision. A name can be made only once, so a revision is its own optimistic lock. */
const desiredStatePrefix = 'swarmup.replicas.';
/** How many revisions stay: the newest and its history. */
export const keptRevisions = 5;
/** Docker refuses larger config objects ("config data must be less than or equal to 1000 KiB", older: 500 KiB). */
export const maxDesiredStateBytes = 500 * 1024;

export interface DesiredState {
  readonly schemaVersion: 1;
  readonly services: Readonly<Record<string, ServiceEntry>>;
  readonly settings: DesiredSettings;
  /** Input from users that we cannot read: it is written back unchanged, so that our changes never lose it. */
  readonly kept?: KeptInput;
}

interface KeptInput {
  /** Entries of services that cannot be used, whole. */
  readonly entries: Readonly<Record<string, unknown>>;
  /** Unknown fields of entries that can. */
  readonly entryFields: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Unknown fields beside `services`. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** The settings as written; undefined when they say nothing but what we understand. */
  readonly settings?: unknown;
}

export const defaultSettings: DesiredSettings = {
  rebalance: { enabled: true, rollbackGraceSeconds: null },
  promote: { enabled: false, graceSeconds: 300, managers: 3 },
};

export const emptyDesiredState: DesiredState = { schemaVersion: 1, services: {}, settings: defaultSettings };

/** Reads the content of a config object. Never throws: an error becomes a problem, and everything else is kept. */
export function parseDesiredState(text: string, where = 'desired state'): ParsedDesiredState {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { state: undefined, unreadable: 'malformed', problems: [{ where, message: messageOf(error) }] };
  }
  if (!isObject(value))
    return { state: undefined, unreadable: 'malformed', problems: [{ where, message: 'is not a JSON object' }] };
  const { schemaVersion, services, settings, ...unknown } = value;
  if (typeof schemaVersion === 'number' && schemaVersion > 1) {
    const message = `has schemaVersion ${schemaVersion}, which a newer swarmup wrote: upgrade the agent`;
    return { state: undefined, unreadable: 'newer', problems: [{ where, message }] };
  }
  const problems: Problem[] = Object.keys(unknown).map((key) => ({ where, message: `has an unknown field ${key}` }));
  if (schemaVersion !== 1) problems.push({ where, message: 'has no schemaVersion' });
  if (services !== undefined && !isObject(services)) problems.push({ where, message: 'services is not an object' });
  const { used, entries, entryFields } = readEntries(isObject(services) ? services : {}, problems);
  const read = readSettings(settings, defaultSettings);
  problems.push(...read.problems);
  const state = { schemaVersion: 1, services: used, settings: read.settings } as const;
  if (problems.length === 0) return { state, problems };
  const kept: KeptInput = { entries, entryFields, fields: unknown, ...(read.problems.length > 0 && { settings }) };
  return { state: { ...state, kept }, problems };
}

/** The entries that can be used beside what must be kept of the others; what is wrong goes to `problems`. */
function readEntries(
  services: Readonly<Record<string, unknown>>,
  problems: Problem[],
): Pick<KeptInput, 'entries' | 'entryFields'> & { readonly used: DesiredState['services'] } {
  const used: [string, ServiceEntry][] = [];
  const entries: [string, unknown][] = [];
  const entryFields: [string, Readonly<Record<string, unknown>>][] = [];
  for (const [name, entry] of Object.entries(services)) {
    const read = readConfigTarget(name, entry);
    problems.push(...read.problems);
    if (read.target === undefined) entries.push([name, entry]);
    else {
      used.push([name, read.target]);
      if (Object.keys(read.unknown).length > 0) entryFields.push([name, read.unknown]);
    }
  }
  return {
    used: Object.fromEntries(used),
    entries: Object.fromEntries(entries),
    entryFields: Object.fromEntries(entryFields),
  };
}

interface ParsedDesiredState {
  /** Undefined when nothing of it can be used. */
  readonly state: DesiredState | undefined;
  readonly unreadable?: 'malformed' | 'newer';
  readonly problems: readonly Problem[];
}

/** The content of a config object: the same state gives the same text. */
export function serialiseDesiredState({ kept, ...state }: DesiredState): string {
  const used = Object.entries(state.services).map(([name, entry]) => [name, { ...entry, ...kept?.entryFields[name] }]);
  const all = Object.entries({ ...kept?.entries, ...(Object.fromEntries(used) as Readonly<Record<string, unknown>>) });
  const services = Object.fromEntries(all.sort(([a], [b]) => (a < b ? -1 : 1)));
  const settings = kept?.settings ?? state.settings;
  return `${JSON.stringify({ ...state, services, settings, ...kept?.fields })}\n`;
}

/** A Docker config object as `GET /configs` gives it. */
export interface ConfigObject {
  readonly ID: string;
  readonly CreatedAt?: string;
  readonly Spec: { readonly Name: string; readonly Data?: string };
}

export const desiredStateName = (revision: number): string => `${desiredStatePrefix}${revision}`;

/** The revision of a config object by its name; undefined for any other object. */
export function revisionOf(name: string): number | undefined {
  const digits = name.startsWith(desiredStatePrefix) ? name.slice(desiredStatePrefix.length) : '';
  return /^[1-9]\d{0,14}$/.test(digits) ? Number(digits) : undefined;
}

export interface CurrentDesiredState {
  /** 0 if there is no state yet. */
  readonly revision: number;
  readonly state: DesiredState;
  readonly problems: readonly Problem[];
}

/**
 * The current state: that of the config object with the highest revision. A revision that is not JSON counts as not
 * written, and the one before it counts; a revision of a newer swarmup counts as a decision that we cannot read, so
 * older ones do not count.
 */
export function currentDesiredState(configs: readonly ConfigObject[]): CurrentDesiredState {
  const revisions = configs
    .flatMap((config) => {
      const revision = revisionOf(config.Spec.Name);
      return revision === undefined ? [] : [{ revision, config }];
    })
    .sort((a, b) => b.revision - a.revision);
  const problems: Problem[] = [];
  for (const { revision, config } of revisions) {
    const text = Buffer.from(config.Spec.Data ?? '', 'base64').toString('utf8');
    const parsed = parseDesiredState(text, `config ${config.Spec.Name}`);
    problems.push(...parsed.problems);
    if (parsed.state !== undefined) return { revision, state: parsed.state, problems };
    if (parsed.unreadable === 'newer') return { revision, state: emptyDesiredState, problems };
  }
  return { revision: 0, state: emptyDesiredState, problems };
}

/** The declaration for one service: labels, overridden field by field by the config entry. */
export interface Declared {
  readonly target: ServiceEntry | undefined;
  readonly declaredBy: 'config' | 'labels' | 'both' | undefined;
  readonly problems: readonly Problem[];
}

/**
 * Merges the labels of a service with its entry in the config object; the config wins field by field. Labels alone need
 * `swarmup.replicas`. A merge that contradicts itself (min > max) has no target, only problems.
 */
export function declaredFor(
  name: string,
  labels: Readonly<Record<string, string>> | null | undefined,
  entry: ServiceEntry | undefined,
): Declared {
  const { target: labelled, problems } = readLabelTarget(name, labels ?? {});
  const hasLabels = Object.keys(labelled).some((field) => field !== 'rebalance');
  if (!hasLabels && entry === undefined) return { target: undefined, declaredBy: undefined, problems };
  const checked = checkTarget(name, { ...labelled, ...entry });
  return {
    target: checked.target,
    declaredBy: entry === undefined ? 'labels' : hasLabels ? 'both' : 'config',
    problems: [...problems, ...checked.problems],
  };
}

/** The count a service should have, given the one it has. */
export function wantedReplicas(target: ReplicaTarget, have: number): number {
  return Math.min(Math.max(have, target.min ?? target.replicas), target.max ?? target.replicas);
}
