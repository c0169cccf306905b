import type { AutolockResult } from '../../operations/members/autolock.js';
import type { CaResult } from '../../operations/members/swarm-ca.js';
import type { TokenResult } from '../../operations/members/swarm-token.js';
import type { UpdateSwarmResult } from '../../operations/members/update-swarm.js';
import type { UnlockKeyResult } from '../../operations/members/unlock-key.js';
import { table } from './table.js';

/** Who keeps an unlock key. */
export const custodianText: Readonly<Record<NonNullable<AutolockResult['custody']>, string>> = {
  keyring: 'the keyring of this computer',
  passphrase: 'a file sealed with a passphrase',
  'key-file': 'a file sealed with your key file',
  command: 'your key command',
};

/** What `swarm autolock` did. */
export function autolockText({ swarm, autolock, changed, dryRun, custody }: AutolockResult): string {
  const done = dryRun ? 'would be' : changed ? 'is now' : 'was already';
  const key = custody === null ? '' : `; the unlock key is kept in ${custodianText[custody]}`;
  return `autolock of swarm ${swarm} ${done} ${autolock}${key}\n`;
}

/** The key alone, so that it can be piped. */
export function unlockKeyText({ swarm, unlockKey }: UnlockKeyResult): string {
  return unlockKey === null ? `the unlock key of swarm ${swarm} would be replaced\n` : `${unlockKey}\n`;
}

/** The token, and how a host that swarmup does not manage joins with it. */
export function tokenText({ role, token, joinCommand }: TokenResult): string {
  return `${token}\n\nTo join as a ${role}:\n  ${joinCommand}\n`;
}

/** The certificate alone, so that it can be piped. */
export const caText = ({ certificate }: CaResult): string => `${certificate.trim()}\n`;

/** The settings before and after. */
export function settingsTable({ before, after }: UpdateSwarmResult): string {
  const names: Readonly<Record<keyof typeof before, string>> = {
    taskHistory: 'task history',
    heartbeatSeconds: 'heartbeat (s)',
    certExpiryDays: 'certificate expiry (days)',
    snapshotInterval: 'snapshot interval',
  };
  const keys = Object.keys(names) as (keyof typeof before)[];
  return table(
    ['SETTING', 'WAS', 'IS'],
    keys.map((key) => [names[key], String(before[key]), String(after[key])]),
  );
}
