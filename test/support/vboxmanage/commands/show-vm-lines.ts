import { mediumPath } from '../media.js';
import { findOsType } from '../machine-defaults.js';
import { besideSettings, logFolder, snapshotFolder } from '../machines.js';
import type { Controller, Machine, Medium, Nic, Snapshot } from '../model.js';
import { machineState } from '../sessions.js';
import { maxPorts, presentPlaces } from '../storage-rules.js';

/** Lines of `showvminfo --machinereadable` in its own order. */
export function machineReadable(machine: Machine, media: readonly Medium[]): string[] {
  const { state } = machineState(machine);
  const runs = state === 'running' || state === 'paused';
  return [
    ...systemLines(machine),
    ...stateLines(machine),
    ...machine.hardware.controllers.flatMap(controllerLines),
    ...machine.hardware.controllers.flatMap((controller) => attachmentLines(controller, media)),
    ...machine.hardware.nics.flatMap((nic, index) => nicLines(nic, index + 1)),
    ...deviceLines(machine, runs),
    ...machine.hardware.sharedFolders.flatMap((folder, index) => [
      `SharedFolderNameMachineMapping${String(index + 1)}="${folder.name}"`,
      `SharedFolderPathMachineMapping${String(index + 1)}="${folder.hostPath}"`,
    ]),
    ...recordingLines(machine),
    ...(machine.description === '' ? [] : [`description="${machine.description}"`]),
    ...snapshotLines(machine),
    'GuestMemoryBalloon=0',
    ...(runs ? [`GuestOSType="${machine.osType}"`, 'GuestAdditionsRunLevel=0'] : []),
  ];
}

const text = (key: string, value: string): string => `${key}="${value}"`;

type Setting = (name: string, usual: string) => string;

/** Settings as they were made, or as they are without being made. */
export const settingOf =
  ({ hardware: { settings } }: Machine): Setting =>
  (name, usual) =>
    settings[name] ?? usual;

function systemLines(machine: Machine): string[] {
  const set = settingOf(machine);
  return [
    text('name', machine.name),
    text('encryption', 'disabled'),
    text('groups', machine.groups),
    text('platformArchitecture', machine.platform === 'arm' ? 'ARM' : 'x86'),
    text('ostype', findOsType(machine.osType)?.description ?? machine.osType),
    text('UUID', machine.uuid),
    text('CfgFile', machine.settingsFile),
    text('SnapFldr', snapshotFolder(machine)),
    text('LogFldr', logFolder(machine)),
    text('hardwareuuid', set('hardware-uuid', machine.uuid)),
    `memory=${set('memory', '1024')}`,
    text('pagefusion', set('page-fusion', 'off')),
    `vram=${set('vram', '8')}`,
    `cpuexecutioncap=${set('cpu-execution-cap', '100')}`,
    text('cpu-profile', set('cpu-profile', 'host')),
    text('chipset', set('chipset', 'piix3')),
    text('firmware', set('firmware', 'bios').toUpperCase()),
    `cpus=${set('cpus', '1')}`,
    text('hpet', set('x86-hpet', 'off')),
    text('pae', set('x86-pae', 'off')),
    text('longmode', set('x86-long-mode', 'on')),
    text('triplefaultreset', set('triple-fault-reset', 'off')),
    text('apic', set('apic', 'on')),
    text('x2apic', set('x86-x2apic', 'on')),
    text('nested-hw-virt', set('nested-hw-virt', 'off')),
    text('hwvirtex', set('hwvirtex', 'on')),
    text('nestedpaging', set('nested-paging', 'on')),
    text('largepages', set('large-pages', 'off')),
    text('vtxvpid', set('x86-vtx-vpid', 'on')),
    text('vtxux', set('x86-vtx-ux', 'on')),
    text('virtvmsavevmload', set('virt-vmsave-vmload', 'on')),
    `cpuid-portability-level=${set('cpuid-portability-level', '0')}`,
    text('bootmenu', set('firmware-boot-menu', 'messageandmenu')),
    ...['floppy', 'dvd', 'disk', 'none'].map((usual, index) =>
      text(`boot${String(index + 1)}`, set(`boot${String(index + 1)}`, usual)),
    ),
    text('acpi', set('acpi', 'on')),
    text('ioapic', set('ioapic', 'on')),
    text('biosapic', set('firmware-apic', 'apic')),
    `biossystemtimeoffset=${set('firmware-system-time-offset', '0')}`,
    text('NvramFile', besideSettings(machine, '.nvram')),
    text('rtcuseutc', set('rtc-use-utc', 'on')),
    text('iommu', set('iommu', 'none')),
    text('paravirtprovider', set('paravirt-provider', 'default')),
    text('effparavirtprovider', set('paravirt-effective', 'none')),
  ];
}

