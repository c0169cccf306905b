import { findOsType } from '../machine-defaults.js';
import { readRegistry } from '../home.js';
import { mediumPath } from '../media.js';
import { besideSettings, logFolder, snapshotFolder } from '../machines.js';
import type { Controller, Machine, Medium, MachineState, Nic } from '../model.js';
import { machineState } from '../sessions.js';
import { maxPorts } from '../storage-rules.js';
import { nanoTime, settingOf, snapshotTree } from './show-vm-lines.js';

const row = (key: string, value: string): string => `${`${key}:`.padEnd(29)}${value}`;

const stateWords: Readonly<Record<MachineState, string>> = {
  poweroff: 'powered off',
  saved: 'saved',
  aborted: 'aborted',
  'aborted-saved': 'aborted-saved',
  running: 'running',
  paused: 'paused',
  starting: 'starting',
  restoring: 'restoring',
  stopping: 'stopping',
  saving: 'saving',
};

const bootWords: Readonly<Record<string, string>> = {
  none: 'Not Assigned',
  floppy: 'Floppy',
  dvd: 'DVD',
  disk: 'HardDisk',
  net: 'Network',
};

/** What people get of a machine: `showvminfo` without options, and an entry of `list --long vms`. */
export function showText(machine: Machine): string {
  const { media } = readRegistry();
  const lines = [
    ...systemRows(machine),
    ...storageRows(machine, media),
    ...machine.hardware.nics.flatMap((nic, index) => nicRows(nic, String(index + 1))),
    ...deviceRows(machine),
    ...sharedFolderRows(machine),
    ...recordingRows(machine),
    ...(machine.description === '' ? [] : ['Description:', machine.description]),
    ...(machine.snapshots.length === 0 ? [] : ['* Snapshots:', ...snapshotTree(machine)]),
    '* Guest:',
    row('Configured memory balloon', '0MB'),
  ];
  return `${lines.join('\n')}\n\n`;
}

function systemRows(machine: Machine): string[] {
  const set = settingOf(machine);
  const { state, changed } = machineState(machine);
  const enabled = (name: string, usual = 'off'): string => (set(name, usual) === 'on' ? 'enabled' : 'disabled');
  return [
    row('Name', machine.name),
    row('Encryption', 'disabled'),
    row('Groups', machine.groups),
    row('Platform Architecture', machine.platform === 'arm' ? 'ARM' : 'x86'),
    row('Guest OS', findOsType(machine.osType)?.description ?? machine.osType),
    row('UUID', machine.uuid),
    row('Config file', machine.settingsFile),
    row('Snapshot folder', snapshotFolder(machine)),
    row('Log folder', logFolder(machine)),
    row('Hardware UUID', set('hardware-uuid', machine.uuid)),
    row('Memory size', `${set('memory', '1024')}MB`),
    row('Page Fusion', enabled('page-fusion')),
    row('VRAM size', `${set('vram', '8')}MB`),
    row('CPU exec cap', `${set('cpu-execution-cap', '100')}%`),
    row('CPUProfile', set('cpu-profile', 'host')),
    row('Chipset', set('chipset', 'piix3')),
    row('Firmware', set('firmware', 'bios').toUpperCase()),
    row('Number of CPUs', set('cpus', '1')),
    row('HPET', enabled('x86-hpet')),
    row('PAE', enabled('x86-pae')),
    row('Long Mode', enabled('x86-long-mode', 'on')),
    row('Triple Fault Reset', enabled('triple-fault-reset')),
    row('APIC', enabled('apic', 'on')),
    row('X2APIC', enabled('x86-x2apic', 'on')),
    row('Nested VT-x/AMD-V', enabled('nested-hw-virt')),
    row('CPUID overrides', 'None'),
    row('Hardware Virtualization', enabled('hwvirtex', 'on')),
    row('Nested Paging', enabled('nested-paging', 'on')),
    row('Large Pages', enabled('large-pages')),
    row('VT-x VPID', enabled('x86-vtx-vpid', 'on')),
    row('VT-x Unrestricted Exec.', enabled('x86-vtx-ux', 'on')),
    row('AMD-V Virt. Vmsave/Vmload', enabled('virt-vmsave-vmload', 'on')),
    row('CPUID Portability Level', set('cpuid-portability-level', '0')),
    row('Boot menu mode', bootMenu(set('firmware-boot-menu', 'messageandmenu'))),
    ...['floppy', 'dvd', 'disk', 'none'].map((usual, index) =>
      row(`Boot Device ${String(index + 1)}`, bootWords[set(`boot${String(index + 1)}`, usual)] ?? ''),
    ),
    row('ACPI', enabled('acpi', 'on')),
    row('IOAPIC', enabled('ioapic', 'on')),
    row('BIOS APIC mode', set('firmware-apic', 'apic').toUpperCase()),
    row('Time offset', '0ms'),
    row('BIOS NVRAM File', besideSettings(machine, '.nvram')),
    row('RTC', set('rtc-use-utc', 'off') === 'on' ? 'UTC' : 'local time'),
    row('IOMMU', 'None'),
    row('Paravirt. Provider', 'Default'),
    row('Effective Paravirt. Prov.', set('paravirt-effective', 'none') === 'kvm' ? 'KVM' : 'None'),
    row('State', `${stateWords[state]} (since ${nanoTime(changed).replace(/Z$/, '')})`),
    row('Graphics Controller', graphics(set('graphicscontroller', 'vboxvga'))),
    row('Monitor count', set('monitor-count', '1')),
    row('3D Acceleration', enabled('accelerate-3d')),
    row('Teleporter Enabled', enabled('teleporter')),
    row('Teleporter Port', '0'),
    row('Teleporter Address', ''),
    row('Teleporter Password', ''),
    row('Tracing Enabled', enabled('tracing-enabled')),
    row('Allow Tracing to Access VM', enabled('tracing-allow-vm-access')),
    row('Tracing Configuration', ''),
    row('Autostart Enabled', enabled('autostart-enabled')),
    row('Autostart Delay', set('autostart-delay', '0')),
    row('Default Frontend', set('default-frontend', '')),
    row('VM process priority', set('vm-process-priority', 'default')),
  ];
}

