/** Which keys to offer where swarmup's own key is not known. Plain JSON without secrets; kept in the machine record. */
export interface SshCredentials {
  /** Private key files, absolute, tried in this order. A passphrase is asked for once in a run and never stored. */
  readonly identityFiles: readonly string[];
  /** Socket of an ssh-agent, or `SSH_AUTH_SOCK` for the caller's; its keys are offered first. undefined: none. */
  readonly agent?: string;
  /** Of the agent only keys that are in `identityFiles`. */
  readonly identitiesOnly?: boolean;
}

/** How a host key that swarmup did not make is judged the first time; from then on it is pinned. */
export interface HostKeyPolicy {
  /** known_hosts files, absolute; those that are not there are left out. */
  readonly knownHosts: readonly string[];
  /** The name to look for in them instead of the address. */
  readonly alias?: string;
  /** A key that they do not know: ask the user, or accept it (a host that was made a moment ago). Never one that changed. */
  readonly unknown: 'ask' | 'accept';
}

/** A host on the way to another one (ProxyJump). */
export interface SshHop extends SshCredentials {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly policy: HostKeyPolicy;
  /** OpenSSH public key line; set by core at the first login. */
  readonly hostKey?: string;
}

/** How to log in to a host that takes another key than the one that core made. */
export interface SshLogin extends SshCredentials {
  /** The hosts to go through, the nearest first. */
  readonly jumps: readonly SshHop[];
  readonly policy: HostKeyPolicy;
}

/** The SSH address of a host, and the user to log in as. */
export interface SshAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** undefined: with the key that core made, and with the host key that core made. */
  readonly login?: SshLogin;
}
