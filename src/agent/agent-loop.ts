import { codeOf, messageOf, SwarmupError } from '../lib/errors.js';
import { beliefOf, isManaging } from '../swarm/membership.js';
import type { Action } from './action.js';
import type { AgentState } from './agent-api.js';
import type { DockerClient } from './docker-client.js';
import type { EventRing } from './event-ring.js';
import type { HostFacts } from './observation.js';
import type { Limits } from './limits.js';
import { noMemory, withFailedWrite, type Memory } from './memory.js';
import { nodeName, type Observation } from './observation.js';
import { performAction } from './perform-action.js';
import { reconcile, type Decision } from './reconcile.js';
import { SwarmView, type OwnEngine } from './swarm-view.js';

/** What the loop needs of the machine it runs on. */
interface LoopHost {
  /** Monotonic, milliseconds. */
  readonly now: () => number;
  readonly wallClock: () => number;
  readonly facts: (engine: OwnEngine) => Promise<HostFacts>;
  /** Releases unused memory; if it cannot be called, the memory is released later. */
  readonly collectGarbage?: (() => void) | undefined;
}

export interface Counters {
  passes: number;
  writes: number;
  refused: number;
  failed: number;
  errors: number;
}

const longestBackoffMs = 10_000;

/** The agent without its clockwork: one `pass` after the other, each saying when the next is due. */
export class AgentLoop {
  readonly #docker: DockerClient;
  readonly #limits: Limits;
  readonly #ring: EventRing;
  readonly #host: LoopHost;
  readonly #view: SwarmView;
  #memory: Memory = noMemory;
  #self: OwnEngine = {};
  #facts: HostFacts = { certificates: [] };
  #askedMs = Number.NEGATIVE_INFINITY;
  #syncedMs: number | undefined;
  #leadsSinceMs: number | undefined;
  #failures = 0;
  /** Stays true until a manager leads again, even if other problems occur: engines restart during a recovery. */
  #isQuorumLost = false;
  #watch: readonly string[] = [];
  readonly counters: Counters = { passes: 0, writes: 0, refused: 0, failed: 0, errors: 0 };
  state: AgentState = 'starting';
  message = '';
  leaderSince: string | null = null;
  decision: Pick<Decision, 'services'> = { services: [] };

  constructor(docker: DockerClient, limits: Limits, ring: EventRing, host: LoopHost) {
    this.#docker = docker;
    this.#limits = limits;
    this.#ring = ring;
    this.#host = host;
    this.#view = new SwarmView(docker);
  }

  get view(): SwarmView {
    return this.#view;
  }