const bootMenu = (mode: string): string =>
  ({ disabled: 'disabled', menuonly: 'menu only' })[mode] ?? 'message and menu';
const graphics = (name: string): string =>
  ({ vboxvga: 'VBoxVGA', vmsvga: 'VMSVGA', vboxsvga: 'VBoxSVGA' })[name] ?? name;

function storageRows({ hardware: { controllers } }: Machine, media: readonly Medium[]): string[] {
  if (controllers.length === 0) return [row('Storage Controllers', '<none>')];
  return [
    'Storage Controllers:',
    ...controllers.flatMap((controller, index) => controllerRows(controller, index, media)),
  ];
}

function controllerRows(controller: Controller, index: number, media: readonly Medium[]): string[] {
  return [
    `#${String(index)}: '${controller.name}', Type: ${controller.type}, Instance: 0, Ports: ${String(controller.ports)} (max ${String(maxPorts(controller))})${controller.bootable ? ', Bootable' : ''}`,
    ...controller.attachments.flatMap(({ port, device, medium, nonRotational }) => {
      const place = `  Port ${String(port)}, Unit ${String(device)}:`;
      if (medium === undefined) return [`${place} Empty`];
      return [
        `${place} UUID: ${medium}${nonRotational ? ', non-rotational (SSD)' : ''}`,
        `    Location: "${mediumPath(media, medium)}"`,
      ];
    }),
  ];
}

const attachmentWords: Readonly<Record<string, (network: string) => string>> = {
  nat: () => 'NAT',
  hostonly: (network) => `Host-only Interface '${network}'`,
  bridged: (network) => `Bridged Interface '${network}'`,
  intnet: (network) => `Internal Network '${network}'`,
  natnetwork: (network) => `NAT Network '${network}'`,
};

function nicRows(nic: Nic, number: string): string[] {
  if (nic.attachment === 'none') return [row(`NIC ${number}`, 'disabled')];
  const attachment = attachmentWords[nic.attachment]?.(nic.networks[nic.attachment] ?? '') ?? 'none';
  const head = row(
    `NIC ${number}`,
    `MAC: ${nic.mac}, Attachment: ${attachment}, Cable connected: ${nic.cable ? 'on' : 'off'}, Trace: off (file: none), Type: ${nic.type}, ` +
      'Reported speed: 0 Mbps, Boot priority: 0, Promisc Policy: deny, Bandwidth group: none',
  );
  if (nic.attachment !== 'nat') return [head];
  return [
    head,
    `NIC ${number} Settings:`,
    '\tMTU: 0, Socket (send: 64, receive: 64), TCP Window (send:64, receive: 64),',
    `\tLocalhostReachable: ${nic.localhostReachable ? '1' : '0'}, ForwardBroadcast: 0, EnableTFTP: 0`,
    ...[...nic.forwards]
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(
        (rule, index) =>
          `NIC ${number} Rule(${String(index)}):   name = ${rule.name}, protocol = ${rule.protocol}, host ip = ${rule.hostIp}, ` +
          `host port = ${String(rule.hostPort)}, guest ip = ${rule.guestIp}, guest port = ${String(rule.guestPort)}`,
      ),
  ];
}

