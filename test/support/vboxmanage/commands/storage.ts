import { comError, type Context, Failure, toolError } from '../failure.js';
import {
  type Grammar,
  isGiven,
  numberValue,
  parseArguments,
  type Parsed,
  switchValue,
  syntaxError,
  valueOf,
} from '../grammar.js';
import { changeRegistry, writeMachine } from '../home.js';
import { openMedium } from '../media.js';
import { findMachine } from '../machines.js';
import type { Attachment, Controller, Machine, Medium, MediumKind } from '../model.js';
import { isLive, withSession } from '../sessions.js';
import { buses, devicesPerPort, maxPorts } from '../storage-rules.js';
import type { Command } from './command.js';
import { setType } from './medium.js';

const file = 'VBoxManageStorageController';

function machineOf(command: string, { positional }: Parsed, line: number): Machine {
  const [name, more] = positional;
  if (name === undefined) throw syntaxError(command, 'Too few parameters');
  if (more !== undefined) throw syntaxError(command, `Invalid parameter '${more}'`);
  return findMachine(name, ['FindMachine(Bstr(a->argv[0]).raw(), machine.asOutParam())', line, file]);
}

export const storageCtl: Command = (args) => {
  const parsed = parseArguments({ command: 'storagectl' }, args);
  const machine = machineOf('storagectl', parsed, 1019);
  const name = valueOf(parsed, 'name');
  if (name === undefined) throw syntaxError('storagectl', 'Storage controller name not specified');
  withSession(
    machine,
    { command: 'storagectl', kind: 'write', context: ['LockMachine(a->session, LockType_Write)', 1027, file] },
    () => {
      if (isGiven(parsed, 'remove')) removeController(machine, name);
      else {
        const bus = valueOf(parsed, 'add');
        if (bus !== undefined) addController(machine, name, bus.toLowerCase());
        changeController(controllerOf(machine, name), parsed);
      }
      writeMachine(machine);
    },
  );
  return 0;
};

function addController(machine: Machine, name: string, given: string): void {
  const bus = given === 'virtio-scsi' ? 'virtio' : given;
  const kind = buses[bus];
  if (kind === undefined) throw toolError(`Invalid --add argument '${given}'`);
  const { controllers } = machine.hardware;
  const busName =
    {
      sata: 'SATA',
      ide: 'IDE',
      virtio: 'VirtioSCSI',
      scsi: 'SCSI',
      sas: 'SAS',
      pcie: 'PCIe',
      floppy: 'Floppy',
      usb: 'USB',
    }[bus] ?? bus;
  const context: Context = [
    `AddStorageController(Bstr(pszCtl).raw(), StorageBus_${busName}, ctl.asOutParam())`,
    1088,
    file,
  ];
  if (controllers.some((controller) => controller.name === name)) {
    throw comError(
      `Storage controller named '${name}' already exists`,
      'VBOX_E_OBJECT_IN_USE',
      'SessionMachine',
      context,
    );
  }
  // One of each kind on the chipset that machines have here.
  if (controllers.some((controller) => controller.bus === bus)) {
    throw comError(`Too many storage controllers of this type`, 'NS_ERROR_INVALID_ARG', 'SessionMachine', context);
  }
  controllers.push({
    name,
    bus,
    type: kind.types[0] ?? '',
    ports: kind.ports,
    bootable: true,
    hostIoCache: bus === 'ide',
    attachments: [],
  });
}

function removeController({ hardware }: Machine, name: string): void {
  if (!hardware.controllers.some((controller) => controller.name === name))
    throw noController(name, ['RemoveStorageController(Bstr(pszCtl).raw())', 1072]);
  hardware.controllers = hardware.controllers.filter((controller) => controller.name !== name);
}

const noController = (name: string, [call, line]: readonly [string, number]): Failure =>
  comError(`Could not find a storage controller named '${name}'`, 'VBOX_E_OBJECT_NOT_FOUND', 'SessionMachine', [
    call,
    line,
    file,
  ]);

