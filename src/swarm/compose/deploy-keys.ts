import { byteCount, nanoCpus } from '../spec-values.js';
import type { ResourceDraft, UpdateDraft } from '../service-draft.js';
import { convertKeys, group, type GroupRules, key, type Values } from './keys.js';
import { goDuration } from './go-text.js';
import { count, integer, list, oneOf, pairs, parsed, ratio, text, type Keys } from './shape.js';
import type { ServiceTarget } from './service-target.js';

export const duration = parsed(goDuration, 'a time', '10s or 1m30s');

const attempt =
  <T>(parse: (value: string) => T) =>
  (value: string): T | undefined => {
    try {
      return parse(value);
    } catch {
      return undefined;
    }
  };

const size = parsed(attempt(byteCount), 'a size', '512M or 2G');
const cpus = parsed(
  attempt((value) => (value === '' ? 0 : nanoCpus(value.replace(/^\./, '0.')))),
  'a number of CPUs',
  '0.50, in quotes',
);

const updateKeys = {
  parallelism: key(count('cast'), (parallelism: number, to: UpdateDraft) => {
    to.Parallelism = parallelism;
  }),
  delay: key(duration, (delay: number, to: UpdateDraft) => {
    to.Delay = delay;
  }),
  failure_action: key(oneOf('pause', 'continue', 'rollback'), (action: string, to: UpdateDraft) => {
    to.FailureAction = action;
  }),
  monitor: key(duration, (monitor: number, to: UpdateDraft) => {
    to.Monitor = monitor;
  }),
  max_failure_ratio: key(ratio, (tolerated: number, to: UpdateDraft) => {
    to.MaxFailureRatio = tolerated;
  }),
  order: key(oneOf('start-first', 'stop-first'), (order: string, to: UpdateDraft) => {
    to.Order = order;
  }),
} satisfies Keys<UpdateDraft>;

/** The engine reads a missing number as 0, which means all at once: docker's default is 1. */
function updateOf(values: Values<typeof updateKeys>): UpdateDraft {
  const draft: UpdateDraft = { Parallelism: 1 };
  convertKeys(updateKeys, values, draft);
  return draft;
}

const limitKeys = {
  cpus: key(cpus, (limit: number, to: ResourceDraft) => {
    to.NanoCPUs = limit;
  }),
  memory: key(size, (limit: number, to: ResourceDraft) => {
    to.MemoryBytes = limit;
  }),
} satisfies Keys<ResourceDraft>;

export interface Discrete {
  Kind?: string;
  Value?: number;
}

const discreteKeys = {
  kind: key(text, (kind: string, to: Discrete) => {
    to.Kind = kind;
  }),
  value: key(integer('plain'), (value: number, to: Discrete) => {
    to.Value = value;
  }),
} satisfies Keys<Discrete>;

const genericKeys = {
  discrete_resource_spec: key(group(discreteKeys), (values, to: { DiscreteResourceSpec?: Discrete }) => {
    to.DiscreteResourceSpec = {};
    convertKeys(discreteKeys, values, to.DiscreteResourceSpec);
  }),
} satisfies Keys<{ DiscreteResourceSpec?: Discrete }>;

type Generic = Values<typeof genericKeys>;

const generic = (values: Generic): object => {
  const made = {};
  convertKeys(genericKeys, values, made);
  return made;
};

const limitsKeys = {
  ...limitKeys,
  pids: key(integer('plain'), (limit: number, to: ResourceDraft) => {
    to.Pids = limit;
  }),
} satisfies Keys<ResourceDraft>;

const reservationKeys = {
  ...limitKeys,
  generic_resources: key(list(group(genericKeys), { unique: false }), (all: Generic[], to: ResourceDraft) => {
    to.GenericResources = all.map(generic);
  }),
} satisfies Keys<ResourceDraft>;

const resources = <K extends Keys<ResourceDraft>>(part: 'Limits' | 'Reservations', keys: K) =>
  key(group(keys), (values: Values<K>, { draft }: ServiceTarget) => {
    const made: ResourceDraft = {};
    convertKeys(keys, values, made);
    draft.TaskTemplate.Resources = { ...draft.TaskTemplate.Resources, [part]: made };
  });

/** A map with a table of its own. */
export const part = <K extends Keys<ServiceTarget>>(keys: K, rules: GroupRules = {}) =>
  key(group(keys, rules), (values: Values<K>, to: ServiceTarget) => {
    convertKeys(keys, values, to);
  });

const resourceKeys = {
  limits: resources('Limits', limitsKeys),
  reservations: resources('Reservations', reservationKeys),
} satisfies Keys<ServiceTarget>;

