import { networkInterfaces } from 'node:os';
import { bareError, comError, type Context, Failure, toolError } from '../failure.js';
import { type Option, switchValue, syntaxError } from '../grammar.js';
import { readRegistry } from '../home.js';
import { randomMac } from '../machine-defaults.js';
import type { Forward, Machine, Nic } from '../model.js';
import type { Output } from '../output.js';
import { needMutable } from './modify-vm.js';

export const isNicOption = (name: string): boolean =>
  name === 'nic' || /^(nic-|nat-|mac-|cable-|bridge-|host-only-|cloud-network|intnet|natdns)/.test(name);

/** On Linux; hostonlynet exists on macOS only. */
const attachments = ['none', 'null', 'nat', 'bridged', 'intnet', 'hostonly', 'generic', 'natnetwork', 'cloud'];
const nicTypes: Readonly<Record<string, string>> = {
  am79c970a: 'Am79C970A',
  am79c973: 'Am79C973',
  '82540em': '82540EM',
  '82543gc': '82543GC',
  '82545em': '82545EM',
  virtio: 'virtio',
  usbnet: 'usbnet',
};

const modifyFile = 'VBoxManageModifyVM';

/** Options that name a network, and the attachment that it belongs to. */
const networkOptions: Readonly<Record<string, string>> = {
  'host-only-adapter': 'hostonly',
  'host-only-net': 'hostonlynet',
  'bridge-adapter': 'bridged',
  intnet: 'intnet',
  'nat-network': 'natnetwork',
};

/** One option of a network card. Port forwards may be changed while a state is saved, the rest not. */
export function setNic(machine: Machine, option: Option, output: Output): void {
  const { name, index, value } = option;
  const nic = machine.hardware.nics[index - 1];
  // Told, and the call ends well.
  if (nic === undefined) {
    output.err(toolError(`Invalid NIC number ${String(index)}`).text);
    return;
  }
  if (name === 'nat-pf') {
    setForward(nic, value, [2251, 2264], modifyFile);
    return;
  }
  if (name === 'nic' && isKept(machine, output)) return;
  needMutable(machine, ['COMSETTER(AttachmentType)(ValueUnion.u32)', 2150, modifyFile]);
  const network = networkOptions[name];
  if (network !== undefined) {
    warnMissing(name, value, output);
    nic.networks[network] = value === 'none' ? '' : value;
  } else setPlain(nic, option);
}

/** Where the machine cannot change now, a card stays what it is: an error is told, and the call ends well. */
function isKept(machine: Machine, { err }: Output): boolean {
  try {
    needMutable(machine, ['COMSETTER(Enabled)(TRUE)', 2131, modifyFile]);
    return false;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    err(error.text);
    return true;
  }
}

function setPlain(nic: Nic, { name, index, value }: Option): void {
  switch (name) {
    case 'nic':
      if (!attachments.includes(value)) throw toolError(`Invalid type '${value}' specfied for NIC ${String(index)}`);
      nic.attachment = value;
      if (value === 'nat') nic.localhostReachable = false;
      return;
    case 'nic-type': {
      const type = nicTypes[value.toLowerCase()];
      if (type === undefined) throw toolError(`Invalid NIC type '${value}' specified for NIC ${String(index)}`);
      nic.type = type;
      return;
    }
    case 'cable-connected':
      nic.cable = switchValue('modifyvm', value);
      return;
    case 'mac-address':
      nic.mac = value === 'auto' ? randomMac() : checkMac(value);
      return;
    case 'nat-localhostreachable':
      nic.localhostReachable = switchValue('modifyvm', value);
      return;
    default:
  }
}

/** Twelve hexadecimal digits of a unicast address. */
function checkMac(value: string): string {
  if (/^[0-9a-f]{12}$/i.test(value) && Number.parseInt(value.slice(0, 2), 16) % 2 === 0) return value.toUpperCase();
  const context: Context = ['COMSETTER(MACAddress)(Bstr(ValueUnion.psz).raw())', 2461, modifyFile];
  throw comError('Invalid MAC address format', 'NS_ERROR_INVALID_ARG', 'NetworkAdapter', context);
}

/** The tool only warns: the interface may come later. */
function warnMissing(name: string, value: string, { err }: Output): void {
  if (!['host-only-adapter', 'bridge-adapter'].includes(name) || value === 'none') return;
  if (name === 'host-only-adapter' && readRegistry().hostOnly.some((known) => known.name === value)) return;
  if (name === 'bridge-adapter' && value in networkInterfaces()) return;
  err(`VBoxManage: warning: Interface "${value}" doesn't seem to exist\n`);
}

/**
 * Adds a port forward, `name,protocol,host address,host port,guest address,guest port`, or takes one away, `delete
 * name`; lines are those of the calls in the tool's source. The port is taken modulo 65536, as the real tool does.
 */
export function setForward(nic: Nic, value: string, lines: readonly [add: number, remove: number], file: string): void {
  const removed = /^delete (.*)$/.exec(value)?.[1];
  if (removed !== undefined) {
    if (!nic.forwards.some(({ name }) => name === removed)) {
      const argument = file === modifyFile ? 'Bstr(ValueUnion.psz).raw()' : 'Bstr(a->argv[3]).raw()';
      throw bareError('NS_ERROR_INVALID_ARG', [`RemoveRedirect(${argument})`, lines[1], file]);
    }
    nic.forwards = nic.forwards.filter(({ name }) => name !== removed);
    return;
  }
  const forward = readForward(value);
  if (forward === undefined && value.split(',').length === 6)
    throw toolError(`Invalid proto '${value}' specfied for NIC 1`);
  if (forward === undefined) throw syntaxError('modifyvm', `Missing or invalid argument to '--natpf'`);
  const refused = forwardRefusal(nic, forward);
  if (refused === undefined) nic.forwards.push(forward);
  else {
    const call =
      'AddRedirect(Bstr(strName).raw(), proto, Bstr(strHostIp).raw(), RTStrToUInt16(strHostPort), Bstr(strGuestIp).raw(), RTStrToUInt16(strGuestPort))';
    throw comError(refused, 'NS_ERROR_INVALID_ARG', 'NATEngine', [call, lines[0], file]);
  }
}

function readForward(value: string): Forward | undefined {
  const parts = value.split(',');
  const [name = '', protocol = '', hostIp = '', hostPort = '', guestIp = '', guestPort = ''] = parts;
  if (parts.length !== 6 || (protocol !== 'tcp' && protocol !== 'udp')) return undefined;
  const port = (text: string): number => (Number.parseInt(text, 10) || 0) % 65_536;
  const named = name === '' ? `${protocol}_${String(port(hostPort))}_${String(port(guestPort))}` : name;
  return { name: named, protocol, hostIp, hostPort: port(hostPort), guestIp, guestPort: port(guestPort) };
}

function forwardRefusal({ forwards }: Nic, { name, protocol, hostIp, hostPort }: Forward): string | undefined {
  if (forwards.some((other) => other.name === name)) return 'A NAT rule of this name already exists';
  const same = forwards.some(
    (other) => other.protocol === protocol && other.hostIp === hostIp && other.hostPort === hostPort,
  );
  return same ? 'A NAT rule for this host port and this host IP already exists' : undefined;
}
