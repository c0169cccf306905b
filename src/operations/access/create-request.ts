import type { EngineSettings } from '../../lib/engine-settings.js';
import type { LabMark } from '../../machine/machine-record.js';
import type { HostKeyTrust } from '../../ssh/log-in.js';

/** `[USER@]HOST[:PORT]` */
export interface HostAddress {
  readonly host: string;
  readonly user?: string | undefined;
  readonly port?: number | undefined;
}

/** The wanted state of a group of hosts that are made alike. */
export interface HostGroup {
  readonly names: readonly string[];
  /** The number of managers, taken from the first names. Default: one in a swarm without any. */
  readonly managers?: number | undefined;
  /** Default: that of the swarm's other hosts, else the best one here. */
  readonly driver?: string | undefined;
  /** Where `driver` came from, for the output: flag, environment, config. */
  readonly driverSource?: string | undefined;
  /** Raw values by option name, of the flags that were given. */
  readonly driverOptions?: Readonly<Record<string, unknown>>;
  /** Where hosts are that exist already, by name. */
  readonly addresses?: Readonly<Record<string, HostAddress>>;
  /** Default: Docker as the host's packages offer it, served by TLS. */
  readonly engine?: EngineSettings;
  /** The swarm whose driver and options new hosts get although they do not join it now. */
  readonly like?: string;
  /** The lab that new hosts are made for; hosts that are there must be of it. */
  readonly lab?: LabMark;
}

/** The swarm that hosts belong to, or the swarm to make. */
export interface SwarmWish {
  readonly name: string;
  /** Subnets for overlay networks of a new swarm. */
  readonly addressPool?: string | undefined;
  /** UDP port of overlay traffic of a new swarm; undefined: Docker's default. */
  readonly dataPathPort?: number | undefined;
  /** The address that a new host advertises to it. */
  readonly advertiseAddr?: string | undefined;
  /** Whether managers get the agent; undefined: as the swarm was made, and a new one is made with it. */
  readonly agent?: boolean | undefined;
}

export interface CreateRequest {
  /** At least one. */
  readonly groups: readonly HostGroup[];
  /** null: plain Docker hosts. */
  readonly swarm: SwarmWish | null;
  /** How host keys that swarmup did not make are judged, besides known_hosts. */
  readonly trust?: HostKeyTrust | undefined;
}

/** How a request is carried out. */
export interface CreateOptions {
  readonly dryRun?: boolean;
  /** The caller holds the lock of the swarm already. */
  readonly locked?: boolean;
  /** Remove what this run made when it fails. */
  readonly rollback?: boolean;
  /** Whether limits of this computer that are too low may be raised; undefined: the user was not asked. */
  readonly fix?: boolean;
  /** The command that continues the run, if it is not `create`. */
  readonly again?: string;
}

export const defaultEngine: EngineSettings = { tls: true, tlsSans: [] };

export const namesOf = ({ groups }: Pick<CreateRequest, 'groups'>): readonly string[] =>
  groups.flatMap(({ names }) => names);