export interface RestartDraft {
  Condition?: string;
  Delay?: number;
  MaxAttempts?: number;
  Window?: number;
}

const restartKeys = {
  condition: key(oneOf('none', 'on-failure', 'any'), (condition: string, to: RestartDraft) => {
    to.Condition = condition;
  }),
  delay: key(duration, (delay: number, to: RestartDraft) => {
    to.Delay = delay;
  }),
  max_attempts: key(count('cast'), (attempts: number, to: RestartDraft) => {
    to.MaxAttempts = attempts;
  }),
  window: key(duration, (window: number, to: RestartDraft) => {
    to.Window = window;
  }),
} satisfies Keys<RestartDraft>;

type Placement = NonNullable<ServiceTarget['draft']['TaskTemplate']['Placement']>;

const preferenceKeys = {
  spread: key(text, (spread: string, to: { Spread?: object }) => {
    to.Spread = { SpreadDescriptor: spread };
  }),
} satisfies Keys<{ Spread?: object }>;

type Preference = Values<typeof preferenceKeys>;

const placementKeys = {
  constraints: key(list(text, { unique: false }), (constraints: string[], to: Placement) => {
    to.Constraints = constraints;
  }),
  preferences: key(list(group(preferenceKeys), { unique: false }), (all: Preference[], to: Placement) => {
    to.Preferences = all.map((values) => {
      const made = {};
      convertKeys(preferenceKeys, values, made);
      return made;
    });
  }),
  max_replicas_per_node: key(count('cast'), (most: number, to: Placement) => {
    to.MaxReplicas = most;
  }),
} satisfies Keys<Placement>;

const modes: Readonly<Record<string, () => ServiceTarget['draft']['Mode']>> = {
  '': () => ({ Replicated: { Replicas: 1 } }),
  replicated: () => ({ Replicated: { Replicas: 1 } }),
  global: () => ({ Global: {} }),
  'replicated-job': () => ({ ReplicatedJob: { MaxConcurrent: 1, TotalCompletions: 1 } }),
  'global-job': () => ({ GlobalJob: {} }),
};

const endpointMode = parsed(
  (value) => (['', 'vip', 'dnsrr'].includes(value.toLowerCase()) ? value.toLowerCase() : undefined),
  'vip or dnsrr',
  'dnsrr',
);

export const deployKeys = {
  mode: key(oneOf('replicated', 'global', 'replicated-job', 'global-job'), (mode: string, { draft }: ServiceTarget) => {
    draft.Mode = modes[mode]?.() ?? draft.Mode;
  }),
  replicas: key(count('cast'), (replicas: number, { draft, fail }: ServiceTarget) => {
    if (draft.Mode['Replicated'] !== undefined) draft.Mode = { Replicated: { Replicas: replicas } };
    else if (draft.Mode['ReplicatedJob'] === undefined)
      fail(['deploy', 'replicas'], 'a global service has no replicas', 'leave out the replicas, or use another mode');
    else draft.Mode = { ReplicatedJob: { MaxConcurrent: replicas, TotalCompletions: replicas } };
  }),
  endpoint_mode: key(endpointMode, (mode: string, { draft }: ServiceTarget) => {
    if (mode !== '') draft.EndpointSpec = { ...draft.EndpointSpec, Mode: mode as 'vip' | 'dnsrr' };
  }),
  labels: key(pairs, (labels: Readonly<Record<string, string>>, { draft }: ServiceTarget) => {
    draft.Labels = { ...labels, ...draft.Labels };
  }),
  update_config: key(group(updateKeys), (values: Values<typeof updateKeys>, { draft }: ServiceTarget) => {
    draft.UpdateConfig = updateOf(values);
  }),
  rollback_config: key(group(updateKeys), (values: Values<typeof updateKeys>, { draft }: ServiceTarget) => {
    draft.RollbackConfig = updateOf(values);
  }),
  resources: part(resourceKeys),
  restart_policy: key(group(restartKeys), (values: Values<typeof restartKeys>, { draft }: ServiceTarget) => {
    draft.TaskTemplate.RestartPolicy = {};
    convertKeys(restartKeys, values, draft.TaskTemplate.RestartPolicy);
  }),
  placement: key(group(placementKeys), (values: Values<typeof placementKeys>, { draft }: ServiceTarget) => {
    const made: Placement = {};
    convertKeys(placementKeys, values, made);
    draft.TaskTemplate.Placement = made;
  }),
} satisfies Keys<ServiceTarget>;