function deviceRows(machine: Machine): string[] {
  const { settings } = machine.hardware;
  const { state } = machineState(machine);
  const audio =
    settings['audio-enabled'] === 'off' ? 'disabled' : 'enabled (Driver: Default, Controller: AC97, Codec: STAC9700)';
  return [
    row('Pointing Device', 'PS/2 Mouse'),
    row('Keyboard Device', 'PS/2 Keyboard'),
    ...['1', '2', '3', '4'].flatMap((number) => uartRows(settings, number)),
    row('LPT 1', 'disabled'),
    row('LPT 2', 'disabled'),
    row('Audio', audio),
    row('Audio playback', settings['audio-out'] === 'on' ? 'enabled' : 'disabled'),
    row('Audio capture', settings['audio-in'] === 'on' ? 'enabled' : 'disabled'),
    row('Clipboard Mode', settings['clipboard-mode'] ?? 'disabled'),
    row('Clipboard file transfers', 'disabled'),
    row('Drag and drop Mode', settings['drag-and-drop'] ?? 'disabled'),
    ...(state === 'running' || state === 'paused' ? [row('Session name', 'headless')] : []),
    row('VRDE', settings['vrde'] === 'on' ? 'enabled' : 'disabled'),
    row('OHCI USB', settings['usb-ohci'] === 'on' ? 'enabled' : 'disabled'),
    row('EHCI USB', settings['usb-ehci'] === 'on' ? 'enabled' : 'disabled'),
    row('xHCI USB', settings['usb-xhci'] === 'on' ? 'enabled' : 'disabled'),
    row('USB Device Filters', '<none>'),
    row('Bandwidth groups', '<none>'),
  ];
}

function uartRows(settings: Readonly<Record<string, string>>, number: string): string[] {
  const port = settings[`uart${number}`];
  if (port === undefined || port === 'off') return [row(`UART ${number}`, 'disabled')];
  const [io = '0', irq = '0'] = port.split(' ');
  const file = /^file (.*)$/.exec(settings[`uart-mode${number}`] ?? '')?.[1];
  const attached = file === undefined ? 'disconnected' : `attached to raw file '${file}'\n`;
  return [
    row(
      `UART ${number}`,
      `I/O address: 0x${Number(io).toString(16).padStart(4, '0')}, IRQ: ${irq}, ${attached}, ${settings[`uart-type${number}`] ?? '16550A'}`,
    ),
  ];
}

function sharedFolderRows({ hardware: { sharedFolders } }: Machine): string[] {
  if (sharedFolders.length === 0) return [row('Shared folders', '<none>')];
  return [
    row('Shared folders', ''),
    '',
    ...sharedFolders.map(
      ({ name, hostPath, writable, autoMount, mountPoint, symlinkPolicy }) =>
        `Name: '${name}', Host path: '${hostPath}' (machine mapping), ${writable ? 'writable' : 'readonly'}` +
        (autoMount ? ', auto-mount' : '') +
        (mountPoint === '' ? '' : `, mount-point: '${mountPoint}'`) +
        (symlinkPolicy === '' ? '' : `, symlink-policy: ${symlinkPolicy}`),
    ),
    '',
  ];
}

const recordingRows = (machine: Machine): string[] => [
  row('Recording status', 'stopped'),
  row('Recording enabled', 'no'),
  row('Recording screens', '1'),
  ' Screen 0:',
  '    Enabled:                 yes',
  '    ID:                      0',
  '    Record video:            yes',
  '    Record audio:            no',
  '    Destination:             File',
  `    File:                    ${besideSettings(machine, '-screen0.webm')}`,
  '    Options:                 ac_profile=med',
  '    Video dimensions:        1024x768',
  '    Video rate:              512kbps',
  '    Video FPS:               25fps',
];
