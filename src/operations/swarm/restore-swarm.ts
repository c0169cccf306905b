import { readFile } from 'node:fs/promises';
import { waitFor } from '../../lib/abort.js';
import { errorJson } from '../../lib/error-json.js';
import { messageOf, SwarmupError, usageError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import { readSealHeader, type SealHeader, type SealKey, unseal } from '../../lib/sealed-file.js';
import type { MachineRecord, Role } from '../../machine/machine-record.js';
import { runPlan } from '../../plan/run-plan.js';
import type { Step } from '../../plan/step.js';
import { type Backup, backupKind, type BackupManifest, parseBackup } from '../../swarm/backup-file.js';
import { engineInfo, swarmNodes } from '../../swarm/swarm-api.js';
import { agentForManager } from '../agent/agent-for-manager.js';
import type { OperationContext } from '../context.js';
import { createHosts } from '../create/create-hosts.js';
import { diagnoseSwarm } from './diagnose-swarm.js';
import { lockHosts } from '../lock-hosts.js';
import type { RecoveredHost } from './recover-swarm.js';
import { asNode, withoutNode } from './become-node.js';
import { forgetNodes, rejoinHost } from './rejoin-host.js';
import { advertisedBy, type RestoredState, restoreState } from './restore-state.js';
import { awaitServices, type ServiceCount } from './service-counts.js';
import { hostEngine, type SwarmAccess, swarmMachines } from './swarm-access.js';

export interface RestoreRequest {
  readonly file: string;
  readonly key: (header: SealHeader) => Promise<SealKey>;
  /** undefined: the name it had. */
  readonly swarm: string | undefined;
  /** The first gets the state, the others join it; those that do not exist are made. Empty: the manager of the backup. */
  readonly on: readonly string[];
  /** Of hosts that are made. */
  readonly driver: string | undefined;
  readonly advertiseAddr: string | undefined;
  /** Also where a swarm lives that this replaces. */
  readonly force: boolean;
}

export interface RestoreResult {
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
  readonly elapsedMs: number;
}

const contactMs = 40_000;
const servicesMs = 3 * 60_000;

/** Reads a sealed backup. Errors: FILE_UNREADABLE (exit 2), those of `unseal` and `parseBackup`. */
export async function readBackup(file: string, key: RestoreRequest['key']): Promise<Backup> {
  const data = await readFile(file).catch((error: unknown) => {
    throw usageError('FILE_UNREADABLE', `cannot read ${file}: ${messageOf(error)}`);
  });
  const source = { path: file, kind: backupKind };
  return parseBackup(await unseal(data, source, await key(readSealHeader(data, source))), file);
}

/**
 * Brings a swarm back from a backup, onto the same hosts or others: the first gets the state and becomes the only
 * manager at its own address, the others join it. Everything is checked before anything is changed.
 * Errors: those of `readBackup`; SWARM_ALIVE, HOST_IN_SWARM, ENGINE_OLDER (exit 3) where nothing was changed.
 */
export async function restoreSwarm(context: OperationContext, request: RestoreRequest): Promise<RestoreResult> {
  const began = performance.now();
  const backup = await readBackup(request.file, request.key);
  const swarm = request.swarm ?? backup.manifest.swarm;
  const names = request.on.length > 0 ? [...new Set(request.on)] : [backup.manifest.node.name];
  await refuseLiving(context, swarm, names, request.force);
  await makeHosts(context, names, request.driver);
  return lockHosts(context, [{ name: swarm, swarm }], 60_000, async () => {
    await checkHosts(context, names, backup.manifest, request.force);
    const run = new RestoreRun(context, { ...request, swarm }, backup, names);
    return { ...(await run.run()), elapsedMs: Math.round(performance.now() - began) };
  });
}

async function refuseLiving(
  context: OperationContext,
  swarm: string,
  names: readonly string[],
  force: boolean,
): Promise<void> {
  for (const name of names) {
    const record = await context.store.read(name);
    if (record !== undefined && record.swarm !== null && record.swarm !== swarm)
      throw usageError('HOST_EXISTS', `${name} belongs to swarm ${record.swarm}`, 'choose another host with --on');
  }
  if (force || (await swarmMachines(context, swarm)).length === 0) return;
  const { authority } = await diagnoseSwarm(context, swarm);
  if (authority === undefined) return;
  throw new SwarmupError('SWARM_ALIVE', `swarm ${swarm} lives: ${authority.name} manages it`, {
    exitCode: exitCodes.preflight,
    hints: ['--swarm NAME restores it under another name, onto other hosts', '--force gives the living one up'],
  });
}

/** Hosts that are not there are made as plain ones: what makes a swarm of them is the backup. */
async function makeHosts(
  context: OperationContext,
  names: readonly string[],
  driver: string | undefined,
): Promise<void> {
  const known = await Promise.all(names.map((name) => context.store.read(name)));
  const missing = names.filter((_, i) => known[i] === undefined);
  if (missing.length === 0) return;
  const { hosts } = await createHosts(context, {
    names: missing,
    managers: undefined,
    swarm: null,
    driver,
    driverOptions: {},
    engineVersion: undefined,
    tls: true,
    tlsSans: [],
    advertiseAddr: undefined,
    addressPool: undefined,
    agent: undefined,
    rollback: false,
    dryRun: false,
  });
  const failed = hosts.find(({ status }) => status === 'failed');
  if (failed !== undefined)
    throw new SwarmupError('HOST_NOT_MADE', `${failed.name} could not be made: ${failed.error?.message ?? ''}`, {
      host: failed.name,
    });
}

async function checkHosts(
  context: OperationContext,
  names: readonly string[],
  manifest: BackupManifest,
  force: boolean,
): Promise<void> {
  for (const name of names) {
    const record = await context.store.require(name);
    const { ServerVersion: version, Swarm } = await engineInfo(hostEngine(context, record), context.signal);
    if (Swarm.LocalNodeState !== 'inactive' && !force)
      throw new SwarmupError('HOST_IN_SWARM', `the engine of ${name} is part of a swarm already`, {
        host: name,
        exitCode: exitCodes.preflight,
        hints: ['--force gives that up', 'choose another host with --on'],
      });
    if (name === names[0] && isOlder(version, manifest.engineVersion))
      throw new SwarmupError(
        'ENGINE_OLDER',
        `${name} has Docker Engine ${version}, older than ${manifest.engineVersion} of the backup`,
        {
          host: name,
          exitCode: exitCodes.preflight,
          hints: ['upgrade its engine first, or choose another host with --on'],
        },
      );
  }
}

/** By major and minor version: the state's format may change with those. */
function isOlder(version: string, than: string): boolean {
  const [a = [], b = []] = [version, than].map((text) => text.split('.').map(Number));
  return (a[0] ?? 0) - (b[0] ?? 0) < 0 || (a[0] === b[0] && (a[1] ?? 0) < (b[1] ?? 0));
}

/** One restore: its steps, and what they found out. */
class RestoreRun {
  #state: RestoredState | undefined;
  #services: readonly ServiceCount[] = [];
  #servicesRun = false;
  readonly #warnings: string[] = [];
  readonly #first: string;

  constructor(
    private readonly context: OperationContext,
    private readonly request: RestoreRequest & { readonly swarm: string },
    private readonly backup: Backup,
    private readonly names: readonly string[],
  ) {
    this.#first = names[0] ?? '';
  }

  async run(): Promise<Omit<RestoreResult, 'elapsedMs'>> {
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
      if (!(error instanceof SwarmupError && error.code === 'TIMEOUT')) throw error;
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
