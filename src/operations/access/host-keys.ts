import type { HostIdentity } from '../../drivers/driver.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { Store } from '../../machine/store.js';
import type { OperationContext } from './context.js';
import { storeOwner } from './store-owner.js';
import { generateSshKey } from '../../ssh/keys.js';

/** Files beside the machine record, all with mode 0600. */
export const keyFiles = {
  user: 'id_ed25519',
  /** The host's own private key: kept only until the host has it, so that a killed create can hand it over again. */
  host: 'host_ed25519',
} as const;

/** Written for OpenSSH's programs. */
export const knownHostsFile = 'known_hosts';

type Pair = ReturnType<typeof generateSshKey>;

/**
 * The identity of a new host: its keys are made once and kept until the host is ready, so every attempt of a create
 * makes the same host.
 */
export async function hostIdentity(
  { store, env }: Pick<OperationContext, 'store' | 'env'>,
  record: MachineRecord,
): Promise<HostIdentity> {
  const owner = storeOwner(store, env);
  const user = await keyPair(store, record.name, keyFiles.user, `swarmup ${record.name}`);
  const hostKey = await keyPair(store, record.name, keyFiles.host, record.name);
  const { id, name, swarm, role } = record;
  const swarmId = swarm === null ? null : store.within(swarm).swarmId();
  return { id, name, swarm, swarmId, role, owner, authorizedKey: user.publicKey.trim(), hostKey };
}

async function keyPair(store: Store, machine: string, file: string, comment: string): Promise<Pair> {
  const [privateKey, publicKey] = await Promise.all([
    store.readSecret(machine, file),
    store.readSecret(machine, `${file}.pub`),
  ]);
  if (privateKey !== undefined && publicKey !== undefined) return { privateKey, publicKey };
  const pair = generateSshKey(comment);
  await store.writeSecret(machine, `${file}.pub`, pair.publicKey);
  await store.writeSecret(machine, file, pair.privateKey);
  return pair;
}

/** Forgets the host's private key: from now on only the host has it; the record pins the public one. */
export async function forgetHostKey(store: Store, name: string): Promise<void> {
  await Promise.all([store.removeSecret(name, keyFiles.host), store.removeSecret(name, `${keyFiles.host}.pub`)]);
}

/**
 * The host key of a host whose record is lost, as the files that were written for OpenSSH, or a damaged record, still
 * have it.
 */
export async function keptHostKey(store: Store, name: string): Promise<string | undefined> {
  const salvaged = (await store.salvage(name))?.hostKey ?? undefined;
  const known = (await store.readSecret(name, knownHostsFile)) ?? '';
  // Jump hosts stand there, too; no name of a host has an underscore.
  return salvaged ?? /^[a-z0-9.-]+ (ssh-\S+ \S+)$/m.exec(known)?.[1];
}
