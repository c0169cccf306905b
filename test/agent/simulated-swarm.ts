import type { Action } from '../../src/agent/action.js';
import { emptyDesiredState } from '../../src/agent/desired-state.js';
import type { ServiceSpec } from '../../src/swarm/workload.js';
import {
  replicasOf,
  type Observation,
  type ObservedNode,
  type ObservedService,
  type ObservedTask,
} from '../../src/agent/observation.js';
import type { DesiredSettings, ServiceEntry } from '../../src/agent/replica-target.js';

type Writable<T> = { -readonly [K in keyof T]: T[K] };
interface SimulatedTask {
  readonly id: string;
  readonly service: string;
  node: string;
  runsAtMs: number;
}

const busy = ['updating', 'paused', 'rollback_started', 'rollback_paused'];

/**
 * Swarm as the reconciler sees it, in virtual time: it places tasks on the emptiest nodes and takes them from the
 * fullest, of these first those that do not run, refuses updates of an old version, and keeps one previous spec.
 */
export class SimulatedSwarm {
  nowMs = 1_000_000;
  readonly nodes: Writable<ObservedNode>[];
  readonly services = new Map<string, Writable<ObservedService>>();
  tasks: SimulatedTask[] = [];
  entries: Record<string, ServiceEntry> = {};
  settings: DesiredSettings = emptyDesiredState.settings;
  /** Nodes on which no task becomes healthy. */
  readonly sick = new Set<string>();
  #serial = 0;

  constructor(managers: number, workers: number) {
    this.nodes = Array.from({ length: managers + workers }, (_, i) =>
      makeNode(i < managers ? `m${i + 1}` : `w${i - managers + 1}`, i < managers, i === 0),
    );
  }

  observe(selfId = this.leader()?.ID ?? 'm1'): Observation {
    return {
      nowMs: this.nowMs,
      wallMs: this.nowMs,
      selfId,
      nodes: this.nodes,
      services: [...this.services.values()],
      tasks: this.tasks.map((task): ObservedTask => {
        const State = task.runsAtMs <= this.nowMs ? 'running' : 'starting';
        return { ID: task.id, ServiceID: task.service, NodeID: task.node, DesiredState: 'running', Status: { State } };
      }),
      desired: {
        revision: 1,
        state: { schemaVersion: 1, services: this.entries, settings: this.settings },
        problems: [],
      },
      lastSpecs: new Map(),
      host: { certificates: [] },
    };
  }

  leader = (): ObservedNode | undefined => this.nodes.find((node) => node.ManagerStatus?.Leader === true);

