import { access } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { withDeadline } from '../../lib/abort.js';
import type { EngineClient } from '../../lib/engine-client.js';
import { SwarmupError, usageError } from '../../lib/errors.js';
import { seal, type SealKey } from '../../lib/sealed-file.js';
import { writeFileAtomic } from '../../machine/atomic-file.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { Plan } from '../../plan/plan.js';
import { singleStep } from '../../plan/single-step.js';
import { sh } from '../../lib/quote.js';
import { backupKind, type BackupManifest, packBackup } from '../../swarm/backup-file.js';
import { isReached, isReady } from '../../swarm/membership.js';
import { engineInfo, inspectSwarm, type SwarmNode, swarmNodes, unlockKeyOf } from '../../swarm/swarm-api.js';
import { checkStateCopy } from './check-state-copy.js';
import { carryOut } from '../access/carry-out.js';
import type { OperationContext } from '../access/context.js';
import { rehearseBackup, type RehearseResult, type ScratchSource } from './rehearse-backup.js';
import { copyState } from '../steps/recover-survivor.js';
import { readBackup } from './restore-swarm.js';
import { serviceCounts } from '../steps/service-counts.js';
import { underSignal } from '../access/under-signal.js';
import { nodeRow, openSwarm, type SwarmAccess, swarmMachines } from '../access/swarm-access.js';

interface BackupRequest {
  readonly swarm: string;
  readonly file: string;
  /** Replace a file that is there. */
  readonly force: boolean;
  readonly swarmupVersion: string;
  /** Asked when everything that can fail early has not. */
  readonly key: () => Promise<SealKey>;
  /** Where the backup is rehearsed; absent: it is not. */
  readonly scratch?: ScratchSource;
}

export interface BackupResult {
  readonly swarm: string;
  readonly file: string;
  readonly bytes: number;
  /** The manager whose state was copied. */
  readonly manager: string;
  readonly manifest: BackupSummary;
  readonly elapsedMs: number;
  readonly rehearsal?: RehearseResult;
}

/** The parts of a manifest that are shown. */
type BackupSummary = Omit<BackupManifest, 'parts' | 'version'>;

const copyTries = 5;
/** Of all tries; a try has 10 min. */
const backupTimeoutMs = 60 * 60_000;

/**
 * Writes a sealed file with everything that a swarm knows: the state of one of its managers, copied while its engine
 * runs (nothing stops), checked to its last record, with the unlock key where there is one.
 * Errors: FILE_EXISTS (exit 2), NO_MANAGER (exit 6), STATE_COPY_BROKEN, those of the key and of the file.
 */
export async function backupSwarm(context: OperationContext, request: BackupRequest): Promise<BackupResult> {
  const began = performance.now();
  if (!request.force && (await exists(request.file)))
    throw usageError('FILE_EXISTS', `${request.file} exists already`, '--force replaces the file');
  let asked: Promise<SealKey> | undefined;
  const key = (): Promise<SealKey> => (asked ??= request.key());
  const made = await carryOut(context, { plan: () => planBackup(context, request, key) });
  const result = { ...made, elapsedMs: Math.round(performance.now() - began) };
  if (request.scratch === undefined) return result;
  // From the file, like a user who has nothing else left.
  const backup = await readBackup(request.file, key);
  return { ...result, rehearsal: await rehearseBackup(context, backup, request.scratch) };
}

