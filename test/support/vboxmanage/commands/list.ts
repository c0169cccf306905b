import { cpus, freemem, networkInterfaces, release, totalmem } from 'node:os';
import { toolError } from '../failure.js';
import { isGiven, parseArguments, syntaxError } from '../grammar.js';
import { readRegistry } from '../home.js';
import { allMachines } from '../machines.js';
import { mediaTree, mediumLines, megabytes } from '../media.js';
import type { Medium, MediumKind } from '../model.js';
import type { Output } from '../output.js';
import { machineState } from '../sessions.js';
import { recordedText, usageOf } from '../texts.js';
import type { Command } from './command.js';
import { defaultMachineFolder } from './create-vm.js';
import { dhcpLines } from './dhcp-server.js';
import { interfaceLines } from './host-only.js';
import { natNetworkLines } from './nat-network.js';
import { nanoTime } from './show-vm-lines.js';
import { showText } from './show-vm-text.js';

type Topic = (long: boolean, err: Output['err']) => string;

const blocks = (all: readonly (readonly string[])[]): string => all.map((lines) => `${lines.join('\n')}\n\n`).join('');

/** Blocks with a blank line between them, and none at the end. */
const separated = (all: readonly (readonly string[])[]): string =>
  all.map((lines) => `${lines.join('\n')}\n`).join('\n');

const topics: Readonly<Record<string, Topic>> = {
  vms: (long, err) => machines(long, err, () => true),
  runningvms: (long, err) => machines(long, err, (state) => state === 'running' || state === 'paused'),
  hdds: () => media('hdd'),
  dvds: () => media('dvd'),
  floppies: () => '',
  hostonlyifs: () => blocks(readRegistry().hostOnly.map(interfaceLines)),
  dhcpservers: () => separated(readRegistry().dhcp.map(dhcpLines)),
  natnets: () => blocks(readRegistry().natNetworks.map((network) => natNetworkLines(network))),
  bridgedifs: () => blocks(bridged()),
  groups: () => groups(),
  hostinfo: () => hostInfo(),
  systemproperties: () =>
    recordedText('list-systemproperties').replace(/^(Default machine folder: +).*$/m, `$1${defaultMachineFolder()}`),
  ostypes: () => recordedText('list-ostypes'),
  hddbackends: () => recordedText('list-hddbackends'),
  extpacks: () => recordedText('list-extpacks'),
  hostcpuids: () => recordedText('list-hostcpuids'),
  usbhost: () => recordedText('list-usbhost'),
  cloudnets: () => '',
  intnets: () => '',
  hostdvds: () => '',
};

/** Takes no session of any machine: it never collides. */
export const list: Command = (args, { out, err }) => {
  const parsed = parseArguments({ command: 'list', aliases: { l: 'long' } }, args);
  const [topic, more] = parsed.positional;
  if (topic === undefined) {
    out(usageOf('list'));
    return 1;
  }
  const show = topics[topic];
  // Host-only networks exist on macOS only.
  if (show === undefined) throw syntaxError('list', `Unknown subcommand "${topic}".`);
  if (more !== undefined) throw syntaxError('list', `Too many subcommands for "list" command.`);
  out(show(isGiven(parsed, 'long'), err));
  return 0;
};

function machines(long: boolean, err: Output['err'], wanted: (state: string) => boolean): string {
  const { machines: entries } = readRegistry();
  return allMachines()
    .filter(({ machine }) => wanted(machine === undefined ? 'inaccessible' : machineState(machine).state))
    .map(({ uuid, machine }) => {
      const settingsFile = entries.find((entry) => entry.uuid === uuid)?.settingsFile ?? '';
      if (machine === undefined) return long ? inaccessible(uuid, settingsFile, err) : `"<inaccessible>" {${uuid}}\n`;
      return long ? showText(machine) : `"${machine.name}" {${uuid}}\n`;
    })
    .join('');
}

/** Why its settings cannot be read stands on stderr, and the call ends well all the same. */
function inaccessible(uuid: string, settingsFile: string, err: Output['err']): string {
  err(
    [
      `Runtime error opening '${settingsFile}' for reading VERR_FILE_NOT_FOUND (File not found.).`,
      '/build/reproducible-path/virtualbox-7.2.22-dfsg/src/VBox/Main/src-server/MachineImpl.cpp[999] (nsresult Machine::i_registeredInit())',
      'Details: code NS_ERROR_FAILURE (0x80004005), component MachineWrap, interface IMachine',
    ]
      .map((line) => toolError(line).text)
      .join(''),
  );
  const lines = [
    'Name:            <inaccessible!>',
    `UUID:            ${uuid}`,
    `Config file:     ${settingsFile}`,
    'Encryption:     disabled',
    'Access error details:',
  ];
  return `${lines.join('\n')}\n\n`;
}

function media(kind: MediumKind): string {
  const all = readRegistry().media.filter((medium) => medium.kind === kind);
  return blocks(mediaTree(all).map(mediumBlock));
}

const mediumBlock = (medium: Medium): string[] => [
  ...mediumLines(medium),
  `Capacity:       ${String(megabytes(medium.bytes))} MBytes`,
  'Encryption:     disabled',
];

function groups(): string {
  const all = allMachines().flatMap(({ machine }) => (machine === undefined ? [] : machine.groups.split(',')));
  return [...new Set(all)].map((group) => `"${group}"\n`).join('');
}

function bridged(): string[][] {
  return Object.entries(networkInterfaces())
    .filter(([name]) => name !== 'lo')
    .map(([name, addresses = []]) => {
      const ipv4 = addresses.find(({ family }) => family === 'IPv4');
      const mac = addresses[0]?.mac ?? '00:00:00:00:00:00';
      return interfaceLines({
        name,
        guid: `effffff9-0000-4000-8000-${mac.replaceAll(':', '')}`,
        mac,
        ip: ipv4?.address ?? '0.0.0.0',
        netmask: ipv4?.netmask ?? '0.0.0.0',
        up: ipv4 !== undefined,
      });
    });
}

function hostInfo(): string {
  const processors = cpus();
  const count = String(processors.length);
  return [
    'Host Information:',
    '',
    `Host time: ${nanoTime(new Date().toISOString())}Z`,
    `Processor online count: ${count}`,
    `Processor count: ${count}`,
    `Processor online core count: ${count}`,
    `Processor core count: ${count}`,
    'Processor supports HW virtualization: no',
    'Processor supports PAE: yes',
    'Processor supports long mode: yes',
    'Processor supports nested paging: no',
    'Processor supports unrestricted guest: no',
    'Processor supports nested HW virtualization: no',
    'Processor supports virt. vmsave/vmload: no',
    ...processors.flatMap(({ model, speed }, index) => [
      `Processor#${String(index)} speed: ${String(speed)} MHz`,
      `Processor#${String(index)} description: ${model}`,
    ]),
    `Memory size: ${String(megabytes(totalmem()))} MByte`,
    `Memory available: ${String(megabytes(freemem()))} MByte`,
    'Operating system: Linux',
    `Operating system version: ${release()}`,
    '',
  ].join('\n');
}
