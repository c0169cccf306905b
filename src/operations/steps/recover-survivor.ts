import { runScript } from '../../bootstrap/remote-script.js';
import {
  copyStateScript,
  defaultDataRoot,
  nodeAddressesScript,
  readNodeKeyScript,
  startAsNoNodeScript,
} from '../../bootstrap/swarm-state-scripts.js';
import { waitFor } from '../../lib/abort.js';
import { messageOf, SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { StepContext } from '../../plan/step.js';
import { isLocked } from '../../swarm/membership.js';
import { checkUnlockKey, isLockedNodeKey, withoutLock } from '../../swarm/node-key.js';
import {
  engineInfo,
  forceNewCluster,
  inspectSwarm,
  type NodeAddresses,
  swarmNode,
  unlockSwarm,
} from '../../swarm/swarm-api.js';
import type { OperationContext } from '../access/context.js';
import { hostEngine } from '../access/swarm-access.js';

/** A copy of a manager's state, on its own host. */
export interface StateCopy {
  readonly host: string;
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Gets the unlock key of the swarm, or undefined if there is none. */
export type UnlockKeySource = (host: string) => Promise<string>;

const dataRootOf = async (context: OperationContext, record: MachineRecord, signal: AbortSignal): Promise<string> =>
  engineInfo(hostEngine(context, record), signal).then(
    (info) => info.DockerRootDir ?? defaultDataRoot,
    () => defaultDataRoot,
  );

/** The name of a copy that is kept: why, and when. */
export const copyName = (why: string, now: Date): string =>
  `${why}-${now.toISOString().replaceAll(':', '').replace(/\.\d+/, '')}`;

/** Copies the state of a manager on its host, readable for root only. `name` is that of the archive. */
export async function copyState(
  context: OperationContext,
  record: MachineRecord,
  name: string,
  signal: AbortSignal,
): Promise<StateCopy> {
  const runner = await context.connect(record, { signal });
  const script = copyStateScript(await dataRootOf(context, record, signal), name);
  const { stdout } = await runScript(runner, script, { signal, timeoutMs: 120_000 });
  const value = (key: string): string => new RegExp(`^${key}=(.*)$`, 'm').exec(stdout)?.[1] ?? '';
  return { host: record.name, path: value('path'), bytes: Number(value('bytes')), sha256: value('sha256') };
}

/** Unlocks a manager that was restarted. Errors: UNLOCK_KEY_WRONG. */
export async function unlockManager(
  context: OperationContext,
  record: MachineRecord,
  key: UnlockKeySource,
  step: StepContext,
): Promise<void> {
  const engine = hostEngine(context, record);
  try {
    await unlockSwarm(engine, checkUnlockKey(await key(record.name)), step.signal);
  } catch (error) {
    if (!messageOf(error).includes('invalid key')) throw error;
    throw wrongKey(record.name, error);
  }
  await waitFor(
    { timeoutMs: 30_000, what: `${record.name} to be unlocked`, host: record.name, signal: step.signal },
    async (signal) => (isLocked((await engineInfo(engine, signal)).Swarm) ? undefined : true),
  );
}

/**
 * Makes a manager the only manager of its swarm, with its complete state, addresses and pools. The engine cannot do
 * that with a locked key file (moby/moby#36852): it stops the node and gives up. In that case, the lock is removed from
 * the file, which needs the unlock key, and the engine is asked again. `addresses` replaces all that the node knows of
 * its addresses, `address` only what it advertises.
 */
export async function makeOnlyManager(
  context: OperationContext,
  record: MachineRecord,
  key: UnlockKeySource,
  step: StepContext,
  { addresses, address }: { readonly addresses?: NodeAddresses; readonly address?: string } = {},
): Promise<{ readonly clusterId: string; readonly nodeId: string; readonly lockWasTakenOff: boolean }> {
  const engine = hostEngine(context, record);
  const runner = await context.connect(record, { signal: step.signal });
  const dataRoot = await dataRootOf(context, record, step.signal);
  const known = addresses ?? {
    ...(await readAddresses(context, record, dataRoot, step.signal)),
    ...(address !== undefined && { AdvertiseAddr: `${address}:2377`, DataPathAddr: '' }),
  };
  const force = (): Promise<boolean> => forceUnlocked(context, record, { addresses: known, dataRoot, key }, step);
  const lockWasTakenOff = await force().catch(async (error: unknown) => {
    // An engine whose certificate has expired does not act as a manager; outside the swarm it may start with an expired
    // one.
    if (!messageOf(error).includes('not a swarm manager')) throw error;
    step.detail('start the engine outside the swarm');
    await runScript(runner, startAsNoNodeScript(dataRoot), { signal: step.signal, timeoutMs: 120_000 });
    const wait = { timeoutMs: 60_000, what: `the engine of ${record.name} to answer`, host: record.name };
    await waitFor({ ...wait, signal: step.signal }, (signal) => engineInfo(engine, signal));
    return force();
  });
  const nodeId = (await engineInfo(engine, step.signal)).Swarm.NodeID;
  const { ID: clusterId } = await waitFor(
    { timeoutMs: 30_000, what: `${record.name} to lead`, host: record.name, signal: step.signal },
    (signal) => inspectSwarm(engine, signal),
  );
  // It leads also without what says that it is a manager, where it had not got that from the others yet.
  const own = { timeoutMs: 30_000, what: `the cluster to know ${record.name} as its manager`, host: record.name };
  await waitFor({ ...own, signal: step.signal }, async (signal) =>
    (await swarmNode(engine, nodeId, signal)).ManagerStatus?.Leader === true ? true : undefined,
  );
  return { clusterId, nodeId, lockWasTakenOff };
}

interface Forcing {
  readonly addresses: NodeAddresses;
  readonly dataRoot: string;
  readonly key: UnlockKeySource;
}

/** True: the lock had to be taken off its key file for it. */
async function forceUnlocked(
  context: OperationContext,
  record: MachineRecord,
  { addresses, dataRoot, key }: Forcing,
  step: StepContext,
): Promise<boolean> {
  const engine = hostEngine(context, record);
  const runner = await context.connect(record, { signal: step.signal });
  try {
    await forceNewCluster(engine, addresses, step.signal);
    return false;
  } catch (error) {
    if (!messageOf(error).includes('needs to be unlocked')) throw error;
    step.detail('remove the lock from the key file');
    const keyFile = `${dataRoot}/swarm/certificates/swarm-node.key`;
    const { stdout: pem } = await runScript(runner, readNodeKeyScript(dataRoot), { signal: step.signal });
    if (!isLockedNodeKey(pem)) throw error;
    await runner.upload([{ path: keyFile, data: await openKey(record, pem, key), mode: 0o600 }], {
      signal: step.signal,
    });
    try {
      await forceNewCluster(engine, addresses, step.signal);
    } catch (failure) {
      await runner.upload([{ path: keyFile, data: pem, mode: 0o600 }], { timeoutMs: 10_000 });
      throw failure;
    }
    return true;
  }
}

async function openKey(record: MachineRecord, pem: string, key: UnlockKeySource): Promise<string> {
  try {
    return await withoutLock(pem, await key(record.name));
  } catch (error) {
    throw error instanceof SwarmupError && error.code === 'UNLOCK_KEY_WRONG' ? wrongKey(record.name, error) : error;
  }
}

async function readAddresses(
  context: OperationContext,
  record: MachineRecord,
  dataRoot: string,
  signal: AbortSignal,
): Promise<NodeAddresses> {
  const runner = await context.connect(record, { signal });
  const { stdout } = await runScript(runner, nodeAddressesScript(dataRoot), { signal });
  const state = JSON.parse(stdout) as NodeAddresses;
  return {
    ...state,
    ListenAddr: state.ListenAddr || '0.0.0.0:2377',
    AdvertiseAddr: state.AdvertiseAddr || (record.advertiseAddr ?? ''),
  };
}

const wrongKey = (host: string, cause: unknown): SwarmupError =>
  new SwarmupError('UNLOCK_KEY_WRONG', `the unlock key does not open ${host}`, {
    host,
    exitCode: exitCodes.preflight,
    hints: ['after a rotation, a manager may still need the previous key'],
    cause,
  });
