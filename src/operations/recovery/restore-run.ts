import { waitFor } from '../../lib/abort.js';
import { errorJson } from '../../lib/error-json.js';
import { codeOf } from '../../lib/errors.js';
import type { MachineRecord, Role } from '../../machine/machine-record.js';
import { runPlan } from '../../plan/run-plan.js';
import type { Step } from '../../plan/step.js';
import type { Backup } from '../../swarm/backup-file.js';
import { swarmNodes } from '../../swarm/swarm-api.js';
import { agentForManager } from '../steps/agent-for-manager.js';
import type { OperationContext } from '../access/context.js';
import { asNode, withoutNode } from '../steps/become-node.js';
import type { RecoveredHost } from './recovery-run.js';
import { contactMs, forgetNodes, rejoinHost } from '../steps/rejoin-host.js';
import { advertisedBy, type RestoredState, restoreState } from './restore-state.js';
import { awaitServices, type ServiceCount } from '../steps/service-counts.js';
import { hostEngine, type SwarmAccess, swarmMachines } from '../access/swarm-access.js';

interface RestoreRunRequest {
  readonly swarm: string;
  /** Of the first host; undefined: what it has, or the one that its networks offer. */
  readonly advertiseAddr: string | undefined;
}

/** What a restore did. */
export interface RestoreRunResult {
  readonly swarm: string;
  /** When the backup was made, RFC 3339. */
  readonly createdAt: string;
  readonly manager: string;
  readonly address: string;
  readonly movedTo: string | null;
  readonly hosts: readonly RecoveredHost[];
  readonly services: readonly ServiceCount[];
  readonly servicesRun: boolean;
  readonly warnings: readonly string[];
}

const servicesMs = 3 * 60_000;

/** One restore: its steps, and what they found out. */
export class RestoreRun {
  #state: RestoredState | undefined;
  #services: readonly ServiceCount[] = [];
  #servicesRun = false;
  readonly #warnings: string[] = [];
  readonly #first: string;

  constructor(
    private readonly context: OperationContext,
    private readonly request: RestoreRunRequest,
    private readonly backup: Backup,
    private readonly names: readonly string[],
  ) {
    this.#first = names[0] ?? '';
  }

