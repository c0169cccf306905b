import { existsSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { rebaseOverlay } from '../disk-images.js';
import { comError, type Component, type Context, toolError } from '../failure.js';
import { type Grammar, numberValue, type Option, parseArguments, switchValue, syntaxError } from '../grammar.js';
import { changeRegistry, writeMachine } from '../home.js';
import { findOsType } from '../machine-defaults.js';
import { fileName, findMachine, machineFolder } from '../machines.js';
import type { Machine } from '../model.js';
import { machineState, withSession } from '../sessions.js';
import { usageOf } from '../texts.js';
import type { Command } from './command.js';
import { settingsPath } from './create-vm.js';
import { isNicOption, setNic } from './modify-nic.js';

/** Spellings of older versions, which the tool still takes. */
const aliases: Readonly<Record<string, string>> = {
  ostype: 'os-type',
  iconfile: 'icon-file',
  pagefusion: 'page-fusion',
  hardwareuuid: 'hardware-uuid',
  cpuhotplug: 'cpu-hotplug',
  plugcpu: 'plug-cpu',
  unplugcpu: 'unplug-cpu',
  cpuexecutioncap: 'cpu-execution-cap',
  pae: 'x86-pae',
  longmode: 'x86-long-mode',
  hpet: 'x86-hpet',
  x2apic: 'x86-x2apic',
  triplefaultreset: 'triple-fault-reset',
  paravirtprovider: 'paravirt-provider',
  paravirtdebug: 'paravirt-debug',
  nestedpaging: 'nested-paging',
  largepages: 'large-pages',
  vtxvpid: 'x86-vtx-vpid',
  vtxux: 'x86-vtx-ux',
  accelerate3d: 'accelerate-3d',
  bioslogofadein: 'firmware-logo-fade-in',
  bioslogofadeout: 'firmware-logo-fade-out',
  bioslogodisplaytime: 'firmware-logo-display-time',
  bioslogoimagepath: 'firmware-logo-image-path',
  biosbootmenu: 'firmware-boot-menu',
  biosapic: 'firmware-apic',
  biossystemtimeoffset: 'firmware-system-time-offset',
  biospxedebug: 'firmware-pxe-debug',
  rtcuseutc: 'rtc-use-utc',
  snapshotfolder: 'snapshot-folder',
  guestmemoryballoon: 'guest-memory-balloon',
  defaultfrontend: 'default-frontend',
  monitorcount: 'monitor-count',
  audiocontroller: 'audio-controller',
  audiocodec: 'audio-codec',
  audio: 'audio-driver',
  audioin: 'audio-in',
  audioout: 'audio-out',
  clipboard: 'clipboard-mode',
  draganddrop: 'drag-and-drop',
  usb: 'usb-ohci',
  usbohci: 'usb-ohci',
  usbehci: 'usb-ehci',
  usbxhci: 'usb-xhci',
  vrdeport: 'vrde-port',
  vrdeaddress: 'vrde-address',
  vrdeauthtype: 'vrde-auth-type',
  vrdemulticon: 'vrde-multi-con',
  autostartenabled: 'autostart-enabled',
  autostartdelay: 'autostart-delay',
  'uartmode#': 'uart-mode#',
  'uarttype#': 'uart-type#',
  'nictype#': 'nic-type#',
  'cableconnected#': 'cable-connected#',
  'nictrace#': 'nic-trace#',
  'nictracefile#': 'nic-trace-file#',
  'nicproperty#': 'nic-property#',
  'nicspeed#': 'nic-speed#',
  'nicbootprio#': 'nic-boot-prio#',
  'nicpromisc#': 'nic-promisc#',
  'nicbandwidthgroup#': 'nic-bandwidth-group#',
  'bridgeadapter#': 'bridge-adapter#',
  'hostonlyadapter#': 'host-only-adapter#',
  'hostonlynet#': 'host-only-net#',
  'natnetwork#': 'nat-network#',
  'macaddress#': 'mac-address#',
  'natnet#': 'nat-net#',
  'natpf#': 'nat-pf#',
  'natbindip#': 'nat-bind-ip#',
  'natsettings#': 'nat-settings#',
  'natdnspassdomain#': 'nat-dns-pass-domain#',
  'nat-localhostreachable#': 'nat-localhostreachable#',
};

const secondFor: Readonly<Record<string, RegExp>> = {
  'nat-pf': /^delete$/,
  uart: /^(?!off$)/,
  'uart-mode': /^(server|client|tcpserver|tcpclient|file)$/,
};

const grammar: Grammar = {
  command: 'modifyvm',
  aliases,
  unlisted: ['natdnshostresolver#=', 'natdnsproxy#='],
  second: ({ name, value }) => secondFor[name]?.test(value) ?? false,
};

const lockContext: Context = ['LockMachine(a->session, LockType_Write)', 901, 'VBoxManageModifyVM'];

export const modifyVm: Command = (args, output) => {
  const [name, ...rest] = args;
  if (name === undefined) {
    output.out(usageOf('modifyvm'));
    return 1;
  }
  if (rest.length === 0) throw syntaxError('modifyvm', 'Not enough parameters');
  const machine = findMachine(name, [
    'FindMachine(Bstr(a->argv[0]).raw(), machine.asOutParam())',
    887,
    'VBoxManageModifyVM',
  ]);
  withSession(machine, { command: 'modifyvm', kind: 'write', context: lockContext }, () => {
    const { positional, options } = parseArguments(grammar, rest);
    if (positional[0] !== undefined) throw syntaxError('modifyvm', `Invalid parameter '${positional[0]}'`);
    // One change after another, all or none: the settings are written at the end.
    for (const option of options) {
      if (isNicOption(option.name)) setNic(machine, option, output);
      else setOne(machine, option);
    }
    writeMachine(machine);
  });
  return 0;
};

/** Hardware is fixed while a state is saved; only what a running machine can change as well may be changed. */
export function needMutable(machine: Machine, context: Context): void {
  const { state } = machineState(machine);
  if (state !== 'saved' && state !== 'aborted-saved') return;
  throw comError('The machine is not mutable (state is Saved)', 'VBOX_E_INVALID_VM_STATE', 'SessionMachine', context);
}

const setter = (what: string, line: number): Context => [
  `COMSETTER(${what})(ValueUnion.u32)`,
  line,
  'VBoxManageModifyVM',
];

/** Settings that are numbers within limits, by the tool's own words. */
const ranges: Readonly<
  Record<
    string,
    {
      readonly words: (given: number) => string;
      readonly least: number;
      readonly most: number;
      readonly context: Context;
      readonly component?: Component;
    }
  >
> = {
  memory: {
    words: (given) => `Invalid RAM size: ${String(given)} MB (must be in range [4, 2097152] MB)`,
    least: 4,
    most: 2_097_152,
    context: setter('MemorySize', 988),
  },
  cpus: {
    words: (given) => `Invalid virtual CPU count: ${String(given)} (must be in range [1, 64])`,
    least: 1,
    most: 64,
    context: setter('CPUCount', 1083),
  },
  vram: {
    words: (given) => `Invalid VRAM size: ${String(given)} MB (must be in range [2, 256] MB)`,
    least: 2,
    component: 'GraphicsAdapter',
    most: 256,
    context: setter('VRAMSize', 1007),
  },
};

/** Settings with a fixed set of values. */
const choices: Readonly<Record<string, readonly string[]>> = {
  boot: ['none', 'floppy', 'dvd', 'disk', 'net'],
  firmware: ['bios', 'efi', 'efi32', 'efi64'],
  chipset: ['ich9', 'piix3', 'armv8virtual'],
  graphicscontroller: ['none', 'vboxvga', 'vmsvga', 'vboxsvga', 'qemuramfb'],
  'firmware-boot-menu': ['disabled', 'menuonly', 'messageandmenu'],
  mouse: ['ps2', 'usb', 'usbtablet', 'usbmultitouch', 'usbmtscreenpluspad'],
  keyboard: ['ps2', 'usb'],
  'paravirt-provider': ['none', 'default', 'legacy', 'minimal', 'hyperv', 'kvm'],
};

const switches = new Set([
  'acpi',
  'ioapic',
  'rtc-use-utc',
  'x86-pae',
  'hwvirtex',
  'nested-paging',
  'large-pages',
  'audio-enabled',
  'audio-in',
  'audio-out',
  'usb-ohci',
  'usb-ehci',
  'usb-xhci',
  'vrde',
  'nested-hw-virt',
  'apic',
  'x86-x2apic',
  'x86-hpet',
  'accelerate-3d',
  'page-fusion',
  'autostart-enabled',
]);

function setOne(machine: Machine, option: Option): void {
  const { name, index, value } = option;
  if (name === 'name') {
    rename(machine, value);
    return;
  }
  if (name === 'description') machine.description = value;
  else if (name === 'groups') machine.groups = value;
  else if (name === 'os-type') setOsType(machine, value);
  else setHardware(machine, option, index === 0 ? name : `${name}${String(index)}`);
}

function setOsType(machine: Machine, value: string): void {
  const osType = findOsType(value);
  if (osType === undefined) throw toolError(`Invalid guest OS type '${value}'`);
  machine.osType = osType.id;
}

function setHardware(machine: Machine, { name, value }: Option, key: string): void {
  const range = ranges[name];
  needMutable(machine, range?.context ?? setter(name, 988));
  const allowed = choices[name];
  if (allowed !== undefined && !allowed.includes(value.toLowerCase())) {
    if (name === 'boot') throw toolError(`Invalid boot device '${value}'`, 2);
    if (name === 'graphicscontroller') throw toolError(`Invalid --${key} argument '${value}'`);
    throw syntaxError('modifyvm', `Invalid --${key} argument '${value}'`);
  }
  if (range !== undefined) {
    const given = numberValue('modifyvm', { name, value });
    if (given < range.least || given > range.most) {
      throw comError(range.words(given), 'NS_ERROR_INVALID_ARG', range.component ?? 'SessionMachine', range.context);
    }
  }
  const stored = switches.has(name) ? (switchValue('modifyvm', value) ? 'on' : 'off') : value;
  machine.hardware.settings[key] = stored;
}

/** A machine whose folder has its name takes the folder, and the files in it, along. */
function rename(machine: Machine, name: string): void {
  const old = machineFolder(machine);
  const before = machine.name;
  machine.name = name;
  if (machine.settingsFile !== settingsPath(dirname(old), '/', before)) return;
  const folder = join(dirname(old), fileName(name));
  if (folder === old) return;
  if (existsSync(folder)) {
    throw comError(
      `Could not rename the directory '${old}' to '${folder}' to save the settings file (VERR_ALREADY_EXISTS)`,
      'VBOX_E_FILE_ERROR',
      'SessionMachine',
      ['SaveSettings()', 3600, 'VBoxManageModifyVM'],
    );
  }
  renameSync(old, folder);
  machine.settingsFile = join(folder, `${fileName(name)}.vbox`);
  renameSync(join(folder, `${fileName(before)}.vbox`), machine.settingsFile);
  changeRegistry((registry) => {
    for (const entry of registry.machines) if (entry.uuid === machine.uuid) entry.settingsFile = machine.settingsFile;
    const moved = registry.media.filter(({ location }) => location.startsWith(`${old}/`));
    for (const medium of moved) medium.location = folder + medium.location.slice(old.length);
    for (const medium of registry.media) {
      const parent = moved.find(({ uuid }) => uuid === medium.parent);
      if (parent !== undefined) rebaseOverlay(medium.location, parent.location);
    }
  });
}
