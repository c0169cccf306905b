import type { Finding } from '../../doctor/finding.js';
import { withDeadline } from '../../lib/abort.js';
import { messageOf, SwarmupError } from '../../lib/errors.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import { strengthOf, strengthText } from '../../swarm/guardian.js';
import { isUnreached } from '../../swarm/membership.js';
import { isOverlay, listNetworks, type Network, subnetsOf } from '../../swarm/network-api.js';
import { quorumOf } from '../../swarm/quorum.js';
import { swarmNodes } from '../../swarm/swarm-api.js';
import { readSwarmState, type SwarmState } from '../../swarm/swarm-settings.js';
import type { OperationContext } from '../access/context.js';
import { guardedNode } from '../access/guard-swarm.js';
import { lookSoon } from '../access/look-soon.js';
import { judgeHealth } from './judge-health.js';
import { readNodeCertificates, type Validity, validityOf } from '../steps/node-certificates.js';
import type { NodeRow } from '../access/results.js';
import { stuckServices } from '../steps/service-counts.js';
import { askManager, managersSay, type SwarmAccess, swarmMachines, unknownSwarm } from '../access/swarm-access.js';
import { sortedRows } from '../access/node-rows.js';
import type { StatusNode, SwarmStatusResult } from './status-node.js';

/** Certificates are not waited for much longer than for the rest. */
const patienceMs = 700;
const askMs = 3_000;

/**
 * The state of a swarm on one screen: managers and how many may fail, nodes, versions, certificates, autolock, address
 * pools, tasks that do not run, and remedies. Changes nothing. If the managers have no leader, it reports the answer of
 * each manager. Errors: SWARM_UNKNOWN (exit 2), FOREIGN_SWARM (exit 3), those of the engine.
 */
export async function swarmStatus(context: OperationContext, swarm: string): Promise<SwarmStatusResult> {
  const machines = await swarmMachines(context, swarm);
  if (machines.length === 0) throw await unknownSwarm(context, swarm);
  let access: SwarmAccess;
  const certificates = readNodeCertificates(
    context,
    machines.filter(({ endpoint, nodeId }) => endpoint !== null && nodeId !== null),
  );
  try {
    access = await lookSoon(context, swarm, (opened) => Promise.resolve(opened));
  } catch (error) {
    await certificates.within(0);
    if (error instanceof SwarmupError && ['NO_MANAGER', 'MANAGER_LOCKED'].includes(error.code))
      return withoutLeader(swarm, machines, error);
    throw error;
  }
  return withLeader(context, swarm, { machines, access, validity: () => certificates.within(patienceMs) });
}

interface Looking {
  readonly machines: readonly MachineRecord[];
  readonly access: SwarmAccess;
  readonly validity: () => Promise<ReadonlyMap<string, Validity>>;
}

async function withLeader(
  context: OperationContext,
  swarm: string,
  { machines, access, validity }: Looking,
): Promise<SwarmStatusResult> {
  const { engine } = access;
  const { signal } = context;
  const [listed, state, counts, networks, record] = await Promise.all([
    swarmNodes(engine, signal),
    readSwarmState(engine, signal),
    stuckServices(engine, signal),
    listNetworks(engine, signal),
    context.store.readSwarm(swarm),
  ]);
  const [ends, unreachable] = await Promise.all([validity(), askUnreachable(context, listed, machines)]);
  const nodes = sortedRows(listed, machines).map((row) => statusNode(row, machines, ends));
  const strength = strengthOf(listed.map((node) => guardedNode(node, machines)));
  const seen = {
    swarm,
    summary: strengthText(strength),
    strength,
    manager: access.manager.name,
    said: [],
    nodes,
    versions: versionsOf(nodes),
    authority: {
      ends: validityOf(state.TLSInfo.TrustRoot)?.ends.toISOString() ?? null,
      rotating: state.RootRotationInProgress,
    },
    autolock: { on: state.Spec.EncryptionConfig.AutoLockManagers, custody: record?.keyCustody?.type ?? null },
    addressPools: poolsOf(state, networks),
    services: counts.length,
    notRunning: counts.filter(({ running, wanted }) => running < wanted),
  };
  const findings = judgeHealth({ ...seen, machines, unreachable, now: context.now() });
  return { ...seen, healthy: isHealthy(findings), findings };
}

