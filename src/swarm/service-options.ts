import { usageError } from '../lib/errors.js';
import type { FileReference, ServiceDraft, UpdateDraft } from './service-draft.js';
import { byteCount, csvFields, durationNs, keyValue, mountConfig, nanoCpus, portConfigs } from './spec-values.js';

/** IDs of what a service refers to by name. Errors of the functions: NETWORK_UNKNOWN, SECRET_UNKNOWN, CONFIG_UNKNOWN. */
export interface References {
  readonly network: (name: string) => string;
  readonly secret: (name: string) => string;
  readonly config: (name: string) => string;
}

interface SingleOption {
  readonly kind: 'value' | 'flag';
  readonly description: string;
  readonly value?: string;
  readonly choices?: readonly string[];
  readonly set: (draft: ServiceDraft, text: string) => void;
}

interface ListOption {
  readonly kind: 'list';
  readonly description: string;
  readonly value: string;
  /** Adds an entry, in place of one with the same key. */
  readonly add: (draft: ServiceDraft, text: string, references: References) => void;
  /** Takes the entry with this key away. */
  readonly remove: (draft: ServiceDraft, key: string, references: References) => void;
}

type ServiceOption = SingleOption | ListOption;

const count = (text: string): number => {
  if (!/^\d{1,6}$/.test(text)) throw usageError('VALUE_INVALID', `'${text}' is not a whole number`);
  return Number(text);
};

/** Takes `entry` into a list in place of the one with the same key. */
function upsert<T>(list: readonly T[] | null | undefined, entry: T, key: (entry: T) => string): T[] {
  return [...(list ?? []).filter((other) => key(other) !== key(entry)), entry];
}

const value = (
  description: string,
  placeholder: string,
  set: SingleOption['set'],
  choices?: readonly string[],
): SingleOption => ({ kind: 'value', description, value: placeholder, set, ...(choices !== undefined && { choices }) });

const modes: Readonly<Record<string, () => ServiceDraft['Mode']>> = {
  replicated: () => ({ Replicated: { Replicas: 1 } }),
  global: () => ({ Global: {} }),
  'replicated-job': () => ({ ReplicatedJob: { MaxConcurrent: 1, TotalCompletions: 1 } }),
  'global-job': () => ({ GlobalJob: {} }),
};

/** Sets the count of a service that has one. Errors: NO_COUNT (exit 2). */
export function setReplicas(draft: ServiceDraft, replicas: number): void {
  if (draft.Mode['Replicated'] !== undefined) draft.Mode = { Replicated: { Replicas: replicas } };
  else if (draft.Mode['ReplicatedJob'] !== undefined)
    draft.Mode = { ReplicatedJob: { MaxConcurrent: replicas, TotalCompletions: replicas } };
  else throw usageError('NO_COUNT', `${draft.Name} is a global service: it has no replica count`);
}

const limits = (draft: ServiceDraft, part: 'Limits' | 'Reservations', change: Record<string, number>): void => {
  const { Resources: all } = draft.TaskTemplate;
  draft.TaskTemplate.Resources = { ...all, [part]: { ...all?.[part], ...change } };
};

const health = (draft: ServiceDraft, change: object): void => {
  const { ContainerSpec: container } = draft.TaskTemplate;
  container.Healthcheck = { ...container.Healthcheck, ...change };
};

const restart = (draft: ServiceDraft, change: object): void => {
  draft.TaskTemplate.RestartPolicy = { ...draft.TaskTemplate.RestartPolicy, ...change };
};

const placement = (draft: ServiceDraft): NonNullable<ServiceDraft['TaskTemplate']['Placement']> =>
  (draft.TaskTemplate.Placement = { ...draft.TaskTemplate.Placement });

