import { setTimeout as sleepFor } from 'node:timers/promises';
import { runScript } from '../../bootstrap/remote-script.js';
import { defaultDataRoot, raftLogScript } from '../../bootstrap/swarm-state-scripts.js';
import type { HostState } from '../../drivers/driver.js';
import { withDeadline } from '../../lib/abort.js';
import { messageOf } from '../../lib/errors.js';
import type { MachineRecord, Role } from '../../machine/machine-record.js';
import { beliefOf, isManaging, isReached, isVoter, ownState } from '../../swarm/membership.js';
import { quorumOf } from '../../swarm/quorum.js';
import { type RaftPosition, readRaftLog } from '../../swarm/raft-log.js';
import { type EngineInfo, engineInfo, type SwarmNode, swarmNodes } from '../../swarm/swarm-api.js';
import type { OperationContext } from '../access/context.js';
import { isMadeAgain } from '../steps/become-node.js';
import { hostEngine, swarmMachines, unknownSwarm } from '../access/swarm-access.js';
import { powerOf } from '../access/host-power.js';

/**
 * What a host is to its swarm right now: `managing` (answers as a manager of a swarm with a leader), `leaderless`,
 * `locked`, `member` (a worker, as far as it knows), `outside` (the engine is not in a swarm), `failed` (its node is in an
 * error), `no-engine` (the host answers, its engine does not), `off` (the host does not answer).
 */
type HostStanding = 'managing' | 'leaderless' | 'locked' | 'member' | 'outside' | 'failed' | 'no-engine' | 'off';

export interface HostFinding {
  readonly name: string;
  readonly role: Role;
  readonly standing: HostStanding;
  /** In a few words, for people. */
  readonly detail: string;
  /** Of a manager that could be the survivor. */
  readonly raft: RaftPosition | null;
  /** The state that its driver reports, if the host does not answer. */
  readonly power: HostState | null;
}

/** Internal facts about a host, in addition to the shown ones. */
export interface AskedHost extends HostFinding {
  readonly record: MachineRecord;
  readonly info: EngineInfo | undefined;
  readonly nodes: readonly SwarmNode[];
}

export interface SwarmDiagnosis {
  readonly hosts: readonly AskedHost[];
  /** The manager whose view of the swarm is the true one: it sees a majority of the managers; undefined: quorum is lost. */
  readonly authority: AskedHost | undefined;
}

const reachMs = 8_000;
const settleMs = 45_000;
const lookMs = 1_500;

/**
 * Asks all hosts of a swarm at once who they are, and decides whether it has its quorum. A doubtful moment is waited
 * out, up to 45 s: an election (15 to 24 s were measured), or a manager that has just gone and is not missed yet.
 * Changes nothing. Errors: SWARM_UNKNOWN (exit 2).
 */
export async function diagnoseSwarm(context: OperationContext, swarm: string): Promise<SwarmDiagnosis> {
  const until = performance.now() + settleMs;
  for (;;) {
    const records = await swarmMachines(context, swarm);
    if (records.length === 0) throw await unknownSwarm(context, swarm);
    const hosts = await Promise.all(records.map((record) => askHost(context, record)));
    // One that was made again is to join as a new node, so another one must be there to see to it.
    const authorities = hosts.filter(hasQuorum);
    const authority = authorities.find(({ record }) => !isMadeAgain(record)) ?? authorities[0];
    const doubt = authority === undefined ? electionDoubt(hosts) : absenceDoubt(authority, hosts);
    if (doubt === undefined || performance.now() > until)
      return { hosts: authority === undefined ? await withRaft(context, hosts) : hosts, authority };
    context.report({ type: 'info', message: doubt });
    await sleepFor(lookMs, undefined, { signal: context.signal });
  }
}

/** The shown facts about a host. */
export const findingOf = ({ name, role, standing, detail, raft, power }: AskedHost): HostFinding => ({
  name,
  role,
  standing,
  detail,
  raft,
  power,
});

/** A host that is on record as a member; after a recovery without it, a manager is on record without a node. */
export const isMember = ({ record }: AskedHost): boolean => record.nodeId !== null && record.formerNodeId === undefined;

/** A manager of the swarm that sees more than half of its managers, itself among them. */
function hasQuorum(host: AskedHost): boolean {
  if (host.standing !== 'managing' || !isMember(host)) return false;
  const managers = host.nodes.filter(isVoter);
  const reachable = managers.filter(isReached);
  return reachable.length >= quorumOf(managers.length);
}

