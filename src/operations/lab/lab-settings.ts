import { resolve } from 'node:path';
import { differences } from '../../lab/differences.js';
import type { Lab } from '../../lab/lab.js';
import type { KeyCustody } from '../../machine/machine-record.js';
import { readSwarmState, type SwarmState } from '../../swarm/swarm-settings.js';
import type { OperationContext } from '../access/context.js';
import { setAutolock } from '../members/autolock.js';
import { type SwarmSettings, settingsOf, updateSwarmSettings } from '../members/update-swarm.js';
import { sealKeyOf } from '../steps/unlock-keys.js';
import { requireTrust } from './trust-lab.js';
import type { WorkloadChange, WorkloadPlanner } from './workload-change.js';

const names = {
  taskHistory: 'task-history',
  heartbeatSeconds: 'heartbeat-seconds',
  certExpiryDays: 'cert-expiry-days',
  snapshotInterval: 'snapshot-interval',
} as const;
const keys = Object.keys(names) as readonly (keyof typeof names)[];

/**
 * The settings of the swarm, and whether it locks its managers. Settings that the manifest does not name stay as they
 * are.
 */
export async function planSettings({ context, lab, engine }: WorkloadPlanner): Promise<readonly WorkloadChange[]> {
  const settings = wantedSettings(lab);
  const named = keys.filter((key) => settings[key] !== undefined);
  const wantsLock = lab.swarm?.autolock === undefined ? undefined : lab.swarm.autolock !== false;
  if (named.length === 0 && wantsLock === undefined) return [];
  const state = engine && (await readSwarmState(engine, context.signal));
  const has = state && settingsOf(state.Spec);
  const different = differences(named.map((key) => [names[key], has?.[key], settings[key]]));
  const locks = wantsLock !== undefined && wantsLock !== isAutolocked(state);
  const details = [...different, ...(locks ? [`autolock ${wantsLock ? 'on' : 'off'}`] : [])];
  if (details.length === 0) return [];
  const act = async (own: OperationContext): Promise<void> => {
    if (different.length > 0) await updateSwarmSettings(own, { swarm: lab.name, settings, dryRun: false });
    if (!locks) return;
    const custody = custodyOf(lab);
    if (custody?.type === 'command') await requireTrust(own, lab);
    await setAutolock(own, {
      swarm: lab.name,
      on: wantsLock,
      custody,
      sealKey: (mode) => sealKeyOf(own, custody ?? { type: 'passphrase' }, mode),
      dryRun: false,
      locked: true,
    });
  };
  return [{ what: 'swarm', name: lab.name, action: engine === undefined ? 'create' : 'update', details, act }];
}

const isAutolocked = (state: SwarmState | undefined): boolean => state?.Spec.EncryptionConfig.AutoLockManagers ?? false;

const wantedSettings = ({ swarm = {} }: Lab): Readonly<Record<keyof SwarmSettings, number | undefined>> => ({
  taskHistory: swarm['task-history'],
  heartbeatSeconds: swarm['heartbeat-seconds'],
  certExpiryDays: swarm['cert-expiry-days'],
  snapshotInterval: swarm['snapshot-interval'],
});

function custodyOf({ swarm, folder }: Lab): KeyCustody | undefined {
  const autolock = swarm?.autolock;
  if (typeof autolock !== 'object') return undefined;
  const { 'key-file': keyFile, command } = autolock;
  if (keyFile !== undefined) return { type: 'key-file', keyFile: resolve(folder, keyFile) };
  return command === undefined ? { type: 'keyring' } : { type: 'command', command };
}
