/** The facts about a host after one inspection. Not for display: daemon.json may contain proxy passwords. */
export interface HostFacts {
  readonly os: OsRelease;
  /** `uname -m`, as in x86_64, aarch64, armv7l. */
  readonly arch: string;
  readonly kernel: string;
  readonly hostname: string;
  readonly machineId: string | undefined;
  /** What runs as PID 1; `none` in a plain container. */
  readonly init: 'systemd' | 'openrc' | 'none';
  readonly uid: number;
  /** undefined: dockerd is not installed. */
  readonly engine: EngineFacts | undefined;
  /** Text of /etc/docker/daemon.json. */
  readonly daemonJson: string | undefined;
  /** The content before swarmup wrote the file; `{}`: the file did not exist. undefined: swarmup never wrote it. */
  readonly daemonJsonBefore: string | undefined;
  /** The certificate that swarmup gave to the engine, PEM; undefined also when its key is gone. */
  readonly serverCertPem: string | undefined;
  readonly interfaces: readonly NetworkInterface[];
  /** The IPv4 default route, else the IPv6 one. */
  readonly defaultRoute: { readonly interface: string; readonly mtu: number } | undefined;
  /** Networks of the main IPv4 routing table, as CIDR; the default route is left out. */
  readonly routes: readonly string[];
  readonly nameservers: readonly string[];
  readonly clock: {
    readonly epochMs: number;
    /**
     * The clock of the host minus the clock of this computer; positive: the host is ahead. The value is too small by
     * the time of the answer: about 10 ms, on a busy host nearly a second.
     */
    readonly skewMs: number;
  };
  /** Free for root on the file system of /var/lib. */
  readonly freeDiskMiB: number;
  readonly memoryMiB: number;
  /** The kernel has IPVS, which service VIPs and the routing mesh need. */
  readonly ipvs: boolean;
  /** The kernel enforces AppArmor profiles: the engine then needs the `apparmor` package. */
  readonly appArmor: boolean;
  /** `running`: it has not finished this boot's work. */
  readonly cloudInit: 'absent' | 'running' | 'done';
}

/** os-release(5). */
export interface OsRelease {
  readonly id: string;
  readonly idLike: readonly string[];
  readonly versionId: string | undefined;
  /** As in coreos, silverblue. */
  readonly variantId: string | undefined;
  readonly codename: string | undefined;
  /** Of the distribution it derives from: UBUNTU_CODENAME or DEBIAN_CODENAME. */
  readonly parentCodename: string | undefined;
  readonly prettyName: string;
}

export interface EngineFacts {
  /** Path of dockerd. */
  readonly path: string;
  /** `20.10.24+dfsg1` */
  readonly version: string;
  readonly running: boolean;
  /**
   * `systemctl cat docker.service`: the unit and its drop-ins in order; with OpenRC /etc/conf.d/docker and the service
   * script. undefined if the service does not exist.
   */
  readonly unit: string | undefined;
}

export interface NetworkInterface {
  readonly name: string;
  readonly mtu: number;
  readonly addresses: readonly InterfaceAddress[];
}

export interface InterfaceAddress {
  readonly family: 4 | 6;
  readonly address: string;
  /** `10.0.0.2/24` */
  readonly cidr: string;
  /** True for addresses that come and go (IPv6 privacy extensions) or are not valid (yet). */
  readonly temporary: boolean;
}

/** Interfaces that Docker itself makes: their addresses are not a way to reach the host. */
export const isDockerInterface = (name: string): boolean =>
  /^(docker0|docker_gwbridge|br-[0-9a-f]{12}|veth.*)$/.test(name);