  create(spec: ServiceSpec): void {
    if (this.services.has(spec.Name)) throw new Error(`service ${spec.Name} exists`);
    this.#serial += 1;
    this.services.set(spec.Name, { ID: `s${this.#serial}`, Version: { Index: this.#serial }, Spec: spec });
    this.#schedule();
  }

  /** As the engine does: the version must be the current one, the spec before becomes the previous one. */
  update(name: string, spec: ServiceSpec, version?: number): boolean {
    const service = this.services.get(name);
    if (service === undefined || (version !== undefined && service.Version.Index !== version)) return false;
    this.#serial += 1;
    service.PreviousSpec = service.Spec;
    service.Spec = spec;
    service.Version = { Index: this.#serial };
    service.UpdateStatus = null;
    this.#schedule();
    return true;
  }

  setUpdateState(name: string, state: string | null): void {
    const service = this.services.get(name);
    if (service !== undefined) service.UpdateStatus = state === null ? null : { State: state };
  }

  remove(name: string): void {
    this.services.delete(name);
    this.#schedule();
  }

  setNode(id: string, state: 'ready' | 'down' | 'unknown'): void {
    const node = this.nodes.find(({ ID }) => ID === id);
    if (node === undefined) return;
    node.Status = { ...node.Status, State: state };
    if (node.ManagerStatus !== undefined)
      node.ManagerStatus = { ...node.ManagerStatus, Reachability: state === 'ready' ? 'reachable' : 'unreachable' };
    this.#schedule();
  }

  setLeader(id: string | undefined): void {
    for (const node of this.nodes)
      if (node.ManagerStatus !== undefined) node.ManagerStatus = { ...node.ManagerStatus, Leader: node.ID === id };
  }

  /** Does what the agent decided; false when the engine refuses it. */
  apply(action: Action): boolean {
    switch (action.kind) {
      case 'update-service':
        return this.update(action.name, action.spec, action.version);
      case 'create-service':
        if (this.services.has(action.name)) return false;
        this.create(action.spec);
        return true;
      case 'remove-service':
        if (this.services.get(action.name)?.ID !== action.id) return false;
        this.remove(action.name);
        return true;
      case 'update-node': {
        const node = this.nodes.find(({ ID }) => ID === action.id);
        if (node === undefined) return false;
        node.Spec = action.spec;
        if (action.spec.Role === 'worker') delete node.ManagerStatus;
        else node.ManagerStatus = { Leader: false, Reachability: 'reachable', Addr: '' };
        return true;
      }
      case 'remove-node':
        this.nodes.splice(
          this.nodes.findIndex(({ ID }) => ID === action.id),
          1,
        );
        return true;
    }
  }

  advance(ms: number): void {
    this.nowMs += ms;
  }

  isBusy = (name: string): boolean => busy.includes(this.services.get(name)?.UpdateStatus?.State ?? '');

  spread(name: string): readonly number[] {
    const id = this.services.get(name)?.ID;
    return this.#available().map((node) => this.tasks.filter((t) => t.service === id && t.node === node.ID).length);
  }

  #available = (): ObservedNode[] => this.nodes.filter((node) => node.Status.State !== 'down');

  #schedule(): void {
    const ids = new Set([...this.services.values()].map(({ ID }) => ID));
    const up = this.#available();
    this.tasks = this.tasks.filter((task) => ids.has(task.service) && up.some(({ ID }) => ID === task.node));
    for (const { ID: service, Spec } of this.services.values()) {
      const want = replicasOf(Spec) ?? 0;
      const most = Spec.TaskTemplate?.Placement?.MaxReplicas ?? Number.POSITIVE_INFINITY;
      const on = (node: ObservedNode): number =>
        this.tasks.filter((task) => task.service === service && task.node === node.ID).length;
      const byLoad = (): ObservedNode[] => [...up].sort((a, b) => on(a) - on(b));
      const count = (): number => this.tasks.filter((task) => task.service === service).length;
      while (count() > want) {
        const full = byLoad().at(-1)?.ID;
        const isThere = (task: SimulatedTask): boolean => task.service === service && task.node === full;
        const idle = this.tasks.findLastIndex((task) => isThere(task) && task.runsAtMs > this.nowMs);
        this.tasks.splice(idle < 0 ? this.tasks.findLastIndex(isThere) : idle, 1);
      }
      while (count() < want) {
        const empty = byLoad().find((node) => node.Status.State === 'ready' && on(node) < most);
        if (empty === undefined) break;
        this.#serial += 1;
        const runsAtMs = this.sick.has(empty.ID) ? Number.POSITIVE_INFINITY : this.nowMs + 1_000;
        this.tasks.push({ id: `t${this.#serial}`, service, node: empty.ID, runsAtMs });
      }
    }
  }
}

function makeNode(id: string, isManager: boolean, isLeader: boolean): Writable<ObservedNode> {
  return {
    ID: id,
    Version: { Index: 1 },
    CreatedAt: '2026-01-01T00:00:00Z',
    UpdatedAt: '2026-01-01T00:00:00Z',
    Spec: { Labels: {}, Role: isManager ? 'manager' : 'worker', Availability: 'active' },
    Description: {
      Hostname: id,
      Engine: { EngineVersion: '20.10.24' },
      Platform: { Architecture: 'x86_64', OS: 'linux' },
    },
    Status: { State: 'ready', Addr: `10.0.0.${id.slice(1)}` },
    ...(isManager && {
      ManagerStatus: { Leader: isLeader, Reachability: 'reachable', Addr: `10.0.0.${id.slice(1)}:2377` },
    }),
  };
}

export const serviceSpec = (name: string, replicas: number, more: Partial<ServiceSpec> = {}): ServiceSpec => ({
  Name: name,
  Labels: {},
  Mode: { Replicated: { Replicas: replicas } },
  TaskTemplate: { ContainerSpec: { Image: `${name}:1` }, Placement: {} },
  ...more,
});

/** The spec with another image: what makes a rollback point. */
export const withImage = (spec: ServiceSpec, image: string): ServiceSpec => ({
  ...spec,
  TaskTemplate: { ...spec.TaskTemplate, ContainerSpec: { ...spec.TaskTemplate?.ContainerSpec, Image: image } },
});
