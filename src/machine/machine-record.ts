import type { EngineSettings } from '../lib/engine-settings.js';
import type { SshLogin } from '../lib/ssh-login.js';

/** The role of a node in its swarm. */
export type Role = 'manager' | 'worker';

/** The SSH address of a host, the user, and the only host key that is accepted there. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** OpenSSH public key line (`ssh-ed25519 AAAA…`), pinned. */
  readonly hostKey: string;
  /** Another way in than swarmup's own key; the host keys of its jumps are pinned, too. */
  readonly login?: SshLogin;
}

/** How Docker's TLS port is reached; absent while it is not (yet) served. */
interface EngineAddress {
  /** `tcp://10.0.0.2:2376` */
  readonly url: string;
  /** Folder with ca.pem, cert.pem and key.pem, relative to the store's folder. */
  readonly certPath: string;
}

/**
 * The stored data about one host: only data that cannot be observed again. Plain JSON, no secrets (keys are files
 * beside it). Paths in it are relative to the store's folder, so a store can be moved.
 */
export interface MachineRecord {
  readonly schemaVersion: 1;
  /** UUID, made once; the driver uses it as the label of its objects. */
  readonly id: string;
  readonly name: string;
  readonly driver: string;
  /** Name of its swarm, or null for a plain Docker host. */
  readonly swarm: string | null;
  readonly role: Role | null;
  /**
   * `creating` until the host answered once with its engine configured; `ready` afterwards; `removing` once `rm`
   * began, so that a half-removed host is never resumed.
   */
  readonly phase: 'creating' | 'ready' | 'removing';
  /** Driver options, validated by the driver's declaration. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly engineSettings: EngineSettings;
  /** What the driver needs to find the host again; opaque to everybody else. */
  readonly driverState: unknown;
  readonly endpoint: Endpoint | null;
  readonly engine: EngineAddress | null;
  /**
   * The addresses that other hosts use to reach it, from the last description by its driver. They belong to the host as
   * long as the record exists, even if the host does not. Absent: an older swarmup made the host.
   */
  readonly addresses?: readonly string[];
  /** Address that the swarm advertises for this host; null with a `nodeId`: it was made again since it was that node. */
  readonly advertiseAddr: string | null;
  /** Node ID in the swarm, once joined. */
  readonly nodeId: string | null;
  /** The node it was when its swarm was recovered without it; `nodeId` is null then. */
  readonly formerNodeId?: string;
  /** The lab that it was made for; `up` touches no other host. */
  readonly lab?: LabMark;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
}

/** Membership of a host in a lab, which is named as its swarm is. */
export interface LabMark {
  readonly name: string;
  readonly pool: string;
  /** Labels that the manifest gave its node: those are taken away again, others' never. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Absolute path of the manifest of the last `up`; absent: an older swarmup made the mark. */
  readonly manifest?: string;
}

/** The stored data about one swarm. */
export interface SwarmRecord {
  readonly schemaVersion: 1;
  readonly name: string;
  /** Set once by the first manager's init; joins compare it, so that two swarms are never mixed up. */
  readonly clusterId: string;
  readonly createdAt: string;
  /** False: its managers are to be without the agent, also those that are made later. */
  readonly agent?: boolean;
  /** UDP port of overlay traffic, where it was chosen when the swarm was made. */
  readonly dataPathPort?: number | undefined;
  /**
   * The place that stores the unlock keys; absent: the swarm does not lock its managers, or swarmup does not have the
   * key.
   */
  readonly keyCustody?: KeyCustody | undefined;
}

/** Who keeps the unlock keys of a swarm. No secret in it. */
export type KeyCustody =
  | { readonly type: 'keyring' }
  /** A file of the store, sealed with a passphrase. */
  | { readonly type: 'passphrase' }
  /** A file of the store, sealed with the content of another file, whose absolute path this is. */
  | { readonly type: 'key-file'; readonly keyFile: string }
  | { readonly type: 'command'; readonly command: string };

/** A record that could not be read: `ls` shows it, nothing else touches it. */
export interface BrokenRecord {
  readonly name: string;
  readonly reason: string;
  /** It is sound, but a newer swarmup wrote it. */
  readonly isNewer?: true;
}
