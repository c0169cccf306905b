import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { readRegistry, userHome } from '../home.js';
import type { Nic } from '../model.js';
import { prefixLength } from '../networks.js';
import { Refusal } from './backend.js';
import { homeId } from './container-network.js';

/** QEMU's side of a card: its own NAT, or a host-only network. */
export function netdevOf(nic: Nic, number: number): string {
  // The addresses that VirtualBox's NAT has, a network per card.
  if (nic.attachment === 'nat')
    return `user,net=10.0.${String(number + 1)}.0/24,dhcpstart=10.0.${String(number + 1)}.15`;
  if (nic.attachment === 'hostonly') return hostOnly(nic.networks['hostonly'] ?? '', nic.mac);
  throw new Refusal(`Failed to attach the network LUN: no ${nic.attachment} network here (VERR_NOT_SUPPORTED)`);
}

/** Interfaces have names of at most 15 characters. */
const bridgeName = (adapter: string): string => `vb${homeId().slice(0, 6)}${adapter.replace(/^vboxnet/, '-')}`;

/** Of a card; machines of other folders of settings may have cards of the same address. */
const tapName = (mac: string): string =>
  `vb${createHash('sha256')
    .update(userHome() + mac.toLowerCase())
    .digest('hex')
    .slice(0, 12)}`;

const ip = (...args: readonly string[]): unknown => execFileSync('ip', args, { stdio: 'pipe' });

const attempt = (work: () => unknown): void => {
  try {
    work();
  } catch {
    // It is there already, or gone already.
  }
};

const canBridge = (): boolean => process.getuid?.() === 0 && existsSync('/dev/net/tun');

/**
 * A bridge with the address of the interface, so that this machine reaches the guests; a tap device of the card's in it.
 * Without the rights for that the guests reach each other only: a network of multicast datagrams on the loopback.
 */
function hostOnly(adapter: string, mac: string): string {
  const found = readRegistry().hostOnly.find(({ name }) => name === adapter);
  if (found === undefined)
    throw new Refusal(`Nonexistent host networking interface, name '${adapter}' (VERR_INTERNAL_ERROR)`);
  if (!canBridge()) {
    const port =
      20_000 +
      (createHash('sha256')
        .update(userHome() + adapter)
        .digest()
        .readUInt16BE(0) %
        20_000);
    return `socket,mcast=230.0.0.77:${String(port)},localaddr=127.0.0.1`;
  }
  const bridge = bridgeName(adapter);
  attempt(() => ip('link', 'add', bridge, 'type', 'bridge'));
  attempt(() => ip('addr', 'add', `${found.ip}/${String(prefixLength(found.netmask))}`, 'dev', bridge));
  ip('link', 'set', bridge, 'up');
  // Where bridged frames pass the packet filter, Docker's rules would drop them.
  attempt(() => execFileSync('iptables', ['-D', ...filterRule(bridge)], { stdio: 'pipe' }));
  attempt(() => execFileSync('iptables', ['-I', ...filterRule(bridge)], { stdio: 'pipe' }));
  const tap = tapName(mac);
  attempt(() => ip('tuntap', 'add', 'dev', tap, 'mode', 'tap'));
  ip('link', 'set', tap, 'master', bridge, 'up');
  return `tap,ifname=${tap},script=no,downscript=no`;
}

const filterRule = (bridge: string): readonly string[] => ['FORWARD', '-i', bridge, '-o', bridge, '-j', 'ACCEPT'];

export function removeTaps(nics: readonly Nic[]): void {
  for (const { attachment, mac } of nics) {
    if (attachment === 'hostonly') attempt(() => ip('link', 'del', tapName(mac)));
  }
}

export function removeBridge(adapter: string): void {
  const bridge = bridgeName(adapter);
  const members = `/sys/class/net/${bridge}/brif`;
  if (!existsSync(members)) return;
  // Taps of machines whose process was killed.
  for (const tap of readdirSync(members)) attempt(() => ip('link', 'del', tap));
  attempt(() => ip('link', 'del', bridge));
  attempt(() => execFileSync('iptables', ['-D', ...filterRule(bridge)], { stdio: 'pipe' }));
}
