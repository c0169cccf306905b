import { randomBytes } from 'node:crypto';
import type { SwarmNode } from '../../src/swarm/swarm-api.js';

/** What the engine's daemon says, word for word (Docker Engine 20.10); an HTTP answer of the API. */
export class EngineRefusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

const failedPrecondition = (message: string): EngineRefusal =>
  new EngineRefusal(400, `rpc error: code = FailedPrecondition desc = ${message}`);

export const noLeader =
  "rpc error: code = Unknown desc = The swarm does not have a leader. It's possible that too few managers are " +
  'online. Make sure more than half of the managers are online.';

/** Whether the host of a node runs, is still a member, and can talk to the others. */
type IsAlive = () => boolean;

type Writable<T> = { -readonly [K in keyof T]: T[K] extends readonly unknown[] ? T[K] : Writable<T[K]> };

interface Member {
  readonly node: Writable<SwarmNode>;
  readonly isAlive: IsAlive;
  /** Looks at a demoted manager until it is one no more: the real one takes a moment, too. */
  looksUntilDemoted: number;
}

interface FakeTask {
  readonly ID: string;
  readonly NodeID: string;
  readonly DesiredState: 'running' | 'shutdown';
}

const id = (length = 25): string => [...randomBytes(length)].map((byte) => (byte % 36).toString(36)).join('');

/** The state that the managers of one swarm share: its nodes, tokens and tasks. */
export class FakeCluster {
  readonly id = id();
  readonly tokens = { Worker: `SWMTKN-1-${id(50)}-${id()}`, Manager: `SWMTKN-1-${id(50)}-${id()}` };
  readonly spec = { EncryptionConfig: { AutoLockManagers: false } };
  readonly networks: Readonly<Record<string, unknown>>[] = [];
  readonly #members = new Map<string, Member>();
  /** Tasks of services; a drained node loses its own unless they are stuck. */
  tasks: FakeTask[] = [];
  tasksAreStuck = false;
  #index = 10;

  constructor(readonly addressPool: readonly string[]) {}

