import type { AutolockResult } from '../../operations/autolock.js';
import type { UnlockKeyResult } from '../../operations/unlock-key.js';

const custodians: Readonly<Record<NonNullable<AutolockResult['custody']>, string>> = {
  keyring: 'the keyring of this machine',
  passphrase: 'a file that a passphrase opens',
  'key-file': 'a file that your key file opens',
  command: 'your key command',
};

/** What `swarm autolock` did. */
export function autolockText({ swarm, autolock, changed, dryRun, custody }: AutolockResult): string {
  const done = dryRun ? 'would be' : changed ? 'is now' : 'was already';
  const key = custody === null ? '' : `; the unlock key is kept in ${custodians[custody]}`;
  return `autolock of swarm ${swarm} ${done} ${autolock}${key}\n`;
}

/** The key alone, so that it can be piped. */
export function unlockKeyText({ swarm, unlockKey }: UnlockKeyResult): string {
  return unlockKey === null ? `the unlock key of swarm ${swarm} would be replaced\n` : `${unlockKey}\n`;
}
