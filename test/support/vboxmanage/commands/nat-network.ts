import { bareError, toolError } from '../failure.js';
import { parseArguments, type Parsed, switchValue, syntaxError, valueOf } from '../grammar.js';
import { changeRegistry, readRegistry } from '../home.js';
import type { NatNetwork, Registry } from '../model.js';
import type { Output } from '../output.js';
import type { Command } from './command.js';

export const natNetwork: Command = (args, output) => {
  const [action = '', ...rest] = args;
  if (!['add', 'modify', 'remove', 'list', 'start', 'stop'].includes(action)) {
    throw syntaxError('natnetwork', action === '' ? 'Not enough parameters' : `Invalid parameter '${action}'`);
  }
  const parsed = parseArguments(
    { command: 'natnetwork', form: new RegExp(`natnetwork ${action} `), second: isDelete },
    rest,
  );
  if (action === 'list') return list(output);
  const name = valueOf(parsed, 'netname');
  if (name === undefined) throw syntaxError('natnetwork', 'Missing --netname argument');
  changeRegistry((registry) => {
    if (action === 'add') add(registry, name, parsed);
    else if (action === 'modify') change(networkOf(registry, name), parsed);
    else if (action === 'remove') {
      const found = networkOf(registry, name);
      registry.natNetworks = registry.natNetworks.filter((network) => network !== found);
    } else networkOf(registry, name);
  });
  return 0;
};

const isDelete = ({ name, value }: { readonly name: string; readonly value: string }): boolean =>
  name.startsWith('port-forward') && value === 'delete';

function add(registry: Registry, name: string, parsed: Parsed): void {
  if (valueOf(parsed, 'network') === undefined) throw syntaxError('natnetwork', 'Missing --network argument');
  if (registry.natNetworks.some((network) => network.name === name))
    throw toolError('NATNetwork server already exists');
  const network: NatNetwork = { name, network: '', enabled: true, dhcp: true, ipv6: false, forwards: [] };
  change(network, parsed);
  registry.natNetworks.push(network);
}

function change(network: NatNetwork, { options }: Parsed): void {
  for (const { name, value } of options) {
    if (name === 'network') network.network = value;
    else if (name === 'enable' || name === 'disable') network.enabled = name === 'enable';
    else if (name === 'dhcp') network.dhcp = switchValue('natnetwork', value);
    else if (name === 'ipv6') network.ipv6 = switchValue('natnetwork', value);
    else if (name === 'port-forward-4') forward(network, value);
  }
}

function forward(network: NatNetwork, value: string): void {
  const removed = /^delete (.*)$/.exec(value)?.[1];
  if (removed === undefined) network.forwards.push(value);
  else network.forwards = network.forwards.filter((rule) => !rule.startsWith(`${removed}:`));
}

function networkOf({ natNetworks }: Registry, name: string): NatNetwork {
  const found = natNetworks.find((network) => network.name === name);
  if (found !== undefined) return found;
  throw bareError('NS_ERROR_INVALID_ARG', [
    'FindNATNetworkByName(Bstr(strNetName).raw(), net.asOutParam())',
    250,
    'VBoxManageNATNetwork',
  ]);
}

/** First address of a network: the gateway. */
const gateway = (network: string): string => network.replace(/\d+\/\d+$/, '1');

export function natNetworkLines({ name, network, dhcp, ipv6 }: NatNetwork, enabled?: boolean): string[] {
  const yes = (value: boolean): string => (value ? 'Yes' : 'No');
  return [
    `Name:         ${name}`,
    ...(enabled === undefined ? [] : [`Enabled:      ${yes(enabled)}`]),
    `Network:      ${network}`,
    `Gateway:      ${gateway(network)}`,
    `DHCP Server:  ${yes(dhcp)}`,
    `IPv6:         ${yes(ipv6)}`,
    'IPv6 Prefix:  fd17:625c:f037:2::/64',
    'IPv6 Default: No',
  ];
}

function list({ out }: Output): number {
  const { natNetworks } = readRegistry();
  out('NAT Networks:\n\n');
  for (const network of natNetworks) {
    const rules = network.forwards.map((rule) => `        ${rule}`);
    const forwards = rules.length === 0 ? [] : ['Port-forwarding (ipv4)', ...rules];
    out(
      `${[...natNetworkLines(network, network.enabled), ...forwards, 'loopback mappings (ipv4)', '        127.0.0.1=2'].join('\n')}\n\n`,
    );
  }
  out(`${String(natNetworks.length)} network${natNetworks.length === 1 ? '' : 's'} found\n`);
  return 0;
}