  /** The nodes as they are, however many managers there are to tell of them. */
  get nodes(): readonly SwarmNode[] {
    return [...this.#members.values()].map(({ node }) => node);
  }

  add(member: { role: 'manager' | 'worker'; hostname: string; address: string; isAlive: IsAlive }): string {
    const { role, hostname, address, isAlive } = member;
    const node: SwarmNode = {
      ID: id(),
      Version: { Index: ++this.#index },
      Spec: { Labels: {}, Role: role, Availability: 'active' },
      Description: { Hostname: hostname, Engine: { EngineVersion: '20.10.24+dfsg1' } },
      Status: { State: 'ready', Addr: address },
    };
    this.#members.set(node.ID, { node, isAlive, looksUntilDemoted: 0 });
    return node.ID;
  }

  addTask(nodeId: string): void {
    this.tasks.push({ ID: id(), NodeID: nodeId, DesiredState: 'running' });
  }

  /** Without a subnet it gets one of the pool, as far as tests need that. */
  addNetwork(body: Readonly<Record<string, unknown>>): string {
    const { Config } = body['IPAM'] as { readonly Config: readonly unknown[] };
    const subnet = this.addressPool[0]?.replace(/\/\d+$/, '/24');
    const ipam = { Config: Config.length > 0 ? Config : [{ Subnet: subnet }] };
    const network = { ...body, Id: id(), Scope: 'swarm', IPAM: ipam };
    this.networks.push(network);
    return network.Id;
  }

  removeNetwork(networkId: string): void {
    const index = this.networks.findIndex((network) => network['Id'] === networkId);
    if (index === -1) throw new EngineRefusal(404, `network ${networkId} not found`);
    this.networks.splice(index, 1);
  }

  /** Whether more than half of the managers are there. Errors: the engine's own when not. */
  requireLeader(): void {
    const managers = this.#managers();
    if (2 * managers.filter(({ isAlive }) => isAlive()).length <= managers.length)
      throw new EngineRefusal(500, noLeader);
  }

  list(): readonly SwarmNode[] {
    this.requireLeader();
    return [...this.#members.values()].map((member) => this.#look(member));
  }

  get(nodeId: string): SwarmNode {
    this.requireLeader();
    return this.#look(this.#find(nodeId));
  }

  /** The heartbeat: what is not alive is seen to be Down. */
  noticeLosses(): void {
    for (const { node, isAlive } of this.#members.values())
      if (!isAlive()) node.Status = { ...node.Status, State: 'down', Message: 'heartbeat failure' };
      else if (node.Status.State === 'down') node.Status = { State: 'ready', Addr: node.Status.Addr };
  }

  /** The node is never seen to be Ready. */
  keepUnready(nodeId: string, message: string): void {
    const { node } = this.#find(nodeId);
    node.Status = { ...node.Status, State: 'unknown', Message: message };
  }

  /** Somebody else changes the node: the version moves on. */
  touch(nodeId: string): void {
    this.#find(nodeId).node.Version.Index = ++this.#index;
  }

  update(nodeId: string, version: string | null, spec: SwarmNode['Spec']): void {
    if (!/^\d+$/.test(version ?? ''))
      throw new EngineRefusal(
        400,
        `invalid node version '${version ?? ''}': strconv.ParseUint: parsing "${version ?? ''}": invalid syntax`,
      );
    this.requireLeader();
    const member = this.#find(nodeId);
    if (Number(version) !== member.node.Version.Index)
      throw new EngineRefusal(500, 'rpc error: code = Unknown desc = update out of sequence');
    if (member.node.Spec.Role === 'manager' && spec.Role === 'worker') this.#checkDemotion(member);
    if (member.node.Spec.Role !== spec.Role) member.looksUntilDemoted = 2;
    member.node.Spec = structuredClone(spec);
    this.touch(nodeId);
    if (spec.Availability === 'drain' && !this.tasksAreStuck)
      this.tasks = this.tasks.filter((task) => task.NodeID !== nodeId);
  }

  remove(nodeId: string, force: boolean): void {
    this.requireLeader();
    const member = this.#find(nodeId);
    if (this.#managers().includes(member))
      throw failedPrecondition(
        `node ${nodeId} is a cluster manager and is a member of the raft cluster. It must be demoted to worker before removal`,
      );
    if (!force && member.node.Status.State !== 'down')
      throw failedPrecondition(`node ${nodeId} is not down and can't be removed`);
    this.#members.delete(nodeId);
  }

  /** Why a manager must not leave unless it is forced to, in the words of its engine. */
  leaveRefusal(nodeId: string): EngineRefusal | undefined {
    const managers = this.#managers();
    if (!managers.some(({ node }) => node.ID === nodeId)) return undefined;
    const total = managers.length;
    const attempt = 'You are attempting to leave the swarm on a node that is participating as a manager. ';
    if (total === 1)
      return new EngineRefusal(
        503,
        `${attempt}Removing the last manager erases all current state of the swarm. Use \`--force\` to ignore this message. `,
      );
    return new EngineRefusal(
      503,
      `${attempt}Removing this node leaves ${total - 1} managers out of ${total}. Without a Raft ` +
        'quorum your swarm will be inaccessible. The only way to restore a swarm that has lost consensus is to ' +
        'reinitialize it with `--force-new-cluster`. Use `--force` to suppress this message.',
    );
  }

  isManager(nodeId: string): boolean {
    return this.#managers().some(({ node }) => node.ID === nodeId);
  }

  /** Whether others can join through this node. */
  isReachableManager(nodeId: string): boolean {
    return this.#managers().some(({ node, isAlive }) => node.ID === nodeId && isAlive());
  }

  #checkDemotion(member: Member): void {
    const managers = this.#managers();
    if (managers.length === 1) throw failedPrecondition('attempting to demote the last manager of the swarm');
    const left = managers.filter((other) => other !== member);
    if (2 * left.filter(({ isAlive }) => isAlive()).length <= left.length)
      throw failedPrecondition("can't remove member from the raft: this would result in a loss of quorum");
  }

  #managers(): readonly Member[] {
    return [...this.#members.values()].filter(
      ({ node, looksUntilDemoted }) => node.Spec.Role === 'manager' || looksUntilDemoted > 0,
    );
  }

  #look(member: Member): SwarmNode {
    if (member.looksUntilDemoted > 0) member.looksUntilDemoted -= 1;
    const managers = this.#managers();
    if (!managers.includes(member)) return structuredClone(member.node);
    const leader = managers.find(({ isAlive }) => isAlive()) === member;
    return structuredClone({
      ...member.node,
      ManagerStatus: {
        ...(leader && { Leader: true }),
        Reachability: member.isAlive() ? ('reachable' as const) : ('unreachable' as const),
        Addr: `${member.node.Status.Addr}:2377`,
      },
    });
  }

  #find(nodeId: string): Member {
    const member = this.#members.get(nodeId);
    if (member === undefined) throw new EngineRefusal(404, `node ${nodeId} not found`);
    return member;
  }
}
