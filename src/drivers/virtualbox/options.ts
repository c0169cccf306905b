import { resolve } from 'node:path';
import ipaddr from 'ipaddr.js';
import { networkOf } from '../../lib/cidr.js';
import { usageError } from '../../lib/errors.js';
import type { OptionValues } from '../driver.js';

/** The driver's options, read by type; the registry has checked them against the declaration. */
export interface VirtualBoxOptions {
  readonly image: string;
  readonly imageDigest: string | undefined;
  readonly memoryMiB: number;
  readonly cpus: number;
  readonly diskMB: number;
  readonly extraDisksMB: readonly number[];
  readonly hostOnly: HostOnlyRange;
  readonly ports: readonly PortForward[];
  readonly shares: readonly SharedFolder[];
  /** Absolute path. */
  readonly cloudConfigFile: string | undefined;
  readonly packages: readonly string[];
  readonly user: string;
  readonly linkedClone: boolean;
  /** Absolute path; undefined: below VirtualBox's default machine folder. */
  readonly folder: string | undefined;
  readonly uiType: string;
  readonly hostDnsResolver: boolean;
  readonly stopTimeoutMs: number;
  /** Cut the power of a host that does not shut down in time. */
  readonly powerOff: boolean;
}

/** The host-only network as this computer is in it. */
export interface HostOnlyRange {
  /** `192.168.56.1` */
  readonly address: string;
  readonly netmask: string;
  readonly prefix: number;
  /** `192.168.56.0/24` */
  readonly network: string;
}

/** A rule of VirtualBox's NAT. */
export interface PortForward {
  /** Of the rule. */
  readonly name: string;
  readonly protocol: 'tcp' | 'udp';
  readonly hostIp: string;
  readonly hostPort: number;
  readonly guestPort: number;
}

interface SharedFolder {
  readonly path: string;
  readonly name: string;
}

/** Errors: OPTION_INVALID (exit 2) with the flag. */
export function virtualBoxOptions(values: OptionValues): VirtualBoxOptions {
  const text = (name: string): string | undefined => {
    const value = values[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const number = (name: string, fallback: number): number => {
    const value = values[name];
    return typeof value === 'number' ? value : fallback;
  };
  const list = (name: string): readonly string[] => {
    const value = values[name];
    return Array.isArray(value) ? (value as readonly string[]) : [];
  };
  const folder = text('folder');
  const cloudConfig = text('cloud-config');
  return {
    image: text('image') ?? 'debian-13',
    imageDigest: text('image-digest'),
    memoryMiB: number('memory', 2048),
    cpus: number('cpu-count', 2),
    diskMB: number('disk-size', 20_000),
    extraDisksMB: list('extra-disk').map(diskSize),
    hostOnly: hostOnlyRange(text('hostonly-cidr') ?? '192.168.56.1/24'),
    ports: portForwards(list('port')),
    shares: list('share-folder').map(sharedFolder),
    cloudConfigFile: cloudConfig === undefined ? undefined : resolve(cloudConfig),
    packages: list('packages'),
    user: userName(text('ssh-user') ?? 'swarmup'),
    linkedClone: values['linked-clone'] === true,
    folder: folder === undefined ? undefined : resolve(folder),
    uiType: text('ui-type') ?? 'headless',
    hostDnsResolver: values['host-dns-resolver'] === true,
    stopTimeoutMs: number('stop-timeout', 90) * 1000,
    powerOff: values['power-off'] !== false,
  };
}

const invalid = (option: string, value: string, expected: string): Error =>
  usageError('OPTION_INVALID', `--virtualbox-${option}: '${value}' is not ${expected}`);

function diskSize(text: string): number {
  const size = Number(text);
  if (!Number.isSafeInteger(size) || size < 1) throw invalid('extra-disk', text, 'a whole number of MB');
  return size;
}

function hostOnlyRange(cidr: string): HostOnlyRange {
  if (!ipaddr.IPv4.isValidCIDR(cidr))
    throw invalid('hostonly-cidr', cidr, 'an IPv4 address, for example 192.168.56.1/24');
  const [address, prefix] = ipaddr.IPv4.parseCIDR(cidr);
  const network = networkOf(cidr);
  if (prefix < 8 || prefix > 29) throw invalid('hostonly-cidr', cidr, 'a network of /8 to /29');
  if (`${address.toString()}/${String(prefix)}` === network)
    throw invalid(
      'hostonly-cidr',
      cidr,
      'the address of this computer in the network (it is the address of the network itself)',
    );
  const netmask = ipaddr.IPv4.subnetMaskFromPrefixLength(prefix).toString();
  return { address: address.toString(), netmask, prefix, network };
}

/** VirtualBox itself refuses a port of this computer that leads to two places only when the machine is made already. */
function portForwards(texts: readonly string[]): readonly PortForward[] {
  const ports = texts.map(portForward);
  for (const [index, { name }] of ports.entries())
    if (ports.findIndex((port) => port.name === name) !== index)
      throw invalid('port', texts[index] ?? '', 'a separate port of this computer: another forward uses it');
  return ports;
}

/** VirtualBox takes ports modulo 65536 without a word: they are checked here. */
function portForward(text: string): PortForward {
  const [, ip, host, guest, protocol = 'tcp'] = /^(?:([\d.]+):)?(\d+):(\d+)(?:\/(tcp|udp))?$/.exec(text) ?? [];
  const [hostPort, guestPort] = [Number(host), Number(guest)];
  const isPort = (port: number): boolean => port >= 1 && port <= 65_535;
  if (!isPort(hostPort) || !isPort(guestPort) || (ip !== undefined && !ipaddr.IPv4.isValid(ip)))
    throw invalid('port', text, '[ADDRESS:]PORT:GUEST-PORT[/udp] with ports up to 65535');
  const kind = protocol === 'udp' ? 'udp' : 'tcp';
  return { name: `${kind}-${String(hostPort)}`, protocol: kind, hostIp: ip ?? '127.0.0.1', hostPort, guestPort };
}

/** The name comes last: a path of Windows has a colon of its own. */
function sharedFolder(text: string): SharedFolder {
  const [, path, name] = /^(.+):([A-Za-z0-9_.-]+)$/.exec(text) ?? [];
  if (path === undefined || name === undefined) throw invalid('share-folder', text, 'PATH:NAME');
  return { path: resolve(path), name };
}

function userName(text: string): string {
  if (/^[a-z_][a-z0-9_-]{0,31}$/.test(text) && text !== 'root') return text;
  throw invalid('ssh-user', text, 'a user name other than root, for example swarmup');
}