const isHealthy = (findings: readonly Finding[]): boolean => !findings.some(({ severity }) => severity === 'error');

/** The reason why the other managers cannot reach a manager, as far as its answer, or its silence, shows it. */
async function askUnreachable(
  context: OperationContext,
  listed: Awaited<ReturnType<typeof swarmNodes>>,
  machines: readonly MachineRecord[],
): Promise<ReadonlyMap<string, string>> {
  const lost = listed.filter(isUnreached);
  const said = await Promise.all(
    lost.map(async ({ ID }): Promise<readonly (readonly [string, string])[]> => {
      const record = machines.find(({ nodeId, endpoint }) => nodeId === ID && endpoint !== null);
      if (record === undefined) return [];
      const deadline = { timeoutMs: askMs, what: `${record.name} to answer`, host: record.name };
      try {
        await withDeadline({ ...deadline, signal: context.signal }, (signal) => askManager(context, record, signal, 0));
        return [];
      } catch (error) {
        context.signal.throwIfAborted();
        return [[ID, messageOf(error)]];
      }
    }),
  );
  return new Map(said.flat());
}

function statusNode(
  row: NodeRow,
  machines: readonly MachineRecord[],
  certificates: ReadonlyMap<string, Validity>,
): StatusNode {
  const host = machines.find(({ nodeId }) => nodeId === row.id)?.name ?? '';
  const { begins, ends } = certificates.get(host) ?? {};
  return { ...row, certificateBegins: begins?.toISOString() ?? null, certificateEnds: ends?.toISOString() ?? null };
}

function versionsOf(nodes: readonly NodeRow[]): SwarmStatusResult['versions'] {
  const there = nodes.filter(({ former }) => !former);
  const versions = [...new Set(there.map(({ engineVersion }) => engineVersion))].sort();
  return versions.map((version) => ({
    version,
    nodes: there.filter(({ engineVersion }) => engineVersion === version).map(({ name }) => name),
  }));
}

/** The engine counts a pool in subnets of one size; networks with their own subnet do not use any of them. */
function poolsOf(state: SwarmState, networks: readonly Network[]): SwarmStatusResult['addressPools'] {
  const pools = state.DefaultAddrPool ?? [];
  const prefix = state.SubnetSize;
  const subnets = pools.reduce((sum, pool) => sum + 2 ** Math.max(0, prefix - Number(pool.split('/')[1])), 0);
  return { pools, prefix, subnets, used: subnetsOf(networks.filter(isOverlay)).length };
}

/** What can be said without the managers' own state: what each of them says, and how many must come back. */
function withoutLeader(swarm: string, machines: readonly MachineRecord[], error: SwarmupError): SwarmStatusResult {
  const managers = machines.filter(({ role, nodeId }) => role === 'manager' && nodeId !== null);
  const said = managersSay(error).map(({ host, message }) => ({ host, message }));
  const answering = managersSay(error).filter(({ code }) => code === 'NOT_A_MANAGER').length;
  const quorum = quorumOf(managers.length);
  const strength = { managers: managers.length, reachable: answering, quorum, spare: answering - quorum };
  const summary =
    strength.spare < 0
      ? strengthText(strength)
      : `${strengthText(strength).replace(/:.*/, '')}: the managers have no leader (an election is in progress, or they cannot reach each other)`;
  const finding: Finding = {
    check: 'quorum',
    severity: 'error',
    hosts: managers.map(({ name }) => name),
    message: summary,
    cause: 'services keep running, but nothing can be changed, and failed tasks are not replaced',
    fix: error.hints.join('; '),
  };
  return {
    swarm,
    healthy: false,
    summary,
    strength,
    manager: null,
    said,
    nodes: [],
    versions: [],
    authority: null,
    autolock: null,
    addressPools: null,
    services: null,
    notRunning: [],
    findings: [finding],
  };
}
