import { codeOf } from '../lib/errors.js';
import {
  currentDesiredState,
  desiredStateLabel,
  type ConfigObject,
  type CurrentDesiredState,
} from './desired-state.js';
import type { Membership } from '../swarm/membership.js';
import type { ServiceSpec } from '../swarm/workload.js';
import { filters, type DockerClient, type EngineEvent } from './docker-client.js';
import { replicasOf, runningTasks, type ObservedNode, type ObservedService, type ObservedTask } from './observation.js';

/** The part of `GET /info` about the own engine. */
export interface OwnEngine {
  readonly DockerRootDir?: string;
  readonly Name?: string;
  readonly Swarm?: Pick<Membership, 'LocalNodeState' | 'ControlAvailable'> & {
    readonly NodeID?: string;
    readonly Error?: string;
    readonly Cluster?: { readonly TLSInfo?: { readonly TrustRoot?: string } };
  };
}

/** The number of services whose tasks are read in one list, so that no answer is large. */
const servicesPerRead = 20;
/** If more services than this have changed, one list is cheaper than single reads. */
const mostSingleReads = 8;

/**
 * The last known state of the swarm. Events only show which objects to read again: their content is not used, and an
 * occasional full read finds missed events.
 */
export class SwarmView {
  readonly #docker: DockerClient;
  readonly #services = new Map<string, ObservedService>();
  readonly #tasks = new Map<string, readonly ObservedTask[]>();
  readonly #changed = new Set<string>();
  readonly lastSpecs = new Map<string, ServiceSpec>();
  #nodesChanged = false;
  #configsChanged = false;
  nodes: readonly ObservedNode[] = [];
  desired: CurrentDesiredState = currentDesiredState([]);

  constructor(docker: DockerClient) {
    this.#docker = docker;
  }

  get services(): readonly ObservedService[] {
    return [...this.#services.values()];
  }

  get tasks(): readonly ObservedTask[] {
    return [...this.#tasks.values()].flat();
  }

  /** Notes what an event is about. */
  note({ Type, Actor }: EngineEvent): void {
    if (Type === 'service' && Actor?.ID !== undefined) this.#changed.add(Actor.ID);
    else if (Type === 'node') this.#nodesChanged = true;
    else if (Type === 'config') this.#configsChanged = true;
  }

  noteService(id: string): void {
    this.#changed.add(id);
  }

  noteNodes(): void {
    this.#nodesChanged = true;
  }

  get isStale(): boolean {
    return this.#nodesChanged || this.#configsChanged || this.#changed.size > 0;
  }

  /** Reads everything; tasks only when `withTasks`, as only a leader decides by them. */
  async readAll(withTasks: boolean): Promise<void> {
    this.#changed.clear();
    await this.#readNodes();
    await this.#readDesired();
    await this.#readServices();
    if (withTasks) await this.readTasks([...this.#services.keys()]);
    else this.#tasks.clear();
  }

  /** Reads the objects that events have named. */
  async readChanged(withTasks: boolean): Promise<void> {
    if (this.#nodesChanged) {
      await this.#readNodes();
      // Tasks have moved, and it is not known which.
      if (withTasks) await this.readTasks([...this.#services.keys()]);
    }
    if (this.#configsChanged) await this.#readDesired();
    const changed = [...this.#changed];
    this.#changed.clear();
    if (changed.length > mostSingleReads) await this.#readServices();
    else for (const id of changed) await this.#readService(id);
    if (withTasks) await this.readTasks(changed.filter((id) => this.#services.has(id)));
  }

  async #readNodes(): Promise<void> {
    this.#nodesChanged = false;
    this.nodes = await this.#docker.get<readonly ObservedNode[]>('/nodes');
  }

  async #readDesired(): Promise<void> {
    this.#configsChanged = false;
    const query = filters({ label: [desiredStateLabel] });
    this.desired = currentDesiredState(await this.#docker.get<readonly ConfigObject[]>(`/configs?${query}`));
    for (const name of this.lastSpecs.keys())
      if (this.desired.state.services[name]?.spec === undefined) this.lastSpecs.delete(name);
  }

  async #readServices(): Promise<void> {
    const services = await this.#docker.get<readonly ObservedService[]>('/services');
    this.#services.clear();
    for (const service of services) this.#keep(service);
    for (const id of this.#tasks.keys()) if (!this.#services.has(id)) this.#tasks.delete(id);
  }

  async #readService(id: string): Promise<void> {
    try {
      this.#keep(await this.#docker.get<ObservedService>(`/services/${id}`));
    } catch (error) {
      if (codeOf(error) !== 'ENGINE_404') throw error;
      this.#services.delete(id);
      this.#tasks.delete(id);
    }
  }

  #keep(service: ObservedService): void {
    this.#services.set(service.ID, service);
    const { Name } = service.Spec;
    // The same name for another ID: the older one was removed.
    for (const [id, other] of this.#services)
      if (other.Spec.Name === Name && id !== service.ID) this.#services.delete(id);
    if (this.desired.state.services[Name]?.spec !== undefined && replicasOf(service.Spec) !== undefined)
      this.lastSpecs.set(Name, service.Spec);
  }

  /** Reads the tasks that should run, and for services that lack some the failed ones too: they tell why. */
  async readTasks(ids: readonly string[]): Promise<void> {
    for (let i = 0; i < ids.length; i += servicesPerRead) {
      const part = ids.slice(i, i + servicesPerRead);
      const running = await this.#list({ service: part, 'desired-state': ['running', 'ready', 'accepted'] });
      const counts = runningTasks({ nodes: this.nodes, tasks: running });
      const lacking = part.filter((id) => {
        const spec = this.#services.get(id)?.Spec;
        return spec !== undefined && (counts.get(id)?.length ?? 0) < (replicasOf(spec) ?? 0);
      });
      const failed =
        lacking.length === 0
          ? []
          : (await this.#list({ service: lacking, 'desired-state': ['shutdown'] })).filter(({ Status }) =>
              ['failed', 'rejected'].includes(Status.State),
            );
      for (const id of part) {
        const tasks = [...running, ...failed].filter(({ ServiceID }) => ServiceID === id);
        this.#tasks.set(id, tasks.map(slim));
      }
    }
  }

  #list = (filter: Readonly<Record<string, readonly string[]>>): Promise<readonly ObservedTask[]> =>
    this.#docker.get(`/tasks?${filters(filter)}`);
}

/** A task carries the whole spec of its service: only what is read stays in memory. */
const slim = ({ ID, ServiceID, NodeID, DesiredState, Status }: ObservedTask): ObservedTask => ({
  ID,
  ServiceID,
  ...(NodeID !== undefined && { NodeID }),
  DesiredState,
  Status: {
    State: Status.State,
    ...(Status.Err !== undefined && { Err: Status.Err.slice(0, 300) }),
  },
});