async function planBackup(
  context: OperationContext,
  request: BackupRequest,
  key: () => Promise<SealKey>,
): Promise<Plan<Omit<BackupResult, 'elapsedMs'>>> {
  const swarm = await openSwarm(context, request.swarm);
  const machines = await swarmMachines(context, request.swarm);
  const nodes = await swarmNodes(swarm.engine, context.signal);
  const manager = chooseManager(swarm, machines, nodes);
  return singleStep({
    id: 'swarm/backup',
    title: `copy the state of ${manager.name}`,
    timeoutMs: backupTimeoutMs,
    approve: async () => {
      await key();
    },
    act: async ({ signal }) => {
      const own = underSignal(context, signal);
      const { archive, unlockKey, raft } = await consistentCopy(own, swarm, manager);
      const manifest = { ...(await describe(own, request, swarm, manager, nodes)), raft };
      const parts = new Map<string, Uint8Array>([['state.tar.gz', archive]]);
      if (unlockKey !== undefined) parts.set('unlock-key', Buffer.from(unlockKey));
      const file = await seal(packBackup(manifest, parts), { kind: backupKind, key: await key() });
      await writeFileAtomic(request.file, file);
      return { swarm: request.swarm, file: request.file, bytes: file.length, manager: manager.name, manifest };
    },
  });
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** One that does not lead: the copy takes some of its disk's time. */
function chooseManager(
  access: SwarmAccess,
  machines: readonly MachineRecord[],
  nodes: readonly SwarmNode[],
): MachineRecord {
  const followers = nodes.filter((node) => isReady(node) && isReached(node) && node.ManagerStatus?.Leader !== true);
  return machines.find(({ nodeId }) => followers.some(({ ID }) => ID === nodeId)) ?? access.manager;
}

interface CheckedCopy {
  readonly archive: Buffer;
  readonly unlockKey: string | undefined;
  readonly raft: BackupManifest['raft'];
}

/** Copies until the copy is good: the key may be rotated, or a snapshot be taken, while it is made. */
async function consistentCopy(
  context: OperationContext,
  access: SwarmAccess,
  manager: MachineRecord,
): Promise<CheckedCopy> {
  for (let attempt = 1; ; attempt += 1) {
    const archive = await fetchCopy(context, manager);
    const unlockKey = await unlockKeyOf(access.engine, context.signal);
    try {
      return { archive, unlockKey, raft: await checkStateCopy(archive, unlockKey) };
    } catch (error) {
      if (attempt === copyTries) throw error;
      context.report({
        type: 'info',
        host: manager.name,
        message: 'the state changed during the copy: copying it again',
      });
    }
  }
}

/** Copies on the host, brings it here, and leaves nothing there. */
async function fetchCopy(context: OperationContext, manager: MachineRecord): Promise<Buffer> {
  const { signal } = context;
  const copy = await copyState(context, manager, `backup-${crypto.randomUUID()}`, signal);
  const runner = await context.connect(manager, { signal });
  try {
    const what = `the state of ${manager.name} to be fetched`;
    return await withDeadline({ timeoutMs: 10 * 60_000, what, host: manager.name, signal }, async (fetching) => {
      const { stream, finished, stderr } = await runner.shell({ command: sh`exec cat ${copy.path}`, signal: fetching });
      stderr.resume();
      stream.end();
      const data = await buffer(stream);
      await finished;
      if (data.length !== copy.bytes)
        throw new SwarmupError('STATE_COPY_BROKEN', `the copy from ${manager.name} is not complete`, {
          host: manager.name,
          retryable: true,
        });
      return data;
    });
  } finally {
    await runner.exec(sh`rm -f ${copy.path}`, { timeoutMs: 10_000, check: false }).catch(() => undefined);
  }
}

async function describe(
  context: OperationContext,
  request: BackupRequest,
  { engine, clusterId }: SwarmAccess,
  manager: MachineRecord,
  nodes: readonly SwarmNode[],
): Promise<Omit<BackupSummary, 'raft'>> {
  const { signal } = context;
  const machines = await swarmMachines(context, request.swarm);
  const inspection = await inspectSwarm(engine, signal);
  const count = async (path: string): Promise<number> => (await countable(engine, path, signal)).length;
  return {
    createdAt: context.now().toISOString(),
    swarmupVersion: request.swarmupVersion,
    engineVersion: (await engineInfo(engine, signal)).ServerVersion,
    swarm: request.swarm,
    clusterId,
    node: { name: manager.name, id: manager.nodeId ?? '', address: manager.advertiseAddr ?? '' },
    autolock: inspection.Spec?.EncryptionConfig?.AutoLockManagers === true,
    addressPools: [...(inspection.DefaultAddrPool ?? [])],
    subnetSize: inspection.SubnetSize ?? 24,
    dataPathPort: inspection.DataPathPort ?? 4789,
    nodes: nodes.map((node) => {
      const { id, name, role, address } = nodeRow(node, machines);
      return { id, name, role, address };
    }),
    services: [...(await serviceCounts(engine, signal))],
    counts: {
      secrets: await count('/secrets'),
      configs: await count('/configs'),
      networks: await overlays(engine, signal),
    },
    hosts: machines.map(({ name, role, driver }) => ({ name, role, driver })),
  };
}

const countable = async (engine: EngineClient, path: string, signal: AbortSignal): Promise<readonly unknown[]> =>
  (await engine.request<readonly unknown[] | null>('GET', path, { signal })) ?? [];

async function overlays(engine: EngineClient, signal: AbortSignal): Promise<number> {
  const networks = await countable(engine, '/networks', signal);
  return (networks as readonly { readonly Scope?: string }[]).filter(({ Scope }) => Scope === 'swarm').length;
}
