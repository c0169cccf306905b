import { existsSync } from 'node:fs';
import { readHead } from '../disk-images.js';
import { serialFile } from '../machines.js';
import type { Attachment, Controller, Machine, Medium, Nic } from '../model.js';
import { Refusal } from './backend.js';

/** Name of the block device of a medium, for orders to QEMU. */
export const driveId = (medium: string): string => `d-${medium.slice(0, 8)}`;

/** Name of the network of a card. */
export const netId = (number: number): string => `n${String(number)}`;

/** Arguments for a machine with its processors, memory, controllers, disks and serial port; networks come on top. */
export function machineArguments(machine: Machine, media: readonly Medium[]): string[] {
  const { settings, controllers } = machine.hardware;
  if ((settings['firmware'] ?? 'bios') !== 'bios') throw new Refusal('Only BIOS here (VERR_NOT_SUPPORTED)');
  const console = serialFile(machine);
  return [
    ...[
      '-name',
      `${machine.name.replaceAll(',', ',,')},process=${machine.uuid}`,
      '-machine',
      settings['chipset'] === 'ich9' ? 'q35' : 'pc',
    ],
    // Software: stock kernels hang on the KVM of machines that are virtual themselves. What the processor has beyond the
    // usual only costs time: five levels of page tables, a hypervisor inside, memory copied by one instruction that is
    // emulated byte by byte.
    ...['-accel', 'tcg,thread=multi,tb-size=256', '-cpu', 'max,la57=off,svm=off,erms=off,fsrm=off'],
    ...['-m', settings['memory'] ?? '1024', '-smp', settings['cpus'] ?? '1'],
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-device', 'virtio-rng-pci'],
    ...(console === undefined ? [] : ['-serial', `file:${console}`]),
    ...controllers.flatMap((controller, index) => controllerArguments(controller, `c${String(index)}`)),
    ...driveArguments(machine, media),
  ];
}

const controllerDevices: Readonly<Record<string, string>> = {
  virtio: 'virtio-scsi-pci',
  sata: 'ahci',
  scsi: 'lsi53c895a',
  sas: 'megasas',
};

function controllerArguments({ bus, name }: Controller, id: string): string[] {
  if (bus === 'ide' || bus === 'pcie') return [];
  const device = controllerDevices[bus];
  if (device === undefined) throw new Refusal(`No ${bus} controllers here: '${name}' (VERR_NOT_SUPPORTED)`);
  return ['-device', `${device},id=${id}`];
}

interface Drive {
  readonly controller: Controller;
  readonly id: string;
  readonly attachment: Attachment;
  readonly medium: Medium;
}

/** In the order of the boot devices: QEMU's firmware tries one number after another. */
function driveArguments(machine: Machine, media: readonly Medium[]): string[] {
  const { settings, controllers } = machine.hardware;
  const drives = controllers.flatMap((controller, index) =>
    controller.attachments.flatMap((attachment): Drive[] => {
      const medium = media.find(({ uuid }) => uuid === attachment.medium);
      // A DVD image that is gone is an empty drive.
      if (medium === undefined || !existsSync(medium.location)) return [];
      return [{ controller, id: `c${String(index)}`, attachment, medium }];
    }),
  );
  const kinds = ['floppy', 'dvd', 'disk', 'none'].map((usual, index) => settings[`boot${String(index + 1)}`] ?? usual);
  const bootOrder = kinds.flatMap((kind) =>
    drives.filter(({ medium }) => medium.kind === (kind === 'disk' ? 'hdd' : kind)),
  );
  return drives.flatMap((drive) => {
    const place = bootOrder.indexOf(drive);
    const format = drive.medium.kind === 'dvd' ? 'raw' : (readHead(drive.medium.location)?.driver ?? 'raw');
    const mode = drive.medium.kind === 'dvd' ? 'media=cdrom,readonly=on' : 'cache=unsafe,discard=unmap';
    const id = driveId(drive.medium.uuid);
    return [
      ...['-drive', `file=${drive.medium.location.replaceAll(',', ',,')},format=${format},if=none,id=${id},${mode}`],
      ...['-device', `${deviceOf(drive)},drive=${id}${place < 0 ? '' : `,bootindex=${String(place + 1)}`}`],
    ];
  });
}

function deviceOf({ controller: { bus }, id, attachment: { port, device, kind } }: Drive): string {
  const what = kind === 'dvd' ? 'cd' : 'hd';
  switch (bus) {
    case 'ide':
      return `ide-${what},bus=ide.${String(port)},unit=${String(device)}`;
    case 'sata':
      return `ide-${what},bus=${id}.${String(port)}`;
    case 'pcie':
      return `nvme,serial=${String(port)}`;
    default:
      return `scsi-${what},bus=${id}.0,scsi-id=${String(port)}`;
  }
}

const cardDevices: Readonly<Record<string, string>> = {
  virtio: 'virtio-net-pci',
  Am79C970A: 'pcnet',
  Am79C973: 'pcnet',
};

/** A card with the hardware address of the machine's, behind the network of that number. */
export function cardArguments(nic: Nic, number: number, netdev: string): string[] {
  const mac = nic.mac.toLowerCase().replace(/(..)(?=.)/g, '$1:');
  const device = cardDevices[nic.type] ?? 'e1000';
  return [
    '-netdev',
    `${netdev},id=${netId(number)}`,
    '-device',
    `${device},netdev=${netId(number)},mac=${mac},romfile=`,
  ];
}
