import { readFacts } from '../../bootstrap/facts.js';
import { type Finding, sortFindings } from '../../doctor/finding.js';
import { checkHost } from '../../doctor/host-checkup.js';
import { type ExaminedHost, judgeHosts } from '../../doctor/judge-hosts.js';
import { judgeOverlay, judgePairs } from '../../doctor/judge-network.js';
import { judgeNetworks } from '../../doctor/judge-swarm.js';
import { type ProbeHost, probePairs } from '../../doctor/probe-network.js';
import { probeOverlay } from '../../doctor/probe-overlay.js';
import { messageOf, SwarmupError } from '../../lib/errors.js';
import { inSwarm, swarmup } from '../../lib/typed-command.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { Plan } from '../../plan/plan.js';
import type { Step, StepChange, StepContext } from '../../plan/step.js';
import type { Runner } from '../../ssh/runner.js';
import { chooseAdvertiseAddr } from '../../swarm/advertise-address.js';
import { beliefOf, isLocked, isManaging } from '../../swarm/membership.js';
import { isOverlay, listNetworks, subnetsOf } from '../../swarm/network-api.js';
import { engineInfo, inspectSwarm } from '../../swarm/swarm-api.js';
import { carryOut } from '../access/carry-out.js';
import type { OperationContext } from '../access/context.js';
import { fixFindings, type FixOutcome } from './doctor-fixes.js';
import { hostEngine, openSwarm, swarmMachines, type SwarmAccess, unknownSwarm } from '../access/swarm-access.js';

interface DoctorRequest {
  readonly swarm: string;
  /** Hosts to look at; none: all of the swarm. */
  readonly names: readonly string[];
  /** Do what can be done without a risk. */
  readonly fix: boolean;
  /** With `fix`: only say what would be done. */
  readonly dryRun: boolean;
}

export interface DoctorResult {
  readonly swarm: string;
  readonly hosts: readonly string[];
  /** Pairs of hosts between which ports were tried, one way each. */
  readonly pairsTried: number;
  /** Payload was sent through an overlay network. */
  readonly overlayTried: boolean;
  /** The worst first. */
  readonly findings: readonly Finding[];
  readonly fixes: readonly FixOutcome[];
  /** No finding is an error. */
  readonly healthy: boolean;
}

interface Patient extends ExaminedHost {
  readonly record: MachineRecord;
  readonly runner: Runner;
  readonly isManager: boolean;
}

/** One check-up, with the data that its steps pass to each other. */
interface Checkup {
  readonly context: OperationContext;
  readonly records: readonly MachineRecord[];
  readonly patients: Patient[];
  readonly findings: Finding[];
  pairsTried: number;
  overlayTried: boolean;
}

const minuteMs = 60_000;

/**
 * Checks hosts, and the network between them, for the needs of a swarm. Changes nothing without `fix`; a temporary
 * overlay network is made and removed. A host that cannot be inspected is a finding, not an error. Errors:
 * SWARM_UNKNOWN, HOST_UNKNOWN (exit 2); the abort reason.
 */
export async function doctor(context: OperationContext, request: DoctorRequest): Promise<DoctorResult> {
  const records = await chosenRecords(context, request);
  const checkup: Checkup = { context, records, patients: [], findings: [], pairsTried: 0, overlayTried: false };
  await carryOut(context, { plan: () => planCheckup(checkup) });
  const findings = sortFindings([...checkup.findings, ...judgeHosts(checkup.patients)]);
  const runners = new Map(checkup.patients.map(({ name, runner }) => [name, runner]));
  const fixes = request.fix ? await fixFindings(context, findings, runners, request.dryRun) : [];
  return {
    swarm: request.swarm,
    hosts: records.map(({ name }) => name),
    pairsTried: checkup.pairsTried,
    overlayTried: checkup.overlayTried,
    findings,
    fixes,
    healthy: !findings.some(({ severity }) => severity === 'error'),
  };
}

/** A check that failed is a finding. */
function planCheckup(checkup: Checkup): Plan<void> {
  const steps = checkupSteps(checkup);
  return {
    steps,
    result: (outcomes) => {
      checkup.context.signal.throwIfAborted();
      for (const step of steps) {
        const outcome = outcomes.get(step.id);
        if (outcome?.status === 'failed') checkup.findings.push(failed(step, outcome.error, checkup.findings));
      }
    },
  };
}

async function chosenRecords(
  context: OperationContext,
  { swarm, names }: DoctorRequest,
): Promise<readonly MachineRecord[]> {
  const members = await swarmMachines(context, swarm);
  if (names.length === 0) {
    if (members.length === 0) throw await unknownSwarm(context, swarm);
    return members;
  }
  return Promise.all([...new Set(names)].map((name) => context.store.require(name)));
}

/** All hosts are looked at at once; what is between those that could be looked at is tried then. */
function checkupSteps(checkup: Checkup): readonly Step[] {
  const looks = checkup.records.map((record): Step => ({
    id: `${record.name}/look`,
    host: record.name,
    title: 'inspect the host',
    needs: [],
    timeoutMs: minuteMs,
    run: (step) => look(checkup, record, step),
  }));
  const between = (id: string, title: string, needs: readonly string[], run: Step['run']): Step => ({
    id,
    title,
    needs,
    timeoutMs: 10 * minuteMs,
    run,
  });
  const seen = looks.map(({ id }) => id);
  return [
    ...looks,
    between('swarm/networks', 'compare networks', seen, (step) => compareNetworks(checkup, step)),
    between('swarm/ports', 'try ports between hosts', seen, (step) => tryPorts(checkup, step)),
    // Their findings tell which of the overlay's are news, and both count the same datagrams.
    between('swarm/overlay', 'send data through an overlay network', ['swarm/ports', 'swarm/networks'], (step) =>
      tryOverlay(checkup, step),
    ),
  ];
}

