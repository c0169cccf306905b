import { runScript } from '../../bootstrap/remote-script.js';
import { startEngineScript } from '../../bootstrap/swarm-state-scripts.js';
import { waitFor } from '../../lib/abort.js';
import { codeOf, type ErrorJson, messageOf, SwarmupError } from '../../lib/errors.js';
import { errorJson } from '../../lib/error-json.js';
import type { KeyCustody } from '../../machine/machine-record.js';
import { runPlan } from '../../plan/run-plan.js';
import type { PlanOutcome, Step, StepChange, StepContext } from '../../plan/step.js';
import { engineInfo, swarmNode } from '../../swarm/swarm-api.js';
import { turnOn } from './autolock.js';
import type { OperationContext } from '../context.js';
import { guardSwarm } from './guard-swarm.js';
import { diagnoseSwarm, findingOf, type HostFinding, type SwarmDiagnosis } from './diagnose-swarm.js';
import { lockHosts } from '../lock-hosts.js';
import { planRecovery, type RecoveryPlan } from './plan-recovery.js';
import { copyState, makeOnlyManager, type StateCopy, unlockManager, type UnlockKeySource } from './recover-survivor.js';
import { withoutNode } from './become-node.js';
import { forgetNodes, rejoinHost } from './rejoin-host.js';
import { awaitServices, type ServiceCount } from './service-counts.js';
import { hostEngine, type SwarmAccess } from './swarm-access.js';
import type { AskSealKey } from './unlock-keys.js';

export interface RecoverRequest {
  readonly swarm: string;
  readonly dryRun: boolean;
  /** Asks whether to go on, once, with what was found. */
  readonly approve: (found: RecoverResult) => Promise<boolean>;
  /** Called when the survivor turns out to be locked. */
  readonly unlockKey: UnlockKeySource;
  /** Who gets the new unlock key, where autolock had to be taken off; default: who kept the one before. */
  readonly custody: KeyCustody | undefined;
  readonly sealKey: AskSealKey;
}

export interface RecoveredHost {
  readonly name: string;
  readonly status: 'kept' | 'rejoined' | 'unchanged' | 'lost' | 'failed';
  readonly error?: ErrorJson;
}

export interface RecoverResult {
  readonly swarm: string;
  readonly dryRun: boolean;
  readonly status: 'healthy' | 'would-clean' | 'would-recover' | 'cleaned' | 'recovered';
  readonly reason: string;
  readonly diagnosis: readonly HostFinding[];
  /** What is done, in order; empty when there is nothing to do. */
  readonly plan: readonly string[];
  /** Commands that would bring the quorum back without a recovery. */
  readonly gentle: readonly string[];
  /** The manager that has the swarm. */
  readonly survivor: string;
  readonly copy: StateCopy | null;
  readonly hosts: readonly RecoveredHost[];
  readonly services: readonly ServiceCount[];
  /** All services have their tasks on Ready nodes. null: nothing was done. */
  readonly servicesRun: boolean | null;
  /** From the start, without the time that the question took. null: it did not come to that. */
  readonly timings: {
    readonly diagnosedMs: number;
    readonly copiedMs: number | null;
    readonly leaderMs: number | null;
    readonly servicesRunMs: number | null;
  } | null;
  readonly warnings: readonly string[];
}

const servicesMs = 5 * 60_000;
const contactMs = 40_000;

/**
 * Brings a swarm back that has lost its quorum: the manager with the newest state becomes the only one, with a copy of
 * its state taken first; managers that answer join it again, those that do not are forgotten, workers find it by
 * themselves or join again; then all services are waited for. A swarm with its quorum is left alone, but for hosts that
 * were lost in an earlier recovery and are back. May be stopped at any moment and run again.
 * Errors: SWARM_UNKNOWN (exit 2), NO_SURVIVOR (exit 6), CANCELLED, UNLOCK_KEY_WRONG, LOCKED, those of the engine.
 */
