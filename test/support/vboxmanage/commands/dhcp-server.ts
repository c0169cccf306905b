import { join } from 'node:path';
import { comError, Failure, toolError } from '../failure.js';
import { parseArguments, type Parsed, syntaxError, valueOf } from '../grammar.js';
import { changeRegistry, readRegistry, userHome } from '../home.js';
import { findMachine } from '../machines.js';
import type { DhcpConfig, DhcpServer, Registry } from '../model.js';
import type { Command } from './command.js';
import { findInterface } from './host-only.js';

const file = 'VBoxManageDHCPServer';

/** Older spellings. */
const aliases = {
  netname: 'network',
  ifname: 'interface',
  ip: 'server-ip',
  'server-address': 'server-ip',
  lowerip: 'lower-ip',
  'lower-address': 'lower-ip',
  upperip: 'upper-ip',
  'upper-address': 'upper-ip',
};

export const dhcpServer: Command = (args) => {
  const [action = '', ...rest] = args;
  if (!['add', 'modify', 'remove', 'findlease'].includes(action)) {
    throw syntaxError('dhcpserver', action === '' ? 'Subcommand missing' : `Invalid subcommand: ${action}`);
  }
  const parsed = parseArguments({ command: 'dhcpserver', form: new RegExp(`dhcpserver ${action} `), aliases }, rest);
  if (parsed.positional[0] !== undefined)
    throw syntaxError('dhcpserver', `Invalid parameter '${parsed.positional[0]}'`);
  const network = networkOf(parsed);
  if (action === 'findlease') return findLease(network);
  changeRegistry((registry) => {
    if (action === 'add') add(registry, network, parsed);
    else if (action === 'remove') {
      const found = serverOf(registry, network);
      registry.dhcp = registry.dhcp.filter((server) => server !== found);
    } else modify(serverOf(registry, network), parsed);
  });
  return 0;
};

/** By its name, or by the interface that it is the network of. */
function networkOf(parsed: Parsed): string {
  const network = valueOf(parsed, 'network');
  if (network !== undefined) return network;
  const name = valueOf(parsed, 'interface');
  if (name === undefined)
    throw syntaxError('dhcpserver', 'You need to specify either --network or --interface to identify the DHCP server');
  try {
    findInterface(readRegistry(), name, [
      'FindHostNetworkInterfaceByName(Bstr(pCtx->pszInterface).mutableRaw(), hif.asOutParam())',
      927,
      file,
    ]);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(error.text + toolError(`Could not find interface '${name}'`).text, 2);
  }
  return `HostInterfaceNetworking-${name}`;
}

const required = ['server-ip', 'netmask', 'lower-ip', 'upper-ip'] as const;

function add(registry: Registry, network: string, parsed: Parsed): void {
  const missing = required.find((name) => valueOf(parsed, name) === undefined);
  if (missing !== undefined) throw syntaxError('dhcpserver', `Missing required option: --${missing}`);
  if (registry.dhcp.some((server) => server.network === network)) throw toolError('DHCP server already exists', 2);
  const server: DhcpServer = { network, ip: '', netmask: '', lower: '', upper: '', enabled: false, configs: [] };
  modify(server, parsed);
  registry.dhcp.push(server);
}

const addressFields: Readonly<Record<string, 'ip' | 'netmask' | 'lower' | 'upper'>> = {
  'server-ip': 'ip',
  netmask: 'netmask',
  'lower-ip': 'lower',
  'upper-ip': 'upper',
};

/** Options in their order: those of one card follow the option that names it. */
function modify(server: DhcpServer, parsed: Parsed): void {
  let config: DhcpConfig | undefined;
  parsed.options.forEach(({ name, value }, index) => {
    const field = addressFields[name];
    if (field !== undefined) server[field] = value;
    else if (name === 'enable' || name === 'disable') server.enabled = name === 'enable';
    else if (name === 'mac-address' || name === 'vm')
      config = configOf(server, name === 'vm' ? vmScope(value, parsed, index) : `MAC ${value.toLowerCase()}`);
    else if (name === 'fixed-address' && config !== undefined) config.fixedAddress = value;
    else if (name === 'remove-config') server.configs = server.configs.filter((one) => one !== config);
  });
}

function vmScope(vm: string, { options }: Parsed, index: number): string {
  const machine = findMachine(vm, ['FindMachine(Bstr(pszVM).raw(), ptrMachine.asOutParam())', 540, file]);
  const next = options[index + 1];
  const slot = next?.name === 'nic' ? Number(next.value) : 1;
  const mac = machine.hardware.nics[slot - 1]?.mac.toLowerCase().replace(/(..)(?=.)/g, '$1:') ?? '';
  return `VM NIC: ${machine.uuid} slot ${String(slot - 1)}, MAC ${mac}`;
}

function configOf(server: DhcpServer, scope: string): DhcpConfig {
  const known = server.configs.find((one) => one.scope === scope);
  if (known !== undefined) return known;
  const made = { scope, fixedAddress: '' };
  server.configs.push(made);
  return made;
}

function serverOf(registry: Registry, network: string): DhcpServer {
  const found = registry.dhcp.find((server) => server.network === network);
  if (found !== undefined) return found;
  throw toolError(`Failed to find DHCP server for network '${network}'`);
}

/** No server of this double ever ran. */
function findLease(network: string): never {
  serverOf(readRegistry(), network);
  const leases = join(userHome(), `${network}-Dhcpd.leases`);
  throw noLeases(leases);
}

const noLeases = (leases: string): Failure =>
  comError(
    `Reading '${leases}' failed: VERR_FILE_NOT_FOUND - Runtime error opening '${leases}' for reading VERR_FILE_NOT_FOUND (File not found.)`,
    'VBOX_E_FILE_ERROR',
    'DHCPServer',
    [
      'FindLeaseByMAC(Bstr(szMac).raw(), 0 , bstrAddress.asOutParam(), bstrState.asOutParam(), &secIssued, &secExpire)',
      1252,
      file,
    ],
  );

const leaseLines = [
  '    minLeaseTime:     default',
  '    defaultLeaseTime: default',
  '    maxLeaseTime:     default',
  '    Forced options:   None',
  '    Suppressed opts.: None',
];

/** Blocks of `list dhcpservers`. */
export function dhcpLines(server: DhcpServer): string[] {
  return [
    `NetworkName:    ${server.network}`,
    `Dhcpd IP:       ${server.ip}`,
    `LowerIPAddress: ${server.lower}`,
    `UpperIPAddress: ${server.upper}`,
    `NetworkMask:    ${server.netmask}`,
    `Enabled:        ${server.enabled ? 'Yes' : 'No'}`,
    'Global Configuration:',
    ...leaseLines,
    `        1/legacy: ${server.netmask}`,
    'Groups:               None',
    ...(server.configs.length === 0 ? ['Individual Configs:   None'] : []),
    ...server.configs.flatMap(({ scope, fixedAddress }) => [
      `Individual Config:    ${scope}`,
      ...(fixedAddress === '' ? [] : [`    Fixed Address:    ${fixedAddress}`]),
      ...leaseLines,
      '    DHCP options:     None',
    ]),
  ];
}
