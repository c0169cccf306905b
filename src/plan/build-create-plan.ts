import type { Role } from '../machine/machine-record.js';
import type { Step, StepChange, StepContext } from './step.js';

export interface PlannedHost {
  readonly name: string;
  /** null: a plain Docker host. */
  readonly role: Role | null;
}

type HostWork<H> = (host: H, context: StepContext) => Promise<StepChange>;

/** The work of the steps of a create plan on a host; the plan itself only knows their order. */
export interface CreateWork<H> {
  readonly create: HostWork<H>;
  readonly reach: HostWork<H>;
  readonly readFacts: HostWork<H>;
  readonly install: HostWork<H>;
  readonly configure: HostWork<H>;
  /** Makes the swarm on this manager, or finds the one there is when it is undefined. */
  readonly openSwarm: (host: H | undefined, context: StepContext) => Promise<StepChange>;
  readonly join: HostWork<H>;
  readonly awaitReady: HostWork<H>;
  /** Runs when all hosts of the plan that could become nodes are Ready. */
  readonly proveReach: HostWork<H>;
  readonly installAgent: HostWork<H>;
}

interface CreateOrder {
  /** The manager that makes the swarm; undefined when the swarm exists already. */
  readonly initOn: string | undefined;
  /** Managers get the agent. */
  readonly agent: boolean;
}

const minuteMs = 60_000;
const id = (host: string, step: string): string => `${host}/${step}`;

/**
 * The steps from names to a swarm. Hosts do not wait for each other but in one place: joins need the swarm.
 * Workers join all at once; managers one after another, because the raft leader takes them one at a time anyway.
 */
export function buildCreatePlan<H extends PlannedHost>(
  hosts: readonly H[],
  { initOn, agent }: CreateOrder,
  work: CreateWork<H>,
): readonly Step[] {
  const members = hosts.filter((host) => host.role !== null);
  return [
    ...hosts.flatMap((host) => hostSteps(host, work)),
    ...(members.length > 0 ? [swarmStep(members, initOn, work)] : []),
    ...members.flatMap((host) => memberSteps(host, { initOn, agent, members }, work)),
  ];
}

function hostSteps<H extends PlannedHost>(host: H, work: CreateWork<H>): readonly Step[] {
  const { name } = host;
  const chain: readonly (readonly [step: string, title: string, minutes: number, run: HostWork<H>])[] = [
    // A cold cache builds the node image or downloads a VM image first.
    ['create', 'create host', 30, work.create],
    ['reachable', 'wait for SSH', 5, work.reach],
    ['facts', 'inspect the host', 2, work.readFacts],
    ['install', 'install Docker Engine', 20, work.install],
    ['engine', 'configure Docker Engine', 5, work.configure],
  ];
  return chain.map(([step, title, minutes, run], i) => ({
    id: id(name, step),
    host: name,
    title,
    needs: i === 0 ? [] : [id(name, chain[i - 1]?.[0] ?? '')],
    timeoutMs: minutes * minuteMs,
    run: (context) => run(host, context),
  }));
}

function swarmStep<H extends PlannedHost>(
  members: readonly H[],
  initOn: string | undefined,
  work: CreateWork<H>,
): Step {
  const first = members.find(({ name }) => name === initOn);
  const managers = members.filter((host) => host.role === 'manager').map((host) => id(host.name, 'engine'));
  return {
    id: 'swarm/open',
    title: initOn === undefined ? 'find the swarm' : 'init the swarm',
    ...(initOn !== undefined && { host: initOn }),
    needs: initOn === undefined ? [] : [id(initOn, 'engine')],
    // A stopped manager among the hosts is started by this plan: wait for it before looking for the swarm. If it cannot
    // be started, look anyway.
    ...(initOn === undefined && { after: managers }),
    timeoutMs: 2 * minuteMs,
    run: (context) => work.openSwarm(first, context),
  };
}

function memberSteps<H extends PlannedHost>(
  host: H,
  { initOn, agent: wantsAgent, members }: CreateOrder & { readonly members: readonly H[] },
  work: CreateWork<H>,
): readonly Step[] {
  const join: Step = {
    id: id(host.name, 'join'),
    host: host.name,
    title: `join as ${host.role ?? 'worker'}`,
    needs: [id(host.name, 'engine'), 'swarm/open'],
    timeoutMs: 3 * minuteMs,
    ...(host.role === 'manager' && { exclusive: 'manager-join' }),
    run: (context) => work.join(host, context),
  };
  const member = host.name === initOn ? 'swarm/open' : join.id;
  const ready: Step = {
    id: id(host.name, 'ready'),
    host: host.name,
    title: 'wait until the node is Ready',
    needs: [member],
    timeoutMs: 2 * minuteMs,
    run: (context) => work.awaitReady(host, context),
  };
  const reach: Step = {
    id: id(host.name, 'reach'),
    host: host.name,
    title: 'send packets to the port of overlay networks',
    needs: [ready.id],
    after: members.map(({ name }) => id(name, 'ready')),
    timeoutMs: minuteMs,
    run: (context) => work.proveReach(host, context),
  };
  // Nothing waits for it, and it waits for no Ready: while the agent of the first manager is installed the others join.
  const agent: Step = {
    id: id(host.name, 'agent'),
    host: host.name,
    title: 'install the agent',
    needs: [member],
    timeoutMs: 20 * minuteMs,
    run: (context) => work.installAgent(host, context),
  };
  return [
    ...(host.name === initOn ? [] : [join]),
    ready,
    reach,
    ...(wantsAgent && host.role === 'manager' ? [agent] : []),
  ];
}