export async function recoverSwarm(context: OperationContext, request: RecoverRequest): Promise<RecoverResult> {
  const work = (): Promise<RecoverResult> => recoverLocked(context, request);
  return request.dryRun ? work() : lockHosts(context, [{ name: request.swarm, swarm: request.swarm }], 60_000, work);
}

async function recoverLocked(context: OperationContext, request: RecoverRequest): Promise<RecoverResult> {
  let began = performance.now();
  const seen = await diagnoseSwarm(context, request.swarm);
  const diagnosedMs = Math.round(performance.now() - began);
  const plan = planRecovery(request.swarm, seen);
  const found = foundResult(request, seen, plan);
  if (found.status === 'healthy' || request.dryRun) return found;
  const asked = performance.now();
  if (!(await request.approve(found))) throw new SwarmupError('CANCELLED', 'nothing was changed');
  began += performance.now() - asked;
  const run = new RecoveryRun(context, request, plan, began);
  const outcome = await runPlan(run.steps(), { signal: context.signal, report: context.report });
  context.signal.throwIfAborted();
  run.throwFatal(outcome);
  if (plan.rejoin.length > 0) await run.services({ signal: context.signal, detail: () => undefined });
  return { ...found, ...run.result(outcome), timings: { diagnosedMs, ...run.timings } };
}

function foundResult(request: RecoverRequest, { hosts }: SwarmDiagnosis, plan: RecoveryPlan): RecoverResult {
  const status = { healthy: 'healthy', clean: 'would-clean', recover: 'would-recover' } as const;
  return {
    swarm: request.swarm,
    dryRun: request.dryRun,
    status: status[plan.kind],
    reason: plan.reason,
    diagnosis: hosts.map(findingOf),
    plan: planText(plan),
    gentle: plan.gentle,
    survivor: plan.manager.name,
    copy: null,
    hosts: [],
    services: [],
    servicesRun: null,
    timings: null,
    warnings: [],
  };
}

function planText({ kind, manager, lost, rejoin, workers }: RecoveryPlan): readonly string[] {
  if (kind === 'healthy') return [];
  const line = (text: string, hosts: readonly HostFinding[]): readonly string[] =>
    hosts.map(({ name }) => `${name}: ${text}`);
  return [
    ...(kind === 'recover'
      ? [
          `${manager.name}: copy its swarm state to a file on the host`,
          `${manager.name}: make it the only manager (its own tasks may be restarted by that)`,
        ]
      : []),
    ...line('does not answer: forget its node; its tasks start elsewhere', lost),
    ...rejoin.map(({ name, role }) => `${name}: leave what it believes to be in, join again as ${role}`),
    ...line('wait for it; join again if it does not come by itself', workers),
    'wait until all services run',
  ];
}

/** One run: its steps, and what they found out. */
class RecoveryRun {
  readonly #fatal = new Set<string>();
  readonly #warnings: string[] = [];
  #copy: StateCopy | null = null;
  #access: SwarmAccess | undefined;
  #services: readonly ServiceCount[] = [];
  #servicesRun = false;
  readonly timings = {
    copiedMs: null as number | null,
    leaderMs: null as number | null,
    servicesRunMs: null as number | null,
  };

  constructor(
    private readonly context: OperationContext,
    private readonly request: RecoverRequest,
    private readonly plan: RecoveryPlan,
    private readonly began: number,
  ) {}

