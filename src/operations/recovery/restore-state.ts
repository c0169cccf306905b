import { letInScript, placeStateScript } from '../../bootstrap/restore-scripts.js';
import { runScript } from '../../bootstrap/remote-script.js';
import { defaultDataRoot } from '../../bootstrap/swarm-state-scripts.js';
import { waitFor } from '../../lib/abort.js';
import type { EngineClient } from '../../lib/engine-client.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { StepContext } from '../../plan/step.js';
import type { Backup } from '../../swarm/backup-file.js';
import { isLocked } from '../../swarm/membership.js';
import { engineInfo, type NodeAddresses, swarmNodes } from '../../swarm/swarm-api.js';
import type { OperationContext } from '../access/context.js';
import { ownAdvertiseAddr } from '../steps/own-address.js';
import { makeOnlyManager, unlockManager } from '../steps/recover-survivor.js';
import { serviceCounts } from '../steps/service-counts.js';
import { hostEngine } from '../access/swarm-access.js';

/** What a restored swarm knows, before anything in it was changed. */
interface RestoredContent {
  readonly nodes: number;
  readonly services: number;
  readonly secrets: number;
  readonly configs: number;
}

export interface RestoredState {
  readonly clusterId: string;
  readonly nodeId: string;
  readonly address: string;
  /** The path to which an existing state was moved; null: there was no state. */
  readonly movedTo: string | null;
  readonly lockWasTakenOff: boolean;
  readonly content: RestoredContent;
}

/**
 * Makes a host the only manager of the swarm of a backup, at its own address. The engine is stopped, gets the state, and
 * starts cut off from all other nodes, until it is the only manager.
 */
export async function restoreState(
  context: OperationContext,
  record: MachineRecord,
  { manifest, parts }: Backup,
  step: StepContext & { readonly advertiseAddr?: string | undefined },
): Promise<RestoredState> {
  const { signal } = step;
  const runner = await context.connect(record, { signal });
  const engine = hostEngine(context, record);
  const address = await ownAdvertiseAddr(context, record, { signal, wanted: step.advertiseAddr });
  const dataRoot = (await engineInfo(engine, signal)).DockerRootDir ?? defaultDataRoot;
  const addresses: NodeAddresses = {
    ListenAddr: '0.0.0.0:2377',
    AdvertiseAddr: `${address}:2377`,
    DataPathPort: manifest.dataPathPort,
    DefaultAddressPool: manifest.addressPools,
    SubnetSize: manifest.subnetSize,
  };
  const archive = `/root/.swarmup-restore-${crypto.randomUUID()}`;
  step.detail('copy the state to the host');
  await runner.upload([{ path: archive, data: parts.get('state.tar.gz') ?? new Uint8Array(), mode: 0o600 }], {
    signal,
    timeoutMs: 10 * 60_000,
  });
  const script = placeStateScript({
    dataRoot,
    archive,
    dockerState: JSON.stringify({
      ...addresses,
      LocalAddr: address,
      RemoteAddr: '',
      DataPathAddr: '',
      JoinInProgress: false,
    }),
    stamp: context
      .now()
      .toISOString()
      .replace(/[^\dTZ]/g, ''),
  });
  const { stdout } = await runScript(runner, script, { signal, timeoutMs: 3 * 60_000 });
  try {
    const key = (): Promise<string> => Promise.resolve(Buffer.from(parts.get('unlock-key') ?? []).toString());
    const wait = { timeoutMs: 60_000, what: `the engine of ${record.name} to answer`, host: record.name, signal };
    const { Swarm } = await waitFor(wait, (waiting) => engineInfo(engine, waiting));
    if (isLocked(Swarm)) await unlockManager(context, record, key, step);
    step.detail('become the only manager');
    const made = await makeOnlyManager(context, record, key, step, { addresses });
    const content = await contentOf(engine, signal);
    return { ...made, address, content, movedTo: /^before=(.*)$/m.exec(stdout)?.[1] ?? null };
  } finally {
    // Not with the caller's signal: it may be what brought us here.
    await runScript(runner, letInScript, { timeoutMs: 30_000 });
  }
}

async function contentOf(engine: EngineClient, signal: AbortSignal): Promise<RestoredContent> {
  const count = async (path: string): Promise<number> =>
    ((await engine.request<readonly unknown[] | null>('GET', path, { signal })) ?? []).length;
  const [nodes, services, secrets, configs] = await Promise.all([
    swarmNodes(engine, signal),
    serviceCounts(engine, signal),
    count('/secrets'),
    count('/configs'),
  ]);
  return { nodes: nodes.length, services: services.length, secrets, configs };
}
