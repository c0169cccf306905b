import type { LocalNode } from '../../bootstrap/bring-node.js';
import type { DriverRegistry } from '../../drivers/registry.js';
import type { RunProcess } from '../../lib/local-process.js';
import type { Reporter } from '../../lib/progress-event.js';
import type { SshAddress } from '../../lib/ssh-login.js';
import type { Endpoint, MachineRecord } from '../../machine/machine-record.js';
import type { Store } from '../../machine/store.js';
import type { HostKeyTrust } from '../../ssh/log-in.js';
import type { Runner } from '../../ssh/runner.js';

/** The context that every operation works with; made once, in `cli/context.ts`. Tests make their own. */
export interface OperationContext {
  readonly store: Store;
  readonly drivers: DriverRegistry;
  /**
   * The kept connection to a host; made at the first call, shared by all later ones of this process, closed with
   * the context. Errors: SSH_UNREACHABLE, SSH_REFUSED, HOST_KEY_MISMATCH, HOST_NOT_READY (no endpoint yet), TIMEOUT.
   */
  readonly connect: (record: MachineRecord, options?: ConnectOptions) => Promise<Runner>;
  /**
   * The first login to a host that takes other keys than ours (`ssh.login`): its host key is judged by the login's
   * policy, and pinned in the endpoint that this resolves to, with those of its jump hosts. The connection is kept for
   * `connect`; the runner is root's.
   * Errors: those of `connect`; HOST_KEY_UNKNOWN, HOST_KEY_REVOKED, PASSPHRASE_NEEDED, PASSPHRASE_WRONG (exit 3).
   */
  readonly enroll: (
    name: string,
    address: SshAddress,
    options?: EnrollOptions,
  ) => Promise<{ readonly endpoint: Endpoint; readonly runner: Runner }>;
  /** Forgets the kept connection of a host (it was stopped, restarted or removed). */
  readonly disconnect: (name: string) => Promise<void>;
  readonly report: Reporter;
  readonly signal: AbortSignal;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly run: RunProcess;
  /** Folder for what may be lost: images, downloads. */
  readonly cacheDir: string;
  readonly now: () => Date;
  /** Of this machine; its keyring depends on it. Default: linux. */
  readonly platform?: NodeJS.Platform;
  /** Asks for a passphrase; absent if there is no terminal. Errors: PASSPHRASE_NEEDED (exit 2), INTERRUPTED. */
  readonly askPassphrase?: (question: string) => Promise<string>;
  /** The Node.js that runs this program; hosts without Node.js get a copy for the agent. */
  readonly localNode?: LocalNode;
}

export interface ConnectOptions {
  readonly signal?: AbortSignal | undefined;
  /** Keep trying for so long while the host refuses or does not answer (it is booting). 0: one try. */
  readonly waitMs?: number;
  /** Called with the reason of every try that failed while `waitMs` lasts. */
  readonly failed?: ((error: unknown) => void) | undefined;
}

export interface EnrollOptions extends ConnectOptions {
  readonly trust?: HostKeyTrust | undefined;
}

/** Files are reached as the user who logs in: rights are that user's. */
export type UserContext = OperationContext & { readonly connectAsUser: OperationContext['connect'] };
