import type { ServiceSpec } from '../swarm/workload.js';
import type { DesiredSettings, Problem, ReplicaTarget, ServiceEntry } from './replica-target.js';

type Json = Readonly<Record<string, unknown>>;
type Writable<T> = { -readonly [K in keyof T]: T[K] };

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Swarm accepts any 64-bit number, but a count this large is a mistake. */
const mostReplicas = 10_000;
const isCount = (value: unknown, least: number): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= least && value <= mostReplicas;

const counts = [
  { field: 'replicas', label: 'swarmup.replicas', least: 0 },
  { field: 'min', label: 'swarmup.replicas.min', least: 0 },
  { field: 'max', label: 'swarmup.replicas.max', least: 0 },
  { field: 'maxPerNode', label: 'swarmup.replicas.max-per-node', least: 1 },
] as const;
/** `never` on a service: its tasks stay where they are. */
export const rebalanceLabel = 'swarmup.rebalance';
const countLabelPrefix = 'swarmup.replicas.';

const rangeText = (least: number): string => `a whole number from ${least} to ${mostReplicas}`;
const serviceProblem = (service: string, message: string): Problem => ({
  where: `service ${service}`,
  message,
  service,
});
/** What a user wrote, short enough for one line. */
const shown = (value: unknown): string => {
  const text = JSON.stringify(value) as string | undefined;
  return text === undefined ? 'nothing' : text.length > 40 ? `${text.slice(0, 40)}…` : text;
};

/** One entry of `services` of the config object. A field that is wrong spoils its entry only. */
export function readConfigTarget(
  name: string,
  entry: unknown,
): { readonly target: ServiceEntry | undefined; readonly unknown: Json; readonly problems: readonly Problem[] } {
  if (!isObject(entry))
    return { target: undefined, unknown: {}, problems: [serviceProblem(name, 'its entry is not an object')] };
  const { replicas, min, max, maxPerNode, rebalance, paused, spec, ...unknown } = entry;
  // An unknown field is reported but harmless: a newer swarmup may have written it.
  const notes = Object.keys(unknown).map((key) => serviceProblem(name, `has an unknown field ${key}`));
  const wrong: Problem[] = [];
  const given: Json = { replicas, min, max, maxPerNode };
  for (const { field, least } of counts) {
    const value = given[field];
    if (value === undefined && field !== 'replicas') continue;
    if (!isCount(value, least))
      wrong.push(serviceProblem(name, `${field} is ${shown(value)}, not ${rangeText(least)}`));
  }
  if (rebalance !== undefined && rebalance !== 'auto' && rebalance !== 'never')
    wrong.push(serviceProblem(name, `rebalance is ${shown(rebalance)}, not auto or never`));
  if (paused !== undefined && typeof paused !== 'boolean')
    wrong.push(serviceProblem(name, `paused is ${shown(paused)}, not true or false`));
  if (spec !== undefined && !isUsableSpec(name, spec))
    wrong.push(serviceProblem(name, 'its stored spec is not the spec of a replicated service with this name'));
  if (wrong.length > 0) return { target: undefined, unknown, problems: [...notes, ...wrong] };
  const target = Object.fromEntries(
    Object.entries({ replicas, min, max, maxPerNode, rebalance, paused, spec }).filter(([, v]) => v !== undefined),
  ) as unknown as ServiceEntry;
  const checked = checkTarget(name, target);
  return { target: checked.target, unknown, problems: [...notes, ...checked.problems] };
}

const isUsableSpec = (name: string, spec: unknown): spec is ServiceSpec =>
  isObject(spec) && spec['Name'] === name && isObject(spec['Mode']) && isObject(spec['Mode']['Replicated']);

