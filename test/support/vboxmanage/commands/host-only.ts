import { randomBytes } from 'node:crypto';
import { bareError, comError, type Context, type Failure, finishedBar, progressError } from '../failure.js';
import { deleteNetwork } from '../disk-files.js';
import { strikes } from '../faults.js';
import { isGiven, parseArguments, syntaxError, valueOf } from '../grammar.js';
import { changeRegistry } from '../home.js';
import type { HostOnlyInterface, Registry } from '../model.js';
import { ipNumber, isAllowed } from '../networks.js';
import type { Command } from './command.js';

const file = 'VBoxManageHostonly';

export const hostOnlyIf: Command = (args, output) => {
  const [action = '', ...rest] = args;
  const act = actions[action];
  if (act === undefined)
    throw syntaxError('hostonlyif', action === '' ? 'No subcommand specified' : `Unknown subcommand: ${action}`);
  return act(rest, output);
};

const actions: Readonly<Record<string, Command>> = { create, ipconfig, remove };

function create(args: readonly string[], { out, err }: Parameters<Command>[1]): number {
  if (args[0] !== undefined) throw syntaxError('hostonlyif', `Invalid parameter '${args[0]}'`);
  if (strikes('no-vboxnetctl', 'hostonlyif')) throw noControl();
  const name = changeRegistry((registry) => {
    const made = newInterface(registry);
    registry.hostOnly.push(made);
    return made.name;
  });
  err(finishedBar);
  out(`Interface '${name}' was successfully created\n`);
  return 0;
}

const noControl = (): Failure =>
  progressError(
    0,
    'NS_ERROR_FAILURE',
    comError(
      'Failed to create the host-only adapter\nVBoxNetAdpCtl: Error while adding new interface: failed to open /dev/vboxnetctl: No such file or directory',
      'NS_ERROR_FAILURE',
      'HostNetworkInterface',
      ['RTEXITCODE handleCreate(HandlerArg*)', 105, file],
    ),
  );

/** The first free number; an address is shown for it before it has one. */
function newInterface({ hostOnly }: Registry): HostOnlyInterface {
  let number = 0;
  while (hostOnly.some(({ name }) => name === `vboxnet${String(number)}`)) number += 1;
  const mac = `0a0027${randomBytes(3).toString('hex')}`;
  return {
    name: `vboxnet${String(number)}`,
    guid: `${Buffer.from('vbox').reverse().toString('hex').slice(0, 2)}000562-0000-4000-8000-${mac}`,
    mac: mac.replace(/(..)(?=.)/g, '$1:'),
    ip: `192.168.${String(56 + number)}.1`,
    netmask: '255.255.255.0',
    up: false,
  };
}

function ipconfig(args: readonly string[]): number {
  const parsed = parseArguments(
    { command: 'hostonlyif', form: /hostonlyif ipconfig /, aliases: { 'net-mask': 'netmask' } },
    args,
  );
  const [name, more] = parsed.positional;
  if (name === undefined || more !== undefined) throw syntaxError('hostonlyif', 'Interface name is required');
  const ip = valueOf(parsed, 'ip');
  if (ip === undefined && !isGiven(parsed, 'dhcp') && !isGiven(parsed, 'ipv6'))
    throw syntaxError('hostonlyif', 'Neither --dhcp nor --ip nor --ipv6 was specfified');
  changeRegistry((registry) => {
    const found = findInterface(registry, name, [
      'FindHostNetworkInterfaceByName(Bstr(pszName).raw(), hif.asOutParam())',
      242,
      file,
    ]);
    if (ip === undefined) return;
    if (ipNumber(ip) === undefined || !isAllowed(ip)) {
      const call = 'EnableStaticIPConfig(Bstr(pszIp).raw(), Bstr(pszNetmask).raw())';
      throw bareError(ipNumber(ip) === undefined ? 'NS_ERROR_INVALID_ARG' : 'E_ACCESSDENIED', [call, 252, file]);
    }
    found.ip = ip;
    found.netmask = valueOf(parsed, 'netmask') ?? '255.255.255.0';
    found.up = true;
  });
  return 0;
}

export function findInterface({ hostOnly }: Registry, name: string, context: Context): HostOnlyInterface {
  const found = hostOnly.find((one) => one.name === name);
  if (found !== undefined) return found;
  throw comError(
    `The host network interface named '${name}' could not be found`,
    'NS_ERROR_INVALID_ARG',
    'Host',
    context,
  );
}

function remove(args: readonly string[], { err }: Parameters<Command>[1]): number {
  const [name, more] = args;
  if (name === undefined || more !== undefined) throw syntaxError('hostonlyif', 'Interface name is required');
  changeRegistry((registry) => {
    findInterface(registry, name, ['FindHostNetworkInterfaceByName(Bstr(pszName).raw(), hif.asOutParam())', 150, file]);
    registry.hostOnly = registry.hostOnly.filter((one) => one.name !== name);
  });
  deleteNetwork(name);
  err(finishedBar);
  return 0;
}

/** Blocks of `list hostonlyifs`. */
export function interfaceLines({ name, guid, mac, ip, netmask, up }: HostOnlyInterface): string[] {
  return [
    `Name:            ${name}`,
    `GUID:            ${guid}`,
    'DHCP:            Disabled',
    `IPAddress:       ${ip}`,
    `NetworkMask:     ${netmask}`,
    `IPV6Address:     ${up ? linkLocal(mac) : ''}`,
    `IPV6NetworkMaskPrefixLength: ${up ? '64' : '0'}`,
    `HardwareAddress: ${mac}`,
    'MediumType:      Ethernet',
    'Wireless:        No',
    `Status:          ${up ? 'Up' : 'Down'}`,
    `VBoxNetworkName: HostInterfaceNetworking-${name}`,
  ];
}

/** EUI-64 of a hardware address. */
function linkLocal(mac: string): string {
  const bytes = mac.split(':').map((byte) => Number.parseInt(byte, 16));
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = bytes;
  const group = (high: number, low: number): string => (high * 256 + low).toString(16);
  return `fe80::${[group(a ^ 2, b), group(c, 0xff), group(0xfe, d), group(e, f)].join(':')}`;
}
