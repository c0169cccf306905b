import { readFile } from 'node:fs/promises';
import ipaddr from 'ipaddr.js';
import { contains } from '../../../lib/cidr.js';
import { SwarmupError } from '../../../lib/errors.js';
import { exitCodes } from '../../../lib/exit-codes.js';
import { swarmup } from '../../../lib/typed-command.js';
import type { HostOnlyRange } from '../options.js';
import { hostOnlyMac } from '../state.js';
import type { Computer } from '../tool/find-tool.js';
import { type ListedVm, parseBlocks } from '../tool/parse.js';
import type { VBoxManage } from '../tool/vboxmanage.js';

const policyFile = '/etc/vbox/networks.conf';
/** What VBoxNetAdpCtl allows without that file. Source: VirtualBox manual, "Host-Only Networking". */
const allowedByDefault = ['192.168.56.0/21', 'fe80::/10'];

/** macOS has host-only networks of its own (vmnet) instead of interfaces since VirtualBox 7. */
export const hasNetworks = ({ platform }: Pick<Computer, 'platform'>): boolean => platform === 'darwin';

/**
 * Looks whether VirtualBox lets host-only networks use the range; its own error does not say why not.
 * Errors: HOSTONLY_FORBIDDEN (exit 3).
 */
export async function requireAllowedRange(
  { address, network }: HostOnlyRange,
  { platform }: Pick<Computer, 'platform'>,
  file = policyFile,
): Promise<void> {
  if (platform !== 'linux') return;
  const text = await readFile(file, 'utf8').catch(() => undefined);
  const allowed = text === undefined ? allowedByDefault : parsePolicy(text);
  if (allowed.some((range) => range === '*' || contains(range, address))) return;
  throw new SwarmupError(
    'HOSTONLY_FORBIDDEN',
    `VirtualBox does not allow the range ${network} for host-only networks: ${text === undefined ? 'without' : 'see'} ${file}` +
      `, ${allowed.length === 0 ? 'nothing is' : `only ${allowed.join(', ')} ${allowed.length === 1 ? 'is' : 'are'}`} allowed`,
    {
      exitCode: exitCodes.preflight,
      hints: [
        `allow the range: echo '* ${network}' | sudo tee -a ${file}`,
        'or use another range: --virtualbox-hostonly-cidr 192.168.56.1/24',
      ],
    },
  );
}

/** Lines `* CIDR CIDR …`; `*` alone allows everything. */
export function parsePolicy(text: string): readonly string[] {
  const lines = text.split('\n').filter((line) => /^\s*\*/.test(line));
  const ranges = lines.flatMap((line) => line.replace(/#.*/, '').trim().slice(1).split(/\s+/).filter(Boolean));
  if (lines.some((line) => line.replace(/#.*/, '').trim() === '*')) return ['*'];
  return ranges.filter((range) => ipaddr.isValidCIDR(range));
}

/**
 * The options of `modifyvm` that put the second card into the host-only network, which is made when missing. The
 * caller holds the lock of everything that machines share. Errors: HOSTONLY_FORBIDDEN, HOSTONLY_UNAVAILABLE (exit 3).
 */
export async function ensureHostOnly(tool: VBoxManage, range: HostOnlyRange): Promise<readonly string[]> {
  if (hasNetworks(tool.computer))
    return ['--nic2', 'hostonlynet', '--host-only-net2', await ensureNetwork(tool, range)];
  return ['--nic2', 'hostonly', '--hostonlyadapter2', await ensureInterface(tool, range)];
}

/**
 * The interface with this computer's address. `Down` with that address is only the default of a new interface: it is
 * configured, too.
 */
async function ensureInterface(tool: VBoxManage, range: HostOnlyRange): Promise<string> {
  const blocks = parseBlocks(await tool.list('hostonlyifs'), 'Name');
  const found = blocks.find(
    (block) => block.get('IPAddress') === range.address && block.get('NetworkMask') === range.netmask,
  );
  const name = found?.get('Name');
  if (name !== undefined && found?.get('Status') === 'Up') return name;
  await requireAllowedRange(range, tool.computer);
  const used = name ?? (await createInterface(tool));
  await tool.run(['hostonlyif', 'ipconfig', used, '--ip', range.address, '--netmask', range.netmask]);
  return used;
}

async function createInterface(tool: VBoxManage): Promise<string> {
  const { stdout } = await tool.run(['hostonlyif', 'create']);
  const name = /^Interface '(.+)' was successfully created/m.exec(stdout)?.[1];
  if (name === undefined)
    throw new SwarmupError('VBOX_FAILED', `VBoxManage hostonlyif create: the output was '${stdout}'`);
  return name;
}

const networkName = 'swarmup';

/** Its addresses begin with that of this computer: vmnet gives it the first one. */
async function ensureNetwork(tool: VBoxManage, { address, netmask, network, prefix }: HostOnlyRange): Promise<string> {
  const blocks = parseBlocks(await tool.list('hostonlynets'), 'Name');
  const found = blocks.find((block) => contains(network, block.get('LowerIP') ?? ''));
  if (found !== undefined) return found.get('Name') ?? networkName;
  const name = blocks.some((block) => block.get('Name') === networkName)
    ? `${networkName}-${network.split('/')[0] ?? ''}`
    : networkName;
  const upper = offsetAddress(network, Math.min(199, 2 ** (32 - prefix) - 2));
  await tool.run([
    'hostonlynet',
    'add',
    '--name',
    name,
    '--netmask',
    netmask,
    '--lower-ip',
    address,
    '--upper-ip',
    upper,
    '--enable',
  ]);
  return name;
}

interface AddressWish {
  readonly left?: number;
  /** By other hosts on record, whether they exist or not. */
  readonly reserved?: readonly string[];
  readonly own?: readonly string[];
}

/**
 * An address that no machine in the list has, as the MAC addresses of the cards show (`hostOnlyMac`), and that is not
 * reserved; `left` addresses stay free for other hosts. A host that is made again gets its `own` address. From .50 on, because people give .10 and .11 to their own machines; up to
 * .99, because VirtualBox's DHCP server of the network assigns .101 to .254. Errors: ADDRESSES_EXHAUSTED (exit 3).
 */
export function chooseAddress(range: HostOnlyRange, vms: readonly ListedVm[], wish: AddressWish = {}): string {
  const { left = 0, reserved = [], own = [] } = wish;
  const size = 2 ** (32 - range.prefix);
  const [first, last] = size >= 256 ? [10, 99] : [2, size - 2];
  const middle = size >= 256 ? 50 : first;
  const taken = new Set(vms.flatMap(({ macs }) => macs));
  const offsets = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  const ordered = [...offsets.filter((offset) => offset >= middle), ...offsets.filter((offset) => offset < middle)];
  const free = ordered
    .map((offset) => offsetAddress(range.network, offset))
    .filter((candidate) => candidate !== range.address && !taken.has(hostOnlyMac(candidate)))
    .filter((candidate) => !reserved.includes(candidate));
  const address = own.find((earlier) => free.includes(earlier)) ?? free[Math.min(left, free.length - 1)];
  if (address !== undefined) return address;
  throw new SwarmupError('ADDRESSES_EXHAUSTED', `no address of ${range.network} is free for a host`, {
    exitCode: exitCodes.preflight,
    hints: [`use another network (--virtualbox-hostonly-cidr), or remove hosts: ${swarmup`rm NAME`}`],
  });
}

function offsetAddress(network: string, offset: number): string {
  const [base] = ipaddr.IPv4.parseCIDR(network);
  const number = Buffer.from(base.toByteArray()).readUInt32BE() + offset;
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(number);
  return bytes.join('.');
}