  steps(): readonly Step[] {
    const { manager, lost, rejoin, workers, kind } = this.plan;
    const { name } = manager;
    const first = `${name}/lead`;
    const core: Step[] = [];
    if (kind === 'recover') {
      core.push(
        step(`${name}/copy`, name, 'copy the swarm state', 3, [], (s) => this.copy(s)),
        step(`${name}/start`, name, 'have its engine running', 2, [`${name}/copy`], (s) => this.start(s)),
        step(first, name, 'become the only manager', 3, [`${name}/start`], (s) => this.lead(s)),
      );
    } else core.push(step(first, name, 'lead the swarm', 1, [], () => this.adopt()));
    for (const { id } of core) this.#fatal.add(id);
    const hosts = [...rejoin].sort((a, b) => Number(b.role === 'manager') - Number(a.role === 'manager'));
    return [
      ...core,
      step('swarm/forget', undefined, 'forget managers that are lost', 2, [first], (s) => this.forget(s)),
      ...hosts.map((host) => ({
        ...step(`${host.name}/rejoin`, host.name, `join again as ${host.role}`, 4, ['swarm/forget'], (s) =>
          rejoinHost(this.context, this.access(), host.name, s),
        ),
        ...(host.role === 'manager' && { exclusive: 'managers' }),
      })),
      ...workers.map((host) =>
        step(`${host.name}/rejoin`, host.name, 'be in contact', 4, [first], (s) => this.contact(host.name, s)),
      ),
      step(
        'swarm/services',
        undefined,
        `wait for all services${lost.length > 0 ? ' to move' : ''}`,
        10,
        ['swarm/forget'],
        (s) => this.services(s),
      ),
    ];
  }

  /** Throws the error of a step without which there is no recovery. */
  throwFatal(outcome: PlanOutcome): void {
    for (const id of this.#fatal) {
      const result = outcome.get(id);
      if (result?.status === 'failed') throw result.error;
    }
  }

  result(
    outcome: PlanOutcome,
  ): Pick<RecoverResult, 'status' | 'copy' | 'hosts' | 'services' | 'servicesRun' | 'warnings'> {
    const { manager, lost, rejoin, workers, kind } = this.plan;
    const hosts = [...rejoin, ...workers].map(({ name }): RecoveredHost => {
      const done = outcome.get(`${name}/rejoin`);
      if (done?.status === 'failed') return { name, status: 'failed', error: errorJson(done.error) };
      return { name, status: done?.status === 'changed' ? 'rejoined' : 'unchanged' };
    });
    return {
      status: kind === 'recover' ? 'recovered' : 'cleaned',
      copy: this.#copy,
      hosts: [
        { name: manager.name, status: 'kept' },
        ...hosts,
        ...lost.map(({ name }) => ({ name, status: 'lost' as const })),
      ],
      services: this.#services,
      servicesRun: this.#servicesRun,
      warnings: this.#warnings,
    };
  }

  private since(): number {
    return Math.round(performance.now() - this.began);
  }