/** The declaration in the labels of a service. An invalid label is left out and reported. */
export function readLabelTarget(
  name: string,
  labels: Readonly<Record<string, string>>,
): { readonly target: Partial<ReplicaTarget>; readonly problems: readonly Problem[] } {
  const target: Partial<Writable<ReplicaTarget>> = {};
  const problems: Problem[] = [];
  for (const { field, label, least } of counts) {
    const text = labels[label];
    if (text === undefined) continue;
    const value = /^\d{1,6}$/.test(text.trim()) ? Number(text) : Number.NaN;
    if (isCount(value, least)) target[field] = value;
    else problems.push(serviceProblem(name, `label ${label} is ${shown(text)}, not ${rangeText(least)}`));
  }
  const rebalance = labels[rebalanceLabel];
  if (rebalance === 'auto' || rebalance === 'never') target.rebalance = rebalance;
  else if (rebalance !== undefined)
    problems.push(serviceProblem(name, `label ${rebalanceLabel} is ${shown(rebalance)}, not auto or never`));
  const known = counts.map(({ label }) => label as string);
  for (const label of Object.keys(labels))
    if (label.startsWith(countLabelPrefix) && !known.includes(label))
      problems.push(serviceProblem(name, `has an unknown label ${label}`));
  return { target, problems };
}

/** Whether the parts of a target agree. */
export function checkTarget(
  name: string,
  target: Partial<ServiceEntry>,
): { readonly target: ServiceEntry | undefined; readonly problems: readonly Problem[] } {
  const { replicas } = target;
  const no = (message: string) => ({ target: undefined, problems: [serviceProblem(name, message)] });
  if (replicas === undefined) return no('has no declared count: swarmup.replicas is missing');
  const low = target.min ?? replicas;
  const high = target.max ?? replicas;
  if (target.min !== undefined && target.max !== undefined && low > high) return no(`min ${low} is above max ${high}`);
  if (replicas < low) return no(`replicas ${replicas} is below min ${low}`);
  if (replicas > high) return no(`replicas ${replicas} is above max ${high}`);
  return { target: { ...target, replicas }, problems: [] };
}

const longest = 365 * 24 * 3600;
const isSeconds = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value <= longest;

/** The settings; a part that is wrong keeps its default. */
export function readSettings(
  value: unknown,
  defaults: DesiredSettings,
): { readonly settings: DesiredSettings; readonly problems: readonly Problem[] } {
  if (value === undefined) return { settings: defaults, problems: [] };
  if (!isObject(value))
    return {
      settings: defaults,
      problems: [{ where: 'settings', message: 'is not an object: the defaults are used' }],
    };
  const problems: Problem[] = [];
  const field = <T>(path: string, given: unknown, ok: (v: unknown) => v is T, otherwise: T, what: string): T => {
    if (given === undefined) return otherwise;
    if (ok(given)) return given;
    problems.push({ where: `settings.${path}`, message: `is ${shown(given)}, not ${what}: the default is used` });
    return otherwise;
  };
  const isFlag = (v: unknown): v is boolean => typeof v === 'boolean';
  const isGrace = (v: unknown): v is number | null => v === null || isSeconds(v);
  const isOdd = (v: unknown): v is number => isCount(v, 1) && v % 2 === 1 && v <= 9;
  const { rebalance, promote, ...unknown } = value;
  for (const key of Object.keys(unknown)) problems.push({ where: 'settings', message: `has an unknown field ${key}` });
  const moving = isObject(rebalance) ? rebalance : { enabled: rebalance };
  const promoting = isObject(promote) ? promote : { enabled: promote };
  const { rebalance: r, promote: p } = defaults;
  const settings = {
    rebalance: {
      enabled: field('rebalance.enabled', moving['enabled'], isFlag, r.enabled, 'true or false'),
      rollbackGraceSeconds: field(
        'rebalance.rollbackGraceSeconds',
        moving['rollbackGraceSeconds'],
        isGrace,
        r.rollbackGraceSeconds,
        'seconds or null',
      ),
    },
    promote: {
      enabled: field('promote.enabled', promoting['enabled'], isFlag, p.enabled, 'true or false'),
      graceSeconds: field('promote.graceSeconds', promoting['graceSeconds'], isSeconds, p.graceSeconds, 'seconds'),
      managers: field('promote.managers', promoting['managers'], isOdd, p.managers, 'an odd number up to 9'),
    },
  };
  return { settings, problems };
}