function controllerOf({ hardware }: Machine, name: string): Controller {
  const found = hardware.controllers.find((controller) => controller.name === name);
  if (found !== undefined) return found;
  throw noController(name, ['GetStorageControllerByName(Bstr(pszCtl).raw(), ctl.asOutParam())', 1180]);
}

function changeController(controller: Controller, parsed: Parsed): void {
  for (const option of parsed.options) {
    switch (option.name) {
      case 'controller': {
        const wanted = option.value.toLowerCase() === 'virtio' ? 'virtioscsi' : option.value.toLowerCase();
        const type = buses[controller.bus]?.types.find((one) => one.toLowerCase() === wanted);
        if (type === undefined) throw syntaxError('storagectl', `Invalid --type argument '${option.value}'`);
        controller.type = type;
        break;
      }
      case 'portcount':
        controller.ports = portCount(controller, numberValue('storagectl', option));
        break;
      case 'hostiocache':
        controller.hostIoCache = switchValue('storagectl', option.value);
        break;
      case 'bootable':
        controller.bootable = switchValue('storagectl', option.value);
        break;
      case 'rename':
        controller.name = option.value;
        break;
      default:
    }
  }
}

function portCount(controller: Controller, count: number): number {
  const least = buses[controller.bus]?.fewestPorts ?? 1;
  if (count >= least && count <= maxPorts(controller)) return count;
  throw comError(
    `Invalid port count: ${String(count)} (must be in range [${String(least)}, ${String(maxPorts(controller))}])`,
    'NS_ERROR_INVALID_ARG',
    'StorageController',
    ['COMSETTER(PortCount)(portcount)', 1205, file],
  );
}

const attachGrammar: Grammar = { command: 'storageattach', aliases: { 'set-uuid': 'setuuid' } };

export const storageAttach: Command = (args) => {
  const parsed = parseArguments(attachGrammar, args);
  const machine = machineOf('storageattach', parsed, 269);
  const name = valueOf(parsed, 'storagectl');
  if (name === undefined) throw syntaxError('storageattach', 'Storage controller name not specified');
  // The session of a machine that runs is joined: drives can change their medium.
  withSession(
    machine,
    { command: 'storageattach', kind: 'shared', context: ['LockMachine(a->session, LockType_Shared)', 281, file] },
    () => {
      const controller = machine.hardware.controllers.find((one) => one.name === name);
      if (controller === undefined) throw toolError(`Could not find a controller named '${name}'`);
      attach(machine, controller, parsed);
      writeMachine(machine);
    },
  );
  return 0;
};

interface Place {
  readonly port: number;
  readonly device: number;
}

function attach(machine: Machine, controller: Controller, parsed: Parsed): void {
  const place = { port: Number(valueOf(parsed, 'port') ?? 0), device: Number(valueOf(parsed, 'device') ?? 0) };
  const present = controller.attachments.find((one) => one.port === place.port && one.device === place.device);
  const wanted = valueOf(parsed, 'medium');
  const kind = kindOf(parsed) ?? present?.kind;
  if (wanted === 'none') {
    detach(machine, controller, place);
    return;
  }
  if (wanted !== undefined) {
    if (kind === undefined) throw syntaxError('storageattach', 'Argument --type must be specified');
    const medium = wanted === 'emptydrive' ? undefined : mediumOf(wanted, kind, valueOf(parsed, 'mtype'));
    insert(machine, controller, { ...place, kind, ...(medium !== undefined && { medium: medium.uuid }) }, medium);
  }
  for (const { name, value } of parsed.options) setFlag(controller, place, name, value);
}

function kindOf(parsed: Parsed): MediumKind | undefined {
  const type = valueOf(parsed, 'type');
  if (type === undefined) return undefined;
  if (type === 'hdd') return 'hdd';
  if (type === 'dvddrive') return 'dvd';
  throw syntaxError('storageattach', `Invalid --type argument '${type}'`);
}