  private access(): SwarmAccess {
    if (this.#access === undefined) throw new Error('a step ran before the swarm had a manager');
    return this.#access;
  }

  private async copy(step: StepContext): Promise<StepChange> {
    const stamp = this.context.now().toISOString().replaceAll(':', '').replace(/\.\d+/, '');
    this.#copy = await copyState(this.context, this.plan.manager.record, `before-recover-${stamp}`, step.signal);
    step.detail(this.#copy.path);
    this.timings.copiedMs = this.since();
    return 'changed';
  }

  private async start(step: StepContext): Promise<StepChange> {
    const { record, standing, name } = this.plan.manager;
    if (standing === 'locked') {
      await unlockManager(this.context, record, this.request.unlockKey, step);
      return 'changed';
    }
    if (standing !== 'no-engine') return 'unchanged';
    const runner = await this.context.connect(record, { signal: step.signal });
    await runScript(runner, startEngineScript, { signal: step.signal });
    const wait = { timeoutMs: 60_000, what: `the engine of ${name} to answer`, host: name, signal: step.signal };
    const { Swarm } = await waitFor(wait, (signal) => engineInfo(hostEngine(this.context, record), signal));
    if (Swarm.LocalNodeState === 'locked') await unlockManager(this.context, record, this.request.unlockKey, step);
    return 'changed';
  }

  private async lead(step: StepContext): Promise<StepChange> {
    const { manager, lost, rejoin } = this.plan;
    const { context } = this;
    // Before: from now on nobody takes them for managers of this swarm, whatever happens.
    for (const { name, role } of [...lost, ...rejoin])
      if (role === 'manager') await context.store.update(name, withoutNode);
    const made = await makeOnlyManager(context, manager.record, this.request.unlockKey, step);
    this.timings.leaderMs = this.since();
    await this.saveCluster(made.clusterId);
    await this.adopt(made.clusterId);
    if (made.lockWasTakenOff) await this.lockAgain(step);
    return 'changed';
  }

  /** The engine can only recover an unlocked manager. Managers that join from now on are locked, too. */
  private async lockAgain(step: StepContext): Promise<void> {
    const { swarm, custody, sealKey } = this.request;
    const keeper = custody ?? (await this.context.store.readSwarm(swarm))?.keyCustody;
    const again = `swarmup swarm autolock on --swarm ${swarm}`;
    if (keeper === undefined) {
      this.#warnings.push(`autolock is off now, and nobody is named to keep a new key: ${again}`);
      return;
    }
    step.detail('turn autolock on again');
    try {
      await this.awaitChanges(step);
      await turnOn({ ...this.context, signal: step.signal }, { swarm, custody: keeper, sealKey, dryRun: false });
    } catch (error) {
      step.signal.throwIfAborted();
      this.#warnings.push(`autolock is off now (${messageOf(error)}): ${again}`);
    }
  }

  /** For a moment the managers that it was made without are still counted. */
  private awaitChanges({ signal }: StepContext): Promise<unknown> {
    const wait = { timeoutMs: 60_000, what: 'the swarm to take changes', signal, intervalMs: 500 };
    return waitFor({ ...wait, fatal: (error) => codeOf(error) !== 'QUORUM_LOST' }, (waiting) =>
      guardSwarm(this.context, this.request.swarm, { type: 'write' }, { signal: waiting }),
    );
  }

  private async saveCluster(clusterId: string): Promise<void> {
    const known = await this.context.store.readSwarm(this.request.swarm);
    if (known !== undefined && known.clusterId !== clusterId)
      await this.context.store.writeSwarm({ ...known, clusterId });
  }

  private adopt(clusterId = ''): Promise<StepChange> {
    const { record } = this.plan.manager;
    this.#access = { manager: record, engine: hostEngine(this.context, record), clusterId };
    return Promise.resolve('unchanged');
  }

  private async forget(step: StepContext): Promise<StepChange> {
    const { lost } = this.plan;
    for (const { name } of lost) await this.context.store.update(name, withoutNode);
    const ids = lost.map(({ record }) => record.nodeId ?? record.formerNodeId ?? null);
    return (await forgetNodes(this.context, this.access(), ids, step.signal)) > 0 ? 'changed' : 'unchanged';
  }

  /** Workers know their managers' addresses, and come back by themselves when the survivor is among them. */
  private async contact(name: string, step: StepContext): Promise<StepChange> {
    const { nodeId } = await this.context.store.require(name);
    try {
      await waitFor(
        { timeoutMs: contactMs, what: `${name} to be Ready`, host: name, signal: step.signal },
        async (signal) =>
          (await swarmNode(this.access().engine, nodeId ?? '', signal)).Status.State === 'ready' ? true : undefined,
      );
      return 'unchanged';
    } catch (error) {
      if (!(error instanceof SwarmupError && error.code === 'TIMEOUT')) throw error;
      return rejoinHost(this.context, this.access(), name, step);
    }
  }

  async services(step: StepContext): Promise<StepChange> {
    const { services, backAtMs } = await awaitServices(this.access().engine, { timeoutMs: servicesMs, ...step });
    this.#services = services;
    this.#servicesRun = backAtMs !== undefined;
    if (backAtMs !== undefined) this.timings.servicesRunMs = Math.round(backAtMs - this.began);
    return 'unchanged';
  }
}

function step(
  id: string,
  host: string | undefined,
  title: string,
  minutes: number,
  needs: readonly string[],
  run: Step['run'],
): Step {
  return { id, title, needs, timeoutMs: minutes * 60_000, run, ...(host !== undefined && { host }) };
}