  get conditions(): readonly string[] {
    return [...this.#memory.conditions.values()].map(({ message }) => message);
  }

  get lastSyncMs(): number | null {
    return this.#syncedMs === undefined ? null : Math.round(this.#host.now() - this.#syncedMs);
  }

  /** The next pass reads everything: events may have been missed. */
  resync(): void {
    this.#syncedMs = undefined;
  }

  /** Looks, decides, acts. Resolves to the milliseconds until the next pass is due; events may call for it earlier. */
  async pass(): Promise<number> {
    this.counters.passes += 1;
    try {
      const wakeInMs = await this.#passOnce();
      this.#failures = 0;
      return wakeInMs;
    } catch (error) {
      return this.#failed(error);
    }
  }

  async #passOnce(): Promise<number> {
    const now = this.#host.now();
    const isSyncDue = this.#syncedMs === undefined || now - this.#syncedMs >= this.#limits.resyncMs;
    if (isSyncDue) await this.#sync();
    else {
      if (now - this.#askedMs >= this.#limits.leaderPollMs) await this.#askWhoLeads();
      if (this.#view.isStale) await this.#view.readChanged(this.#leads);
    }
    if (!this.#leads) return this.#untilPoll();
    const graceLeftMs = (this.#leadsSinceMs ?? 0) + this.#limits.leaderGraceMs - this.#host.now();
    if (graceLeftMs > 0) return graceLeftMs;
    if (!isSyncDue && this.#watch.length > 0) await this.#view.readTasks(this.#watch);
    return this.#decide();
  }

  get #leads(): boolean {
    return this.#leadsSinceMs !== undefined;
  }

  #untilPoll(): number {
    const now = this.#host.now();
    const sync = (this.#syncedMs ?? now) + this.#limits.resyncMs - now;
    return Math.max(0, Math.min(sync, this.#askedMs + this.#limits.leaderPollMs - now));
  }

  /** Reads the swarm as a whole. */
  async #sync(): Promise<void> {
    this.#self = await this.#docker.get<OwnEngine>('/info');
    const own = this.#self.Swarm;
    const belief = own === undefined ? 'outside' : beliefOf(own);
    const trouble = own?.Error ?? '';
    this.#ring.source = this.#self.Name ?? '';
    if (belief === 'locked') throw new SwarmupError('LOCKED', 'the manager waits for its unlock key');
    if (own === undefined || belief !== 'joined' || !isManaging(own))
      throw new SwarmupError(
        belief === 'joined' && trouble !== '' ? 'NO_QUORUM' : 'NOT_A_MANAGER',
        trouble === '' ? 'this host is not a manager of a swarm' : trouble,
      );
    this.#facts = await this.#host.facts(this.#self);
    await this.#askWhoLeads();
    await this.#view.readAll(this.#leads);
    this.#syncedMs = this.#host.now();
    // Most of the data that was read is garbage by now, and V8 would let megabytes of it gather.
    this.#host.collectGarbage?.();
  }

  async #askWhoLeads(): Promise<void> {
    this.#askedMs = this.#host.now();
    const id = this.#self.Swarm?.NodeID ?? '';
    const self = await this.#docker.get<{ ManagerStatus?: { Leader?: boolean } }>(`/nodes/${id}`);
    const leads = self.ManagerStatus?.Leader === true;
    const wasLeading = this.#leads;
    if (this.#isQuorumLost) this.#tell('info', 'quorum-restored', 'the swarm has a leader again');
    this.#isQuorumLost = false;
    if (leads && !wasLeading) {
      this.#leadsSinceMs = this.#host.now();
      this.leaderSince = new Date(this.#host.wallClock()).toISOString();
      this.#tell('info', 'leader-gained', 'this node leads: its agent acts');
      await this.#view.readAll(true);
    } else if (!leads) this.#stepDown('another node leads: this agent waits');
    this.state = leads ? 'leader' : 'standby';
    this.message = '';
  }

  #stepDown(message: string): void {
    if (this.#leads) this.#tell('info', 'leader-lost', message);
    this.#leadsSinceMs = undefined;
    this.leaderSince = null;
    this.#memory = noMemory;
    this.#watch = [];
    this.decision = { services: [] };
  }

  async #decide(): Promise<number> {
    const { services, ...decision } = reconcile(this.#observe(), this.#memory, this.#limits);
    this.#memory = decision.memory;
    this.#watch = decision.watch;
    this.decision = { services };
    for (const event of decision.events) this.#ring.push(event);
    for (const action of decision.actions) if (!(await this.#act(action))) break;
    if (this.#view.isStale) return 0;
    return Math.max(0, Math.min(decision.wakeInMs ?? this.#limits.resyncMs, this.#untilPoll()));
  }

  /** False when nothing more may be written in this pass. */
  async #act(action: Action): Promise<boolean> {
    const { outcome, events, error, id } = await performAction(this.#docker, this.#self.Swarm?.NodeID ?? '', action);
    for (const event of events) this.#ring.push(event);
    if (id !== undefined) this.#view.noteService(id);
    else if (action.kind === 'create-service') this.#syncedMs = undefined;
    else this.#view.noteNodes();
    switch (outcome) {
      case 'done':
        this.counters.writes += 1;
        return true;
      case 'refused':
        this.counters.refused += 1;
        return true;
      case 'not-leader':
        this.#stepDown('another node leads: this agent waits');
        this.state = 'standby';
        return false;
      case 'failed':
        this.counters.failed += 1;
        this.#memory = withFailedWrite(this.#memory, action, this.#host.now());
        if (isUnavailable(error)) throw error;
        return true;
    }
  }

  #observe(): Observation {
    const { nodes, services, tasks, desired, lastSpecs } = this.#view;
    return {
      nowMs: this.#host.now(),
      wallMs: this.#host.wallClock(),
      selfId: this.#self.Swarm?.NodeID ?? '',
      nodes,
      services,
      tasks,
      desired,
      lastSpecs,
      host: this.#facts,
    };
  }

  /** An error of the engine: the data read so far may be incomplete, so the next pass reads everything again. */
  #failed(error: unknown): number {
    this.#failures += 1;
    this.#syncedMs = undefined;
    this.message = messageOf(error);
    const state = stateBehind(error);
    if (state === 'error') this.counters.errors += 1;
    // One error is not an outage: the next pass follows immediately.
    if (state !== 'error' || this.#failures > 1) {
      if (state !== 'error') this.#stepDown(this.message);
      if (state === 'no-quorum' && !this.#isQuorumLost) this.#tell('error', 'quorum-lost', this.message);
      this.#isQuorumLost ||= state === 'no-quorum';
      if (this.state !== state && state === 'error') this.#tell('error', 'agent-error', this.message);
      this.state = state;
    }
    return Math.min(longestBackoffMs, 250 * 2 ** Math.min(10, this.#failures)) * (0.75 + Math.random() / 2);
  }

  /** The last pass failed: the next one waits for its time, even if events arrive. */
  get isBackingOff(): boolean {
    return this.#failures > 0;
  }

  #tell(
    level: 'info' | 'error',
    kind: 'agent-error' | 'leader-gained' | 'leader-lost' | 'quorum-lost' | 'quorum-restored',
    message: string,
  ): void {
    const node = this.#ring.source;
    this.#ring.push({
      level,
      kind,
      message: node === '' ? message : `${node}: ${message}`,
      ...(node !== '' && { node }),
    });
  }

  /** The hostname of the own node as the swarm knows it. */
  get nodeName(): string {
    const self = this.#view.nodes.find(({ ID }) => ID === this.#self.Swarm?.NodeID);
    return self === undefined ? (this.#self.Name ?? '') : nodeName(self);
  }
}

/** The swarm or the engine cannot answer any request now. */
const isUnavailable = (error: unknown): boolean =>
  codeOf(error) === 'ENGINE_UNREACHABLE' || codeOf(error) === 'ENGINE_503' || stateBehind(error) !== 'error';

function stateBehind(error: unknown): AgentState {
  const message = messageOf(error);
  const code = codeOf(error);
  if (code === 'LOCKED' || /encrypted and needs to be unlocked/i.test(message)) return 'locked';
  if (code === 'NOT_A_MANAGER' || /not a swarm manager|not part of a swarm/i.test(message)) return 'not-manager';
  const isLeaderless = /does not have a leader|lost leader status|no elected primary|context deadline exceeded/i;
  return code === 'NO_QUORUM' || isLeaderless.test(message) ? 'no-quorum' : 'error';
}