function mediumOf(path: string, kind: MediumKind, type: string | undefined): Medium {
  try {
    return changeRegistry((registry) => {
      const medium = openMedium(registry, path, kind);
      if (type !== undefined) setType(medium, type.toLowerCase(), 718, file);
      return medium;
    });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const last =
      type !== undefined && error.text.includes('COMSETTER(Type)')
        ? 'Failed to set the medium type'
        : `Invalid UUID or filename "${path}"`;
    throw new Failure(error.text + toolError(last).text);
  }
}

/** The word for a device type in the calls. */
const deviceType = { hdd: 'HardDisk', dvd: 'DVD' } as const;

function insert(
  machine: Machine,
  controller: Controller,
  wanted: Pick<Attachment, 'port' | 'device' | 'kind' | 'medium'>,
  medium: Medium | undefined,
): void {
  const context: Context = [
    `AttachDevice(Bstr(pszCtl).raw(), port, device, DeviceType_${deviceType[wanted.kind]}, pMedium2Mount)`,
    782,
    file,
  ];
  const refuse = (
    text: string,
    code: 'VBOX_E_OBJECT_IN_USE' | 'VBOX_E_INVALID_VM_STATE' | 'NS_ERROR_INVALID_ARG',
  ): Failure => comError(text, code, 'SessionMachine', context);
  const present = controller.attachments.find((one) => one.port === wanted.port && one.device === wanted.device);
  const swaps = wanted.kind === 'dvd' && present?.kind === 'dvd';
  if (isLive(machine) && !swaps)
    throw refuse(`Controller '${controller.name}' does not support hot-plugging`, 'VBOX_E_INVALID_VM_STATE');
  if (medium?.kind === 'hdd' && attachedHere(machine, medium)) {
    throw refuse(`Medium '${medium.location}' is already attached to this virtual machine`, 'VBOX_E_OBJECT_IN_USE');
  }
  if (wanted.port >= controller.ports || wanted.device >= devicesPerPort(controller)) {
    const ports = `[0, ${String(controller.ports - 1)}]`;
    throw refuse(
      `The port and/or device parameter are out of range: port=${String(wanted.port)} (must be in range ${ports}), device=${String(wanted.device)} (must be in range [0, ${String(devicesPerPort(controller) - 1)}])`,
      'NS_ERROR_INVALID_ARG',
    );
  }
  const flags = { nonRotational: false, discard: false, hotPluggable: false, tempEject: false };
  controller.attachments = [
    ...controller.attachments.filter((one) => one !== present),
    { ...flags, ...(swaps && present), ...wanted },
  ].sort((a, b) => a.port - b.port || a.device - b.device);
}

const attachedHere = ({ hardware }: Machine, { uuid }: Medium): boolean =>
  hardware.controllers.some(({ attachments }) => attachments.some(({ medium }) => medium === uuid));

function detach(machine: Machine, controller: Controller, { port, device }: Place): void {
  const context: Context = ['DetachDevice(Bstr(pszCtl).raw(), port, device)', 413, file];
  if (isLive(machine)) {
    throw comError(
      `Controller '${controller.name}' does not support hot-plugging`,
      'VBOX_E_INVALID_VM_STATE',
      'SessionMachine',
      context,
    );
  }
  if (!controller.attachments.some((one) => one.port === port && one.device === device)) {
    throw comError(
      `No storage device attached to device slot ${String(device)} on port ${String(port)} of controller '${controller.name}'`,
      'VBOX_E_OBJECT_NOT_FOUND',
      'SessionMachine',
      context,
    );
  }
  controller.attachments = controller.attachments.filter((one) => one.port !== port || one.device !== device);
}

const flagNames: Readonly<Record<string, 'nonRotational' | 'discard' | 'hotPluggable' | 'tempEject'>> = {
  nonrotational: 'nonRotational',
  discard: 'discard',
  hotpluggable: 'hotPluggable',
  tempeject: 'tempEject',
};

function setFlag(controller: Controller, { port, device }: Place, name: string, value: string): void {
  const flag = flagNames[name];
  const attachment = controller.attachments.find((one) => one.port === port && one.device === device);
  if (flag !== undefined && attachment !== undefined) attachment[flag] = switchValue('storageattach', value);
}