/** ISO time with nanoseconds, of which the tool knows milliseconds. */
export const nanoTime = (iso: string): string => iso.replace(/\.(\d{3})Z$/, '.$1000000');

function stateLines(machine: Machine): string[] {
  const set = settingOf(machine);
  const { state, changed } = machineState(machine);
  return [
    text('VMState', state),
    text('VMStateChangeTime', nanoTime(changed)),
    ...(machine.stateFile === undefined ? [] : [text('VMStateFile', machine.stateFile)]),
    text('graphicscontroller', set('graphicscontroller', 'vboxvga')),
    `monitorcount=${set('monitor-count', '1')}`,
    text('accelerate3d', set('accelerate-3d', 'off')),
    text('teleporterenabled', set('teleporter', 'off')),
    `teleporterport=${set('teleporter-port', '0')}`,
    text('teleporteraddress', set('teleporter-address', '')),
    text('teleporterpassword', ''),
    text('tracing-enabled', set('tracing-enabled', 'off')),
    text('tracing-allow-vm-access', set('tracing-allow-vm-access', 'off')),
    text('tracing-config', set('tracing-config', '')),
    text('autostart-enabled', set('autostart-enabled', 'off')),
    `autostart-delay=${set('autostart-delay', '0')}`,
    text('defaultfrontend', set('default-frontend', '')),
    text('vmprocpriority', set('vm-process-priority', 'default')),
  ];
}

function controllerLines(controller: Controller, index: number): string[] {
  const number = String(index);
  return [
    text(`storagecontrollername${number}`, controller.name),
    text(`storagecontrollertype${number}`, controller.type),
    text(`storagecontrollerinstance${number}`, '0'),
    text(`storagecontrollermaxportcount${number}`, String(maxPorts(controller))),
    text(`storagecontrollerportcount${number}`, String(controller.ports)),
    text(`storagecontrollerbootable${number}`, controller.bootable ? 'on' : 'off'),
  ];
}

function attachmentLines(controller: Controller, media: readonly Medium[]): string[] {
  return presentPlaces(controller).flatMap(([port, device]) => {
    const place = `${String(port)}-${String(device)}`;
    const attachment = controller.attachments.find((one) => one.port === port && one.device === device);
    const line = (key: string, value: string | boolean): string =>
      `"${controller.name}${key}-${place}"="${typeof value === 'string' ? value : value ? 'on' : 'off'}"`;
    if (attachment === undefined) return [line('', 'none')];
    const { medium } = attachment;
    return [
      line('', medium === undefined ? 'emptydrive' : mediumPath(media, medium)),
      ...(medium === undefined ? [] : [line('-ImageUUID', medium)]),
      ...(attachment.kind === 'dvd'
        ? [line('-tempeject', attachment.tempEject), line('-IsEjected', medium === undefined)]
        : []),
      ...(controller.bus === 'sata' ? [line('-hot-pluggable', attachment.hotPluggable)] : []),
      line('-nonrotational', attachment.nonRotational),
      line('-discard', attachment.discard),
    ];
  });
}

/** The key that names the network of a card, by what it is attached to. */
const networkKeys: Readonly<Record<string, string>> = {
  nat: 'natnet',
  hostonly: 'hostonlyadapter',
  bridged: 'bridgeadapter',
  intnet: 'intnet',
  natnetwork: 'nat-network',
};

function nicLines(nic: Nic, number: number): string[] {
  const n = String(number);
  if (nic.attachment === 'none') return [text(`nic${n}`, 'none')];
  const key = networkKeys[nic.attachment];
  return [
    ...(key === undefined
      ? []
      : [text(`${key}${n}`, nic.networks[nic.attachment] ?? (nic.attachment === 'nat' ? 'nat' : ''))]),
    text(`macaddress${n}`, nic.mac),
    text(`cableconnected${n}`, nic.cable ? 'on' : 'off'),
    text(`nic${n}`, nic.attachment),
    text(`nictype${n}`, nic.type),
    text(`nicspeed${n}`, '0'),
    ...(nic.attachment === 'nat' ? natLines(nic) : []),
  ];
}

function natLines({ localhostReachable, forwards }: Nic): string[] {
  const numbers = { mtu: 0, sockSnd: 64, sockRcv: 64, tcpWndSnd: 64, tcpWndRcv: 64 };
  return [
    ...Object.entries(numbers).map(([key, value]) => text(key, String(value))),
    text('localhostReachable', localhostReachable ? '1' : '0'),
    text('forwardBroadcast', '0'),
    text('enableTFTP', '0'),
    ...[...forwards]
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ name, protocol, hostIp, hostPort, guestIp, guestPort }, index) =>
        text(`Forwarding(${String(index)})`, [name, protocol, hostIp, hostPort, guestIp, guestPort].join(',')),
      ),
  ];
}

