import { runScript } from '../../bootstrap/remote-script.js';
import { startEngineScript } from '../../bootstrap/swarm-state-scripts.js';
import { waitFor } from '../../lib/abort.js';
import { errorJson } from '../../lib/error-json.js';
import type { ErrorJson } from '../../lib/errors.js';
import type { PlanOutcome, Step, StepChange, StepContext } from '../../plan/step.js';
import { engineInfo } from '../../swarm/swarm-api.js';
import type { OperationContext } from '../access/context.js';
import { withoutNode } from '../steps/become-node.js';
import { lockAgain, type LockAgainRequest } from '../members/lock-again.js';
import type { RecoveryPlan } from './plan-recovery.js';
import {
  copyName,
  copyState,
  makeOnlyManager,
  type StateCopy,
  unlockManager,
  type UnlockKeySource,
} from '../steps/recover-survivor.js';
import { awaitContact, forgetNodes, rejoinHost } from '../steps/rejoin-host.js';
import { awaitServices, type ServiceCount } from '../steps/service-counts.js';
import { hostEngine, type SwarmAccess } from '../access/swarm-access.js';

export interface RecoveryRequest extends LockAgainRequest {
  /** Called when the survivor turns out to be locked. */
  readonly unlockKey: UnlockKeySource;
}

export interface RecoveredHost {
  readonly name: string;
  readonly status: 'kept' | 'rejoined' | 'unchanged' | 'lost' | 'failed';
  readonly error?: ErrorJson;
}

/** What a recovery did. */
export interface RecoveryResult {
  readonly copy: StateCopy | null;
  readonly hosts: readonly RecoveredHost[];
  readonly services: readonly ServiceCount[];
  /** All services have their tasks on Ready nodes. */
  readonly servicesRun: boolean;
  readonly warnings: readonly string[];
}

const servicesMs = 5 * 60_000;

/** One recovery: its steps, and what they found out. */
export class RecoveryRun {
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
    private readonly request: RecoveryRequest,
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
        step(`${host.name}/rejoin`, host.name, 'be in contact', 4, [first], (s) =>
          awaitContact(this.context, this.access(), host.name, s),
        ),
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

  result(outcome: PlanOutcome): RecoveryResult {
    const { manager, lost, rejoin, workers } = this.plan;
    const hosts = [...rejoin, ...workers].map(({ name }): RecoveredHost => {
      const done = outcome.get(`${name}/rejoin`);
      if (done?.status === 'failed') return { name, status: 'failed', error: errorJson(done.error) };
      return { name, status: done?.status === 'changed' ? 'rejoined' : 'unchanged' };
    });
    return {
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
    const name = copyName('before-recover', this.context.now());
    this.#copy = await copyState(this.context, this.plan.manager.record, name, step.signal);
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
    const warning = made.lockWasTakenOff ? await lockAgain(context, this.request, step) : undefined;
    if (warning !== undefined) this.#warnings.push(warning);
    return 'changed';
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