/** A host that cannot be looked at is a finding: the others are still tried. */
async function look(checkup: Checkup, record: MachineRecord, { signal, detail }: StepContext): Promise<StepChange> {
  const { context } = checkup;
  try {
    const runner = await context.connect(record, { signal });
    const [facts, host] = await Promise.all([readFacts(runner, { signal }), checkHost(runner, signal)]);
    const swarm = facts.engine?.running === true ? (await engineInfo(hostEngine(context, record), signal)).Swarm : null;
    checkup.patients.push({
      name: record.name,
      record,
      runner,
      facts,
      checkup: host,
      advertiseAddr: record.advertiseAddr,
      inSwarm: swarm !== null && beliefOf(swarm) === 'joined',
      isManager: swarm !== null && isManaging(swarm),
    });
    if (swarm !== null && isLocked(swarm)) checkup.findings.push(lockedFinding(record));
  } catch (error) {
    signal.throwIfAborted();
    detail(messageOf(error));
    checkup.findings.push(unseen(record.name, error));
  }
  return 'unchanged';
}

async function compareNetworks(checkup: Checkup, { signal }: StepContext): Promise<StepChange> {
  const access = await findManager(checkup, signal);
  if (access === undefined) return 'unchanged';
  const [{ DefaultAddrPool: pools }, networks] = await Promise.all([
    inspectSwarm(access.engine, signal),
    listNetworks(access.engine, signal),
  ]);
  const overlays = subnetsOf(networks.filter(isOverlay));
  checkup.findings.push(...judgeNetworks({ addressPools: pools ?? [], overlays }, checkup.patients));
  return 'unchanged';
}

async function tryPorts(checkup: Checkup, { signal }: StepContext): Promise<StepChange> {
  const hosts = checkup.patients.map(probeHost);
  const pairs = await probePairs(hosts, signal);
  checkup.pairsTried = pairs.length;
  checkup.findings.push(...judgePairs(pairs, hosts));
  return 'unchanged';
}

function probeHost({ name, runner, facts, advertiseAddr, inSwarm, isManager }: Patient): ProbeHost {
  return {
    name,
    runner,
    address: advertiseAddr ?? chooseAdvertiseAddr(name, facts, []),
    listens: inSwarm ? (isManager ? [2377, 7946] : [7946]) : [],
  };
}

async function tryOverlay(checkup: Checkup, { signal, detail }: StepContext): Promise<StepChange> {
  const nodes = checkup.patients.filter(({ inSwarm, checkup: { canPing } }) => inSwarm && canPing);
  const access = await findManager(checkup, signal);
  if (access === undefined || nodes.length < 2) {
    detail('the test needs two nodes of a swarm');
    return 'unchanged';
  }
  const hosts = nodes.map(({ name, record, runner }) => ({
    name,
    runner,
    engine: hostEngine(checkup.context, record),
  }));
  const result = await probeOverlay(access.engine, hosts, signal);
  checkup.overlayTried = true;
  checkup.findings.push(...judgeOverlay(result, checkup.findings));
  return 'unchanged';
}

/** A manager to ask; undefined for plain hosts, and when none answers, which is a finding of its own. */
async function findManager(checkup: Checkup, signal: AbortSignal): Promise<SwarmAccess | undefined> {
  const swarm = checkup.records.find((record) => record.swarm !== null)?.swarm ?? null;
  if (swarm === null) return undefined;
  try {
    return await openSwarm(checkup.context, swarm, { signal });
  } catch (error) {
    signal.throwIfAborted();
    const isNews = !checkup.findings.some(({ check }) => check === 'manager');
    if (isNews) checkup.findings.push(managerless(swarm, error));
    return undefined;
  }
}

const hintOf = (error: unknown, otherwise: string): string =>
  (error instanceof SwarmupError ? error.hints[0] : undefined) ?? otherwise;

const finding = (
  check: string,
  hosts: readonly string[],
  rest: Pick<Finding, 'message' | 'cause' | 'fix'>,
): Finding => ({
  check,
  severity: 'error',
  hosts,
  ...rest,
});

const unseen = (host: string, error: unknown): Finding =>
  finding('ssh', [host], {
    message: messageOf(error),
    cause: 'the host is stopped or does not allow a login, so no other checks were run',
    fix: hintOf(error, `${swarmup`ls`} shows its state; ${swarmup`start ${host}`}`),
  });

const lockedFinding = ({ name, swarm }: MachineRecord): Finding =>
  finding('locked', [name], {
    message: 'the swarm node of the host is locked',
    cause: 'the swarm has autolock on, and this manager was restarted',
    fix: swarmup`swarm unlock ${inSwarm(swarm)} ${name}`,
  });

const managerless = (swarm: string, error: unknown): Finding =>
  finding('manager', [], {
    message: messageOf(error),
    cause: 'nothing in the swarm can be changed until a manager answers',
    fix: hintOf(error, `${swarmup`ls`} shows the hosts of ${swarm}`),
  });

/** A check that broke off has found nothing, which is not the same as nothing wrong; after errors it is one of their consequences. */
const failed = (step: Step, error: unknown, others: readonly Finding[]): Finding => ({
  check: 'check-failed',
  severity: others.some(({ severity }) => severity === 'error') ? 'info' : 'error',
  hosts: step.host === undefined ? [] : [step.host],
  message: `could not ${step.title}: ${messageOf(error)}`,
  cause: 'the check stopped before its end',
  fix: hintOf(error, `fix the other problems, then run ${swarmup`doctor`} again`),
});