function updateOptions(prefix: 'update' | 'rollback'): Readonly<Record<string, ServiceOption>> {
  const part = prefix === 'update' ? 'UpdateConfig' : 'RollbackConfig';
  const set = (draft: ServiceDraft, change: UpdateDraft): void => {
    // The engine reads a missing number as 0, which means "all at once" here: docker's default is 1.
    draft[part] = { Parallelism: 1, ...draft[part], ...change };
  };
  const actions = prefix === 'update' ? ['pause', 'continue', 'rollback'] : ['pause', 'continue'];
  return {
    [`${prefix}-parallelism`]: value('number of tasks to change at the same time; 0 means all', 'N', (d, t) => {
      set(d, { Parallelism: count(t) });
    }),
    [`${prefix}-delay`]: value('time between two groups of tasks', 'TIME', (d, t) => {
      set(d, { Delay: durationNs(t) });
    }),
    [`${prefix}-monitor`]: value('time to watch a new task for failures', 'TIME', (d, t) => {
      set(d, { Monitor: durationNs(t) });
    }),
    [`${prefix}-max-failure-ratio`]: value('tolerated share of failed tasks, from 0 to 1', 'RATIO', (d, t) => {
      set(d, { MaxFailureRatio: Number(t) });
    }),
    [`${prefix}-order`]: value(
      'start the new task or stop the old task first',
      'ORDER',
      (d, t) => {
        set(d, { Order: t });
      },
      ['start-first', 'stop-first'],
    ),
    [`${prefix}-failure-action`]: value(
      'action to take if tasks fail',
      'ACTION',
      (d, t) => {
        set(d, { FailureAction: t });
      },
      actions,
    ),
  };
}

const labels = (description: string, of: (draft: ServiceDraft) => Record<string, string>): ListOption => ({
  kind: 'list',
  description,
  value: 'KEY=VALUE',
  add: (draft, text) => {
    const [key, label] = keyValue(text);
    of(draft)[key] = label;
  },
  remove: (draft, key) => {
    Reflect.deleteProperty(of(draft), key);
  },
});

function fileOption(kind: 'secret' | 'config'): ListOption {
  const [list, id, name] =
    kind === 'secret'
      ? (['Secrets', 'SecretID', 'SecretName'] as const)
      : (['Configs', 'ConfigID', 'ConfigName'] as const);
  return {
    kind: 'list',
    description: `${kind} that tasks can read as a file`,
    value: `NAME|source=NAME,target=FILE`,
    add: (draft, text, references) => {
      const container = draft.TaskTemplate.ContainerSpec;
      const fields = csvFields(
        text.includes('=') ? text : `source=${text}`,
        ['source', 'target', 'uid', 'gid', 'mode'],
        `the ${kind}`,
      );
      const source = fields['source'] ?? '';
      const target = fields['target'] ?? (kind === 'secret' ? source : `/${source}`);
      const reference: FileReference = {
        [id]: references[kind](source),
        [name]: source,
        File: {
          Name: target,
          UID: fields['uid'] ?? '0',
          GID: fields['gid'] ?? '0',
          Mode: Number.parseInt(fields['mode'] ?? '0444', 8),
        },
      };
      container[list] = upsert(container[list], reference, ({ File }) => File?.Name ?? '');
    },
    remove: (draft, key) => {
      const container = draft.TaskTemplate.ContainerSpec;
      container[list] = (container[list] ?? []).filter((entry) => entry[name] !== key);
    },
  };
}

/**
 * Every option of a service: its notation and its effect on the spec. `service create` and `update` are made from this
 * table.
 */