  async run(): Promise<RestoreRunResult> {
    const { context, names } = this;
    const others = names.slice(1);
    const outcome = await runPlan(this.steps(others), { signal: context.signal, report: context.report });
    context.signal.throwIfAborted();
    const core = outcome.get(`${this.#first}/restore`);
    if (core?.status === 'failed') throw core.error;
    const state = this.#state;
    if (state === undefined) throw new Error('nothing was restored');
    const hosts = others.map((name): RecoveredHost => {
      const done = outcome.get(`${name}/rejoin`);
      if (done?.status === 'failed') return { name, status: 'failed', error: errorJson(done.error) };
      return { name, status: 'rejoined' };
    });
    return {
      swarm: this.request.swarm,
      createdAt: this.backup.manifest.createdAt,
      manager: this.#first,
      address: state.address,
      movedTo: state.movedTo,
      hosts: [{ name: this.#first, status: 'kept' }, ...hosts],
      services: this.#services,
      servicesRun: this.#servicesRun,
      warnings: [
        ...(state.lockWasTakenOff ? ['autolock is off now; turn it on again, with a new key'] : []),
        ...this.#warnings,
      ],
    };
  }

  private steps(others: readonly string[]): readonly Step[] {
    const { context } = this;
    const core = `${this.#first}/restore`;
    const minute = 60_000;
    const first: Step = {
      id: core,
      host: this.#first,
      title: 'restore the swarm',
      needs: [],
      timeoutMs: 15 * minute,
      run: async (step) => {
        const record = await context.store.require(this.#first);
        const { advertiseAddr } = this.request;
        this.#state = await restoreState(context, record, this.backup, { ...step, advertiseAddr });
        await this.record(this.#state);
        return 'changed';
      },
    };
    return [
      first,
      this.agentStep(this.#first, core),
      ...others.filter((name) => this.roleOf(name) === 'manager').map((name) => this.agentStep(name, `${name}/rejoin`)),
      ...others.map((name): Step => ({
        id: `${name}/rejoin`,
        host: name,
        title: 'join it',
        needs: [core],
        timeoutMs: 4 * minute,
        ...(this.roleOf(name) === 'manager' && { exclusive: 'managers' }),
        run: async (step) => {
          const record = await context.store.require(name);
          const advertiseAddr = await advertisedBy(context, record, undefined, step.signal);
          const { swarm } = this.request;
          await context.store.update(name, (r) => ({ ...r, swarm, role: this.roleOf(name), advertiseAddr }));
          return rejoinHost(context, await this.access(), name, step);
        },
      })),
      this.lastStep(),
    ];
  }

  /** The host may be a new one. */
  private agentStep(name: string, after: string): Step {
    return {
      id: `${name}/agent`,
      host: name,
      title: 'install the agent',
      needs: [after],
      timeoutMs: 5 * 60_000,
      run: async (step) => {
        const { change, warning } = await agentForManager(this.context, await this.context.store.require(name), step);
        if (warning !== undefined) this.#warnings.push(warning);
        return change;
      },
    };
  }

  /** After the joins, whether they succeeded or not: so it needs only the core. */
  private lastStep(): Step {
    const { context } = this;
    return {
      id: 'swarm/services',
      title: 'forget what is gone, wait for all services',
      needs: [`${this.#first}/restore`],
      timeoutMs: 6 * 60_000,
      run: async (step) => {
        const { engine } = await this.access();
        await this.awaitOthers(step.signal);
        const gone = (await swarmNodes(engine, step.signal)).filter(({ Status }) => Status.State !== 'ready');
        const joined = await Promise.all(this.names.map((name) => context.store.require(name)));
        const ids = gone.map(({ ID }) => ID).filter((id) => !joined.some(({ nodeId }) => nodeId === id));
        await forgetNodes(context, await this.access(), ids, step.signal);
        const { services, backAtMs } = await awaitServices(engine, { timeoutMs: servicesMs, ...step });
        this.#services = services;
        this.#servicesRun = backAtMs !== undefined;
        return 'changed';
      },
    };
  }

  /** Workers that live find their manager by themselves when it is where it was. */
  private async awaitOthers(signal: AbortSignal): Promise<void> {
    const { context } = this;
    const workers = (await swarmMachines(context, this.request.swarm)).filter(
      ({ name, role, nodeId }) => role === 'worker' && nodeId !== null && !this.names.includes(name),
    );
    if (workers.length === 0) return;
    const { engine } = await this.access();
    const wait = { timeoutMs: contactMs, what: 'the workers to come back', signal };
    await waitFor(wait, async (waiting) => {
      const nodes = await swarmNodes(engine, waiting);
      const isReady = ({ nodeId }: MachineRecord): boolean =>
        nodes.some(({ ID, Status }) => ID === nodeId && Status.State === 'ready');
      return workers.every(isReady) ? true : undefined;
    }).catch((error: unknown) => {
      if (codeOf(error) !== 'TIMEOUT') throw error;
    });
  }

  private roleOf(name: string): Role {
    const known = this.backup.manifest.hosts.find((host) => host.name === name)?.role;
    return name === this.#first || known === 'manager' ? 'manager' : 'worker';
  }

  private async access(): Promise<SwarmAccess> {
    const manager = await this.context.store.require(this.#first);
    return { manager, engine: hostEngine(this.context, manager), clusterId: this.#state?.clusterId ?? '' };
  }

  private async record({ clusterId, nodeId, address }: RestoredState): Promise<void> {
    const { store } = this.context;
    const { swarm } = this.request;
    // Managers that are not part of it must not be taken for its managers when they come back.
    for (const machine of await swarmMachines(this.context, swarm))
      if (machine.role === 'manager' && machine.name !== this.#first) await store.update(machine.name, withoutNode);
    await store.update(this.#first, (record) => ({
      ...asNode(record, nodeId),
      swarm,
      role: 'manager',
      advertiseAddr: address,
    }));
    const known = await store.readSwarm(swarm);
    await store.writeSwarm({
      schemaVersion: 1,
      name: swarm,
      createdAt: this.context.now().toISOString(),
      ...known,
      clusterId,
    });
  }
}
