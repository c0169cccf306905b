import { SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import { inSwarm, swarmup } from '../../lib/typed-command.js';
import { isManaging, isReached, isReady, isVoter } from '../../swarm/membership.js';
import { quorumOf } from '../../swarm/quorum.js';
import { newestFirst } from '../../swarm/raft-log.js';
import { isMadeAgain } from '../steps/become-node.js';
import { type AskedHost, isMember, type SwarmDiagnosis } from './diagnose-swarm.js';

/** The decisions of a recovery, made before anything is changed. */
export interface RecoveryPlan {
  readonly kind: 'healthy' | 'clean' | 'recover';
  /** One sentence: what is wrong. */
  readonly reason: string;
  /** The manager that has, or gets, the swarm. */
  readonly manager: AskedHost;
  /** Managers that do not answer: the recovered swarm does not include them. */
  readonly lost: readonly AskedHost[];
  /** Hosts that answer, but believe in another swarm than this one, or in none. Managers first. */
  readonly rejoin: readonly AskedHost[];
  /** Workers that answer. */
  readonly workers: readonly AskedHost[];
  /** What brings the quorum back without losing anything, as commands. */
  readonly gentle: readonly string[];
}

const answers = (host: AskedHost): boolean => host.standing !== 'off' && host.standing !== 'no-engine';
const namesOf = (hosts: readonly AskedHost[]): string => hosts.map(({ name }) => name).join(', ');

/** Pure. Errors: NO_SURVIVOR (exit 6) when no manager answers that has the swarm's state. */
export function planRecovery(swarm: string, { hosts, authority }: SwarmDiagnosis): RecoveryPlan {
  return authority === undefined ? planLost(swarm, hosts) : planCleaning(swarm, hosts, authority);
}

/** The swarm lives; what did not follow it into its recovery is brought back or cleaned away. */
function planCleaning(swarm: string, hosts: readonly AskedHost[], manager: AskedHost): RecoveryPlan {
  const others = hosts.filter((host) => host !== manager);
  const rejoin = others.filter((host) => answers(host) && isStray(host, manager));
  const lost = others.filter((host) => !answers(host) && isLeftover(host, manager));
  const base = { manager, lost, rejoin, workers: [], gentle: [] };
  const managers = manager.nodes.filter(isVoter);
  if (rejoin.length + lost.length === 0) {
    const reachable = managers.filter(isReached).length;
    const counts = `${reachable} of ${managers.length} managers reachable`;
    return { ...base, kind: 'healthy', reason: `swarm ${swarm} has its quorum (${counts})` };
  }
  const left = [...rejoin, ...lost];
  return {
    ...base,
    kind: 'clean',
    reason: `swarm ${swarm} is alive on ${manager.name}, but ${namesOf(left)} have not joined it again yet`,
  };
}

/** A host whose engine and swarm disagree about its membership. */
function isStray(host: AskedHost, { nodes }: AskedHost): boolean {
  const { record, info } = host;
  if (record.phase !== 'ready') return false;
  const node = nodes.find(({ ID }) => ID === info?.Swarm.NodeID);
  const wasLost = record.formerNodeId !== undefined || record.nodeId === null || isMadeAgain(record);
  if (host.standing === 'locked') {
    const listed = nodes.find(({ ID }) => ID === (record.nodeId ?? record.formerNodeId));
    return record.role === 'manager' && !isVoter(listed);
  }
  // One that was taken out by hand is nothing to recover.
  if (host.standing === 'outside') return record.formerNodeId !== undefined;
  if (node === undefined) return true;
  return wasLost || info === undefined || isManaging(info.Swarm) !== isVoter(node);
}

/** A manager that a recovery left out, and whose node is still listed or whose record is not marked. */
function isLeftover({ record }: AskedHost, { nodes }: AskedHost): boolean {
  const node = nodes.find(({ ID }) => ID === (record.nodeId ?? record.formerNodeId));
  return record.role === 'manager' && node !== undefined && !isVoter(node) && !isReady(node);
}

function planLost(swarm: string, hosts: readonly AskedHost[]): RecoveryPlan {
  const managers = hosts.filter((host) => host.role === 'manager' && isMember(host));
  // One that became a manager a moment before may have got nothing yet: a cluster made of that would be an empty one.
  const [survivor] = managers.filter(({ raft }) => raft !== null && raft.commit > 0).sort(newest);
  if (survivor === undefined) throw noSurvivor(swarm, managers);
  const others = hosts.filter((host) => host.role === 'manager' && host !== survivor && host.record.phase === 'ready');
  const rejoin = others.filter(answers);
  const answering = managers.filter(({ standing }) => standing === 'leaderless' || standing === 'managing').length;
  const needed = quorumOf(managers.length);
  return {
    kind: 'recover',
    reason:
      `swarm ${swarm} has lost its quorum: ${answering} of ${managers.length} managers ` +
      `${answering === 1 ? 'answers' : 'answer'}, ${needed} are needed`,
    manager: survivor,
    lost: others.filter((host) => !answers(host) && isMember(host)),
    rejoin,
    workers: hosts.filter((host) => host.role === 'worker' && answers(host) && host.record.nodeId !== null),
    gentle: gentleWay(managers, needed - answering),
  };
}

/** The steps of the plan, in order, as text for people; empty if there is nothing to do. */
export function planText({ kind, manager, lost, rejoin, workers }: RecoveryPlan): readonly string[] {
  if (kind === 'healthy') return [];
  const line = (text: string, hosts: readonly AskedHost[]): readonly string[] =>
    hosts.map(({ name }) => `${name}: ${text}`);
  return [
    ...(kind === 'recover'
      ? [
          `${manager.name}: copy its swarm state to a file on the host`,
          `${manager.name}: make it the only manager (this may restart its own tasks)`,
        ]
      : []),
    ...line('does not answer: remove its node; its tasks start on other nodes', lost),
    ...rejoin.map(({ name, role }) => `${name}: leave the old swarm and join again as ${role}`),
    ...line('wait for the node; if it does not come back by itself, join it again', workers),
    'wait until all services run',
  ];
}

/** Running engines first among equals: the others must be started or unlocked first. */
function newest(a: AskedHost, b: AskedHost): number {
  const rank = ({ standing }: AskedHost): number => ['managing', 'leaderless', 'locked'].indexOf(standing) >>> 0;
  return a.raft === null || b.raft === null ? 0 : newestFirst(a.raft, b.raft) || rank(a) - rank(b);
}

/** Managers that only have to be started bring the quorum back with nothing lost: enough of them is the better way. */
function gentleWay(managers: readonly AskedHost[], missing: number): readonly string[] {
  const stopped = managers.filter(({ power }) => power === 'stopped' || power === 'paused');
  const locked = managers.filter(({ standing }) => standing === 'locked');
  const dead = managers.filter(({ standing }) => standing === 'no-engine');
  if (stopped.length + locked.length + dead.length < missing) return [];
  return [
    ...(stopped.length > 0 ? [swarmup`start ${stopped.map(({ name }) => name)}`] : []),
    ...locked.map(({ name, record }) => swarmup`swarm unlock ${inSwarm(record.swarm)} ${name}`),
    ...dead.map(({ name }) => swarmup`ssh ${name} -- systemctl start docker`),
  ];
}

function noSurvivor(swarm: string, managers: readonly AskedHost[]): SwarmupError {
  const said = managers.map(({ name, detail }) => `${name}: ${detail}`).join('; ');
  const stopped = managers.filter(({ power }) => power === 'stopped' || power === 'paused');
  const absent = managers.filter(({ power }) => power === 'absent');
  const off = stopped.length > 0 && stopped.length + absent.length === managers.length;
  return new SwarmupError(
    'NO_SURVIVOR',
    off
      ? `the managers of swarm ${swarm} that exist are off: ${said}`
      : `no manager of swarm ${swarm} has the state of the swarm any longer (${said || 'no manager is on record'})`,
    {
      exitCode: exitCodes.unhealthy,
      hints: [
        ...(stopped.length > 0 ? [`${swarmup`start ${stopped.map(({ name }) => name)}`}, then run this again`] : []),
        `${swarmup`swarm restore FILE`} brings it back from a backup`,
      ],
    },
  );
}