function deviceLines(machine: Machine, runs: boolean): string[] {
  const set = settingOf(machine);
  const mouse = set('mouse', 'ps2');
  const audio = set('audio-enabled', 'on') === 'off' ? 'none' : set('audio-driver', 'default');
  return [
    text('hidpointing', mouse === 'ps2' ? 'ps2mouse' : mouse),
    text('hidkeyboard', set('keyboard', 'ps2') === 'usb' ? 'usbkbd' : 'ps2kbd'),
    ...[1, 2, 3, 4].flatMap((number) => uartLines(machine.hardware.settings, String(number))),
    text('lpt1', 'off'),
    text('lpt2', 'off'),
    text('audio', audio),
    text('audio_out', set('audio-out', 'off')),
    text('audio_in', set('audio-in', 'off')),
    text('clipboard', set('clipboard-mode', 'disabled')),
    text('clipboard_file_transfers', 'off'),
    text('draganddrop', set('drag-and-drop', 'disabled')),
    ...(runs ? ['SessionName="headless"', 'VideoMode="720,400,0"@0,0 1'] : []),
    text('vrde', set('vrde', 'off')),
    text('usb', set('usb-ohci', 'off')),
    text('ehci', set('usb-ehci', 'off')),
    text('xhci', set('usb-xhci', 'off')),
    ...(runs ? ['VRDEActiveConnection="off"', 'VRDEClients==0'] : []),
  ];
}

function uartLines(settings: Readonly<Record<string, string>>, number: string): string[] {
  const port = settings[`uart${number}`];
  if (port === undefined || port === 'off') return [text(`uart${number}`, 'off')];
  const [io = '0', irq = '0'] = port.split(' ');
  const mode = settings[`uart-mode${number}`] ?? 'disconnected';
  return [
    text(`uart${number}`, `0x${Number(io).toString(16).padStart(4, '0')},${irq}`),
    text(`uartmode${number}`, mode.replace(' ', ',')),
    text(`uarttype${number}`, settings[`uart-type${number}`] ?? '16550A'),
  ];
}

function recordingLines(machine: Machine): string[] {
  return [
    'recording_started="off"',
    'recording_enabled="off"',
    'recording_screens=1',
    ' rec_screen0',
    'rec_screen_enabled="on"',
    'rec_screen_id=0',
    'rec_screen_video_enabled="on"',
    'rec_screen_audio_enabled="off"',
    'rec_screen_dest="File"',
    `rec_screen_dest_filename="${besideSettings(machine, '-screen0.webm')}"`,
    'rec_screen_opts="ac_profile=med"',
    'rec_screen_video_res_xy="1024x768"',
    'rec_screen_video_rate_kbps=512',
    'rec_screen_video_fps=25',
  ];
}

/** The tree of snapshots; the place of each is written with the numbers of the children on the way to it. */
export function snapshotLines({ snapshots, currentSnapshot }: Machine): string[] {
  const walk = (snapshot: Snapshot, node: string): string[] => [
    text(`SnapshotName${node}`, snapshot.name),
    text(`SnapshotUUID${node}`, snapshot.uuid),
    ...(snapshot.description === '' ? [] : [text(`SnapshotDescription${node}`, snapshot.description)]),
    ...(snapshot.uuid === currentSnapshot
      ? [
          text('CurrentSnapshotName', snapshot.name),
          text('CurrentSnapshotUUID', snapshot.uuid),
          text('CurrentSnapshotNode', `SnapshotName${node}`),
        ]
      : []),
    ...childrenOf(snapshots, snapshot.uuid).flatMap((child, index) => walk(child, `${node}-${String(index + 1)}`)),
  ];
  return childrenOf(snapshots, undefined).flatMap((root) => walk(root, ''));
}

export const childrenOf = (snapshots: readonly Snapshot[], parent: string | undefined): readonly Snapshot[] =>
  snapshots.filter((snapshot) => snapshot.parent === parent);

/** The indented list that people get. */
export function snapshotTree({ snapshots, currentSnapshot }: Machine): string[] {
  const walk = (snapshot: Snapshot, indent: string): string[] => [
    `${indent}Name: ${snapshot.name} (UUID: ${snapshot.uuid})${snapshot.uuid === currentSnapshot ? ' *' : ''}`,
    ...(snapshot.description === '' ? [] : [`${indent}Description: ${snapshot.description}`]),
    ...childrenOf(snapshots, snapshot.uuid).flatMap((child) => walk(child, `${indent}   `)),
  ];
  return childrenOf(snapshots, undefined).flatMap((root) => walk(root, '   '));
}
