import { resolve } from 'node:path';
import type { Lab } from '../../lab/lab.js';
import type { KeyCustody } from '../../machine/machine-record.js';
import { readSwarmState, type SwarmState } from '../../swarm/swarm-settings.js';
import { setAutolock } from '../members/autolock.js';
import { type SwarmSettings, settingsOf, updateSwarmSettings } from '../members/update-swarm.js';
import { sealKeyOf } from '../steps/unlock-keys.js';
import type { WorkloadChange, WorkloadPlanner } from './workload-change.js';

const names: Readonly<
  Record<keyof SwarmSettings, 'task-history' | 'heartbeat-seconds' | 'cert-expiry-days' | 'snapshot-interval'>
> = {
  taskHistory: 'task-history',
  heartbeatSeconds: 'heartbeat-seconds',
  certExpiryDays: 'cert-expiry-days',
  snapshotInterval: 'snapshot-interval',
};

/** The swarm's settings, and whether it locks its managers. What the manifest does not name stays as it is. */
export async function planSettings({ context, lab, engine }: WorkloadPlanner): Promise<readonly WorkloadChange[]> {
  const wanted = wantedSettings(lab);
  const wantsLock = lab.swarm?.autolock === undefined ? undefined : lab.swarm.autolock !== false;
  if (Object.keys(wanted).length === 0 && wantsLock === undefined) return [];
  const state = engine && (await readSwarmState(engine, context.signal));
  const has = state && settingsOf(state.Spec);
  const different = Object.entries(wanted).filter(([key, value]) => has?.[key as keyof SwarmSettings] !== value);
  const locks = wantsLock !== undefined && wantsLock !== isAutolocked(state);
  if (different.length === 0 && !locks) return [];
  const settingDetails = different.map(([key, value]) => settingDetail(key as keyof SwarmSettings, has, value));
  const details = [...settingDetails, ...(locks ? [`autolock ${wantsLock ? 'on' : 'off'}`] : [])];
  const act = async (): Promise<void> => {
    const settings = {
      taskHistory: undefined,
      heartbeatSeconds: undefined,
      certExpiryDays: undefined,
      snapshotInterval: undefined,
    };
    if (different.length > 0)
      await updateSwarmSettings(context, { swarm: lab.name, settings: { ...settings, ...wanted }, dryRun: false });
    if (!locks) return;
    const custody = custodyOf(lab);
    await setAutolock(context, {
      swarm: lab.name,
      on: wantsLock,
      custody,
      sealKey: (mode) => sealKeyOf(context, custody ?? { type: 'passphrase' }, mode),
      dryRun: false,
      locked: true,
    });
  };
  return [{ what: 'swarm', name: lab.name, action: engine === undefined ? 'create' : 'update', details, act }];
}

const isAutolocked = (state: SwarmState | undefined): boolean => state?.Spec.EncryptionConfig.AutoLockManagers ?? false;

function settingDetail(key: keyof SwarmSettings, has: SwarmSettings | undefined, value: unknown): string {
  const before = has === undefined ? '' : `${has[key]} -> `;
  return `${names[key]} ${before}${String(value)}`;
}

function wantedSettings({ swarm = {} }: Lab): Partial<SwarmSettings> {
  const given = Object.entries(names).map(([key, name]) => [key, swarm[name]] as const);
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}

function custodyOf({ swarm, folder }: Lab): KeyCustody | undefined {
  const autolock = swarm?.autolock;
  if (typeof autolock !== 'object') return undefined;
  const { 'key-file': keyFile, command } = autolock;
  if (keyFile !== undefined) return { type: 'key-file', keyFile: resolve(folder, keyFile) };
  return command === undefined ? { type: 'keyring' } : { type: 'command', command };
}
