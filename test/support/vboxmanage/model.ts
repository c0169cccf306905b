/** What is kept about a machine; the parts under `hardware` belong to snapshots as well. */
export interface Machine {
  readonly uuid: string;
  name: string;
  settingsFile: string;
  groups: string;
  platform: 'x86' | 'arm';
  osType: string;
  description: string;
  state: StoredState;
  /** ISO time. */
  stateChanged: string;
  /** Of a saved machine. */
  stateFile?: string;
  hardware: Hardware;
  extraData: Record<string, string>;
  snapshots: Snapshot[];
  currentSnapshot?: string;
  /** Its hard disks, while it is not registered. */
  disks?: readonly Medium[];
}

/** States in which no process runs the machine. */
export type StoredState = 'poweroff' | 'saved' | 'aborted' | 'aborted-saved';
export type RunningState = 'running' | 'paused' | PassingState;
/** States that it leaves by itself. */
export type PassingState = 'starting' | 'restoring' | 'stopping' | 'saving';
export type MachineState = StoredState | RunningState;

export interface Hardware {
  /** Settings by the option of modifyvm that sets them. */
  settings: Record<string, string>;
  nics: Nic[];
  controllers: Controller[];
  sharedFolders: SharedFolder[];
  guestProperties: Record<string, GuestProperty>;
}

export interface Nic {
  /** none, nat, hostonly, … as modifyvm names them. */
  attachment: string;
  type: string;
  mac: string;
  cable: boolean;
  /** Names per attachment: hostonly → vboxnet0, … */
  networks: Record<string, string>;
  localhostReachable: boolean;
  forwards: Forward[];
}

/** A port forward of NAT. */
export interface Forward {
  readonly name: string;
  readonly protocol: 'tcp' | 'udp';
  readonly hostIp: string;
  readonly hostPort: number;
  readonly guestIp: string;
  readonly guestPort: number;
}

export interface Controller {
  name: string;
  bus: string;
  type: string;
  ports: number;
  bootable: boolean;
  hostIoCache: boolean;
  attachments: Attachment[];
}

export interface Attachment {
  readonly port: number;
  readonly device: number;
  readonly kind: MediumKind;
  /** UUID; undefined for an empty drive. */
  medium?: string;
  nonRotational: boolean;
  discard: boolean;
  hotPluggable: boolean;
  tempEject: boolean;
}

interface SharedFolder {
  readonly name: string;
  readonly hostPath: string;
  writable: boolean;
  autoMount: boolean;
  mountPoint: string;
  symlinkPolicy: string;
}

export interface GuestProperty {
  readonly value: string;
  /** Nanoseconds since 1970, in decimal. */
  readonly timestamp: string;
  readonly flags: string;
}

export interface Snapshot {
  readonly uuid: string;
  name: string;
  description: string;
  parent?: string;
  readonly taken: string;
  readonly hardware: Hardware;
  /** Of a machine that ran. */
  readonly stateFile?: string;
}

export type MediumKind = 'hdd' | 'dvd';

export interface Medium {
  readonly uuid: string;
  readonly kind: MediumKind;
  location: string;
  format: string;
  bytes: number;
  type: string;
  parent?: string;
  properties: Record<string, string>;
  description: string;
}

export interface HostOnlyInterface {
  readonly name: string;
  readonly guid: string;
  readonly mac: string;
  ip: string;
  netmask: string;
  up: boolean;
}

export interface DhcpServer {
  readonly network: string;
  ip: string;
  lower: string;
  upper: string;
  netmask: string;
  enabled: boolean;
  configs: DhcpConfig[];
}

/** Of one network card: by its address, or by machine and slot. */
export interface DhcpConfig {
  readonly scope: string;
  fixedAddress: string;
}

export interface NatNetwork {
  readonly name: string;
  network: string;
  enabled: boolean;
  dhcp: boolean;
  ipv6: boolean;
  forwards: string[];
}

/** What VirtualBox.xml holds for the real tool. */
export interface Registry {
  machines: { readonly uuid: string; settingsFile: string }[];
  media: Medium[];
  hostOnly: HostOnlyInterface[];
  dhcp: DhcpServer[];
  natNetworks: NatNetwork[];
  extraData: Record<string, string>;
}