function electionDoubt(hosts: readonly AskedHost[]): string | undefined {
  const managers = hosts.filter((host) => host.role === 'manager' && isMember(host));
  const standing = managers.filter((host) => host.standing === 'leaderless' || host.standing === 'managing');
  const total = Math.max(managers.length, ...standing.map(({ info }) => info?.Swarm.RemoteManagers?.length ?? 0));
  if (standing.length < quorumOf(total)) return undefined;
  return `${standing.length} of ${total} managers answer but have no leader yet: waiting for an election`;
}

/** A manager that is counted as reachable but does not answer us may have gone a moment ago. */
function absenceDoubt(authority: AskedHost, hosts: readonly AskedHost[]): string | undefined {
  const managers = authority.nodes.filter(isVoter);
  const answering = hosts.filter((host) => managers.some(({ ID }) => ID === host.info?.Swarm.NodeID)).length;
  if (answering >= quorumOf(managers.length)) return undefined;
  return `only ${answering} of ${managers.length} managers answer: waiting to see whether ${authority.name} still has a quorum`;
}

async function askHost(context: OperationContext, record: MachineRecord): Promise<AskedHost> {
  const base = {
    record,
    name: record.name,
    role: record.role ?? 'worker',
    raft: null,
    power: null,
    nodes: [],
  } as const;
  const found = (standing: HostStanding, detail: string, info?: EngineInfo): AskedHost => ({
    ...base,
    standing,
    detail,
    info,
  });
  const deadline = { timeoutMs: reachMs, what: `${record.name} to answer`, host: record.name, signal: context.signal };
  const power = powerOf(context, record);
  try {
    await Promise.race([withDeadline(deadline, (signal) => context.connect(record, { signal })), whenOff(power)]);
  } catch (error) {
    context.signal.throwIfAborted();
    // What broke may be this one connection.
    await context.disconnect(record.name);
    return { ...found('off', messageOf(error)), power: await power };
  }
  const engine = hostEngine(context, record);
  let info: EngineInfo;
  try {
    info = await engineInfo(engine, context.signal);
  } catch (error) {
    context.signal.throwIfAborted();
    return found('no-engine', messageOf(error));
  }
  const { Error: trouble } = info.Swarm;
  const belief = beliefOf(info.Swarm);
  if (belief === 'locked') return found('locked', 'the manager needs the unlock key', info);
  if (belief === 'outside') return found('outside', 'the engine is not in a swarm', info);
  if (belief !== 'joined') return found('failed', trouble || `the node is ${ownState(info.Swarm)}`, info);
  if (!isManaging(info.Swarm)) return found('member', trouble || 'worker', info);
  try {
    const nodes = await withDeadline(deadline, (signal) => swarmNodes(engine, signal));
    return { ...found('managing', 'manager', info), nodes };
  } catch {
    context.signal.throwIfAborted();
    return found('leaderless', 'manager without a leader', info);
  }
}

/** Rejects if a host is off, so that the caller does not wait for its SSH. Otherwise never settles. */
async function whenOff(power: Promise<HostState | null>): Promise<never> {
  const state = await power;
  if (state === 'stopped' || state === 'absent') throw new Error(`the host is ${state}`);
  return new Promise(() => undefined);
}

/** Adds the end of each manager's Raft log: the API does not show it, and without a leader nothing else does. */
async function withRaft(context: OperationContext, hosts: readonly AskedHost[]): Promise<readonly AskedHost[]> {
  return Promise.all(
    hosts.map(async (host) => {
      if (host.role !== 'manager' || host.standing === 'off' || !isMember(host)) return host;
      const raft = await raftOf(context, host).catch((error: unknown) => {
        context.signal.throwIfAborted();
        context.report({ type: 'warning', host: host.name, message: messageOf(error) });
        return null;
      });
      return { ...host, raft };
    }),
  );
}

async function raftOf(context: OperationContext, { record, info }: AskedHost): Promise<RaftPosition | null> {
  const runner = await context.connect(record);
  const script = raftLogScript(info?.DockerRootDir ?? defaultDataRoot);
  const { stdout } = await runScript(runner, script, { signal: context.signal, timeoutMs: 30_000 });
  const segments = [...stdout.matchAll(/^segment=\S+ (yes|no) (\S*)$/gm)].map(([, cut, text]) => ({
    bytes: Buffer.from(text ?? '', 'base64'),
    cut: cut === 'yes',
  }));
  if (segments.length === 0) return null;
  const { term, index, commit } = readRaftLog(segments);
  return { term, index, commit };
}