export const serviceOptions: Readonly<Record<string, ServiceOption>> = {
  mode: value(
    'mode of the service, which decides how many tasks it has',
    'MODE',
    (d, t) => {
      d.Mode = modes[t]?.() ?? d.Mode;
    },
    Object.keys(modes),
  ),
  replicas: value('number of tasks', 'N', (d, t) => {
    setReplicas(d, count(t));
  }),
  env: {
    kind: 'list',
    description: 'environment variable of the containers',
    value: 'KEY=VALUE',
    add: ({ TaskTemplate: { ContainerSpec: c } }, t) => {
      keyValue(t);
      c.Env = upsert(c.Env, t, (entry) => keyValue(entry)[0]);
    },
    remove: ({ TaskTemplate: { ContainerSpec: c } }, key) => {
      c.Env = (c.Env ?? []).filter((entry) => keyValue(entry)[0] !== key);
    },
  },
  publish: {
    kind: 'list',
    description: 'port to publish outside the swarm',
    value: 'PORT',
    add: (d, t) => {
      for (const port of portConfigs(t))
        d.EndpointSpec = {
          ...d.EndpointSpec,
          Ports: upsert(d.EndpointSpec?.Ports, port, (p) => `${p.TargetPort}/${p.Protocol}`),
        };
    },
    remove: (d, key) => {
      d.EndpointSpec = {
        ...d.EndpointSpec,
        Ports: (d.EndpointSpec?.Ports ?? []).filter(
          (p) => String(p.TargetPort) !== key && `${p.TargetPort}/${p.Protocol}` !== key,
        ),
      };
    },
  },
  mount: {
    kind: 'list',
    description: 'volume, folder or tmpfs to mount',
    value: 'MOUNT',
    add: ({ TaskTemplate: { ContainerSpec: c } }, t) => {
      c.Mounts = upsert(c.Mounts, mountConfig(t), ({ Target }) => Target);
    },
    remove: ({ TaskTemplate: { ContainerSpec: c } }, key) => {
      c.Mounts = (c.Mounts ?? []).filter(({ Target }) => Target !== key);
    },
  },
  network: {
    kind: 'list',
    description: 'network to attach the tasks to',
    value: 'NAME',
    add: ({ TaskTemplate: t }, name, references) => {
      t.Networks = upsert(t.Networks, { Target: references.network(name) }, ({ Target }) => Target);
    },
    remove: ({ TaskTemplate: t }, name, references) => {
      const id = references.network(name);
      t.Networks = (t.Networks ?? []).filter(({ Target }) => Target !== id && Target !== name);
    },
  },
  constraint: {
    kind: 'list',
    description: 'rule for the nodes that may run the service',
    value: 'node.KEY==VALUE',
    add: (d, t) => {
      const p = placement(d);
      p.Constraints = upsert(p.Constraints, t, (c) => c);
    },
    remove: (d, t) => {
      const p = placement(d);
      p.Constraints = (p.Constraints ?? []).filter((c) => c !== t);
    },
  },
  label: labels('label of the service', (d) => (d.Labels = { ...d.Labels })),
  'container-label': labels(
    'label of the containers',
    ({ TaskTemplate: { ContainerSpec: c } }) => (c.Labels = { ...c.Labels }),
  ),
  secret: fileOption('secret'),
  config: fileOption('config'),
  'limit-cpu': value('number of CPUs that a task may use', 'CPUS', (d, t) => {
    limits(d, 'Limits', { NanoCPUs: nanoCpus(t) });
  }),
  'limit-memory': value('memory that a task may use', 'SIZE', (d, t) => {
    limits(d, 'Limits', { MemoryBytes: byteCount(t) });
  }),
  'reserve-cpu': value('number of CPUs to reserve for a task', 'CPUS', (d, t) => {
    limits(d, 'Reservations', { NanoCPUs: nanoCpus(t) });
  }),
  'reserve-memory': value('memory to reserve for a task', 'SIZE', (d, t) => {
    limits(d, 'Reservations', { MemoryBytes: byteCount(t) });
  }),
  'endpoint-mode': value(
    'how clients find the service: virtual address or DNS',
    'MODE',
    (d, t) => {
      d.EndpointSpec = { ...d.EndpointSpec, Mode: t as 'vip' | 'dnsrr' };
    },
    ['vip', 'dnsrr'],
  ),
  'replicas-max-per-node': value('highest number of tasks on one node; 0 means no limit', 'N', (d, t) => {
    placement(d).MaxReplicas = count(t);
  }),
  'health-cmd': value('command that exits with 0 if the container is healthy', 'COMMAND', (d, t) => {
    health(d, { Test: ['CMD-SHELL', t] });
  }),
  'health-interval': value('time between health checks', 'TIME', (d, t) => {
    health(d, { Interval: durationNs(t) });
  }),
  'health-timeout': value('longest time that a health check may take', 'TIME', (d, t) => {
    health(d, { Timeout: durationNs(t) });
  }),
  'health-retries': value('number of failed checks in a row that make a container unhealthy', 'N', (d, t) => {
    health(d, { Retries: count(t) });
  }),
  'health-start-period': value('time to start before failed checks count', 'TIME', (d, t) => {
    health(d, { StartPeriod: durationNs(t) });
  }),
  'no-healthcheck': {
    kind: 'flag',
    description: 'turn off health checks, including the check of the image',
    set: (d) => {
      d.TaskTemplate.ContainerSpec.Healthcheck = { Test: ['NONE'] };
    },
  },
  'restart-condition': value(
    'condition for starting an ended task again',
    'WHEN',
    (d, t) => {
      restart(d, { Condition: t });
    },
    ['none', 'on-failure', 'any'],
  ),
  'restart-delay': value('time to wait before a task is started again', 'TIME', (d, t) => {
    restart(d, { Delay: durationNs(t) });
  }),
  'restart-max-attempts': value('highest number of restarts', 'N', (d, t) => {
    restart(d, { MaxAttempts: count(t) });
  }),
  'stop-grace-period': value(
    'time that a container gets to stop before it is killed',
    'TIME',
    ({ TaskTemplate: { ContainerSpec: c } }, t) => {
      c['StopGracePeriod'] = durationNs(t);
    },
  ),
  'stop-signal': value('signal that stops the container', 'SIGNAL', ({ TaskTemplate: { ContainerSpec: c } }, t) => {
    c['StopSignal'] = t;
  }),
  user: value('user in the container', 'NAME[:GROUP]', ({ TaskTemplate: { ContainerSpec: c } }, t) => {
    c['User'] = t;
  }),
  workdir: value('working directory', 'PATH', ({ TaskTemplate: { ContainerSpec: c } }, t) => {
    c['Dir'] = t;
  }),
  hostname: value('host name in the container', 'NAME', ({ TaskTemplate: { ContainerSpec: c } }, t) => {
    c['Hostname'] = t;
  }),
  'read-only': {
    kind: 'flag',
    description: 'make the root file system read-only',
    set: ({ TaskTemplate: { ContainerSpec: c } }) => {
      c['ReadOnly'] = true;
    },
  },
  init: {
    kind: 'flag',
    description: 'run an init process in the container',
    set: ({ TaskTemplate: { ContainerSpec: c } }) => {
      c['Init'] = true;
    },
  },
  ...updateOptions('update'),
  ...updateOptions('rollback'),
};

/** Values by flag: `env` when a service is made, `env-add` and `env-rm` when it is changed. */
export type OptionValues = Readonly<Record<string, unknown>>;

/** Applies the given options in the order of the table. `mode` comes before `replicas` there. */
export function applyOptions(draft: ServiceDraft, given: OptionValues, references: References): void {
  for (const [name, option] of Object.entries(serviceOptions)) {
    if (option.kind === 'list') {
      for (const key of (given[`${name}-rm`] ?? []) as readonly string[]) option.remove(draft, key, references);
      const adds = [
        ...((given[name] ?? []) as readonly string[]),
        ...((given[`${name}-add`] ?? []) as readonly string[]),
      ];
      for (const text of adds) option.add(draft, text, references);
      continue;
    }
    const text = given[name];
    if (text !== undefined && text !== false) option.set(draft, text as string);
  }
}
