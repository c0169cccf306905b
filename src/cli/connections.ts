import { SwarmupError } from '../lib/errors.js';
import type { MachineRecord } from '../machine/machine-record.js';
import type { Store } from '../machine/store.js';
import type { ConnectOptions } from '../operations/context.js';
import { createCommand } from '../operations/create-command.js';
import { keyFiles } from '../operations/host-keys.js';
import { connectionPool } from '../ssh/connection-pool.js';
import type { Runner, SshTarget } from '../ssh/runner.js';
import { connectSsh } from '../ssh/ssh-runner.js';
import { withSudo } from '../ssh/sudo.js';

export interface Connections {
  /** Everything runs as root: by sudo where ssh does not let root in. */
  asRoot(record: MachineRecord, options?: ConnectOptions): Promise<Runner>;
  /** As the user whom ssh lets in. */
  asUser(record: MachineRecord, options?: ConnectOptions): Promise<Runner>;
  drop(name: string): Promise<void>;
  close(): Promise<void>;
}

/** The kept connections to the hosts of a store. Errors of connecting: those of `OperationContext.connect`. */
export function openConnections(store: Store): Connections {
  const pool = connectionPool({ connect: (target, signal) => connectSsh(target, { signal }) });
  const asUser = async (record: MachineRecord, options: ConnectOptions = {}): Promise<Runner> =>
    pool.get(await sshTarget(store, record), options);
  return {
    asUser,
    asRoot: async (record, options) => withSudo(await asUser(record, options), record.endpoint?.user ?? 'root'),
    drop: (name) => pool.drop(name),
    close: () => pool.close(),
  };
}

async function sshTarget(store: Store, { name, endpoint, swarm }: MachineRecord): Promise<SshTarget> {
  const privateKey = await store.readSecret(name, keyFiles.user);
  if (endpoint !== null && privateKey !== undefined) return { name, ...endpoint, privateKey };
  const missing = endpoint === null ? 'its creation was not finished' : `its key ${keyFiles.user} is not in the store`;
  throw new SwarmupError('HOST_NOT_READY', `${name} cannot be reached by ssh: ${missing}`, {
    host: name,
    hints: [
      endpoint === null ? `${createCommand(swarm, [name])} resumes it` : `swarmup rm ${name}, then create it again`,
    ],
  });
}
