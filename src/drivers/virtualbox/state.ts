import { createHash } from 'node:crypto';
import { dirname, isAbsolute, join, normalize } from 'node:path';
import type { DriverContext, HostDescription } from '../driver.js';

/** The data that identifies a host: kept in its machine record, and written before any part of the host is made. */
export interface VirtualBoxState {
  /** UUID of the virtual machine: the id of the machine record, so that it is found without the record, too. */
  readonly vm: string;
  /** Of the host. */
  readonly name: string;
  /** Of the virtual machine in VirtualBox's lists. Absent: an older swarmup gave it the name of the host. */
  readonly vmName?: string;
  /** Folder of everything made for the host; nothing else is in it. */
  readonly folder: string;
  /** In the host-only network. */
  readonly address: string;
  readonly prefix: number;
  /** Port of 127.0.0.1 that leads to sshd. */
  readonly sshPort: number;
  readonly user: string;
  /** The user of this computer whose VirtualBox has the machine; undefined if users have no numbers (Windows). */
  readonly uid?: number;
  /** The machine whose disk it shares (`linked-clone`). */
  readonly master?: { readonly vm: string; readonly folder: string };
  /** True when the machine is complete; an incomplete machine is made again. */
  readonly made: boolean;
}

/** Name of the extra data that marks a machine as ours; its value is the name of the host. */
export const ownerKey = 'swarmup/machine';

/** Name of the extra data that says whose a machine is, as in `belongingText`. */
export const belongingKey = 'swarmup/belongs-to';

type Belonging = DriverContext['belongsTo'];

/** Without quotes, which not every shell between here and VirtualBox leaves as they are. An owner may have blanks. */
export const belongingText = ({ swarm, id, owner }: Belonging): string => `${swarm} ${id} ${owner}`;

/** undefined: swarmup did not write this. */
export function parseBelonging(text: string): Belonging | undefined {
  const [, swarm, id, owner] = /^(\S+) ([0-9a-f-]{36}) (.+)$/.exec(text.trim()) ?? [];
  return swarm === undefined || id === undefined || owner === undefined ? undefined : { swarm, id, owner };
}

/**
 * The name of a host's machine in VirtualBox's lists, where machines of all swarms of this user are. VirtualBox accepts
 * a name twice, but people would not know which one they see: the name gets a mark of the host if another machine has it.
 */
export function vmNameOf(
  { swarm }: Belonging,
  host: { readonly id: string; readonly name: string },
  vms: readonly { readonly uuid: string; readonly name: string }[],
): string {
  const name = swarm === 'no-swarm' ? `swarmup-${host.name}` : `swarmup-${swarm}-${host.name}`;
  const isTaken = vms.some((vm) => vm.name === name && vm.uuid !== host.id);
  return isTaken ? `${name}-${host.id.slice(0, 6)}` : name;
}

/** The folder of a machine below the one for machines, named by its id: never that of another one. */
export const hostFolder = (machines: string, id: string): string => join(machines, 'swarmup', id);

/** Whether this is the folder that the machine of a host has below some folder for machines: only that is removed. */
export const isHostFolder = (folder: string, id: string): boolean =>
  isAbsolute(folder) && normalize(folder) === folder && hostFolder(dirname(dirname(folder)), id) === folder;

/** The folder of the machine with these settings, as `hostFolder`; undefined: swarmup did not make it. */
export function folderOf(configFile: string, id: string): string | undefined {
  const folder = dirname(dirname(configFile));
  return isHostFolder(folder, id) ? folder : undefined;
}

export const diskFile = ({ folder }: Pick<VirtualBoxState, 'folder'>): string => join(folder, 'disk.vdi');
/** The output of the machine on its serial port since its last start. */
export const consoleFile = ({ folder }: Pick<VirtualBoxState, 'folder'>): string => join(folder, 'console.log');
export const seedFile = ({ folder }: Pick<VirtualBoxState, 'folder'>): string => join(folder, 'seed.iso');

/**
 * MAC addresses without colons. The address of the host-only card ends with the last three bytes of its IP address, so
 * one list of all machines shows which addresses are taken, and no two cards in that network are the same.
 */
export function macAddresses({ vm, address }: Pick<VirtualBoxState, 'vm' | 'address'>): MacAddresses {
  const bytes = createHash('sha256').update(vm).digest('hex').slice(0, 6);
  return { nat: `${vendor}${bytes}`.toUpperCase(), hostOnly: hostOnlyMac(address) };
}

interface MacAddresses {
  readonly nat: string;
  readonly hostOnly: string;
}

/** VirtualBox's own prefix. */
const vendor = '080027';

export function hostOnlyMac(address: string): string {
  const bytes = address.split('.').slice(1).map(Number);
  return `${vendor}${Buffer.from(bytes).toString('hex')}`.toUpperCase();
}

export const withColons = (mac: string): string => mac.toLowerCase().replace(/(..)(?!$)/g, '$1:');

/** How a running host is reached. Other hosts reach it by its host-only address: on NAT all of them are 10.0.2.15. */
export function describeHost(state: VirtualBoxState): HostDescription {
  return {
    ssh: { host: '127.0.0.1', port: state.sshPort, user: state.user },
    engine: { host: state.address, port: 2376 },
    privateAddresses: [state.address],
  };
}
