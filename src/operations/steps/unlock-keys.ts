import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, SwarmupError } from '../../lib/errors.js';
import type { SealKey } from '../../lib/sealed-file.js';
import type { KeyCustody, SwarmRecord } from '../../machine/machine-record.js';
import { openUnlockKeyStore, type UnlockKeys, type UnlockKeyStore } from '../../machine/unlock-key-store.js';
import type { OperationContext } from '../access/context.js';

/** How a sealed file of keys is opened, when the swarm's keys are in one. */
export type AskSealKey = (mode: SealKey['mode']) => Promise<SealKey>;

/** The store of a swarm's unlock keys, in the custody that its record names or in another one. */
export async function unlockKeyStore(
  context: OperationContext,
  swarm: SwarmRecord,
  options: { readonly custody?: KeyCustody; readonly sealKey?: AskSealKey } = {},
): Promise<UnlockKeyStore | undefined> {
  const custody = options.custody ?? swarm.keyCustody;
  if (custody === undefined) return undefined;
  return openUnlockKeyStore(custody, {
    run: context.run,
    platform: context.platform ?? 'linux',
    swarm,
    path: join(await context.store.folder(join('swarms', swarm.name)), 'unlock-keys'),
    sealKey: options.sealKey ?? ((mode) => sealKeyOf(context, custody, mode)),
  });
}

/**
 * The unlock keys of a swarm in its custody, or in the named custody, newest first; empty if there are none. Recovery,
 * backup and the start of hosts use them. Errors: those of the custody; PASSPHRASE_NEEDED if there is no terminal.
 */
export async function storedUnlockKeys(
  context: OperationContext,
  swarm: string,
  { mayAsk = true, custody: named }: { readonly mayAsk?: boolean; readonly custody?: KeyCustody | undefined } = {},
): Promise<UnlockKeys> {
  const record = await context.store.readSwarm(swarm);
  if (record === undefined) return [];
  const custody = named ?? record.keyCustody;
  if (custody === undefined) return [];
  const canAnswer = mayAsk || (context.env['SWARMUP_PASSPHRASE_FILE'] ?? '') !== '';
  const asking = canAnswer ? context : { ...context, askPassphrase: undefined };
  const store = await unlockKeyStore(context, record, {
    custody,
    sealKey: (mode) => sealKeyOf(asking, custody, mode),
  });
  return (await store?.read(context.signal)) ?? [];
}

/** Forgets the keys of a swarm that is gone. Its custody may be gone as well: that is a warning. */
export async function forgetUnlockKeys(context: OperationContext, swarm: string): Promise<void> {
  try {
    const record = await context.store.readSwarm(swarm);
    if (record?.keyCustody === undefined) return;
    await (await unlockKeyStore(context, record))?.remove(context.signal);
  } catch (error) {
    context.signal.throwIfAborted();
    const message = `the unlock keys of swarm ${swarm}, if it has any, are still stored: ${messageOf(error)}`;
    context.report({ type: 'warning', message });
  }
}

/**
 * The key that seals the file of a custody, from its key file or by asking. Errors: SEAL_KEY_UNREADABLE,
 * PASSPHRASE_NEEDED.
 */
export async function sealKeyOf(
  context: { readonly askPassphrase?: OperationContext['askPassphrase'] | undefined },
  custody: KeyCustody,
  mode: SealKey['mode'],
): Promise<SealKey> {
  if (custody.type === 'key-file') {
    try {
      return { mode, secret: await readFile(custody.keyFile) };
    } catch (error) {
      throw new SwarmupError('SEAL_KEY_UNREADABLE', `cannot read the key file ${custody.keyFile}`, {
        hints: ['put the key file back: the unlock keys were sealed with it'],
        cause: error,
      });
    }
  }
  if (context.askPassphrase !== undefined)
    return { mode, secret: await context.askPassphrase('Passphrase of the unlock keys') };
  throw new SwarmupError(
    'PASSPHRASE_NEEDED',
    'the unlock keys are sealed with a passphrase, and there is no terminal to ask for it',
  );
}
