import type { Controller } from './model.js';

interface Bus {
  /** Types of controllers on it; the first is the usual one. */
  readonly types: readonly string[];
  readonly ports: number;
  readonly mostPorts: number;
  readonly fewestPorts: number;
  readonly devices: number;
}

/** From `list systemproperties`, and the ports that a new controller has. */
export const buses: Readonly<Record<string, Bus>> = {
  floppy: { types: ['I82078'], ports: 1, fewestPorts: 1, mostPorts: 1, devices: 2 },
  ide: { types: ['PIIX4', 'PIIX3', 'ICH6'], ports: 2, fewestPorts: 2, mostPorts: 2, devices: 2 },
  sata: { types: ['IntelAhci'], ports: 30, fewestPorts: 1, mostPorts: 30, devices: 1 },
  scsi: { types: ['LsiLogic', 'BusLogic'], ports: 16, fewestPorts: 16, mostPorts: 16, devices: 1 },
  sas: { types: ['LSILogicSAS'], ports: 8, fewestPorts: 1, mostPorts: 255, devices: 1 },
  usb: { types: ['USB'], ports: 8, fewestPorts: 1, mostPorts: 8, devices: 1 },
  pcie: { types: ['NVMe'], ports: 1, fewestPorts: 1, mostPorts: 255, devices: 1 },
  virtio: { types: ['VirtioSCSI'], ports: 1, fewestPorts: 1, mostPorts: 256, devices: 1 },
};

export const maxPorts = ({ bus }: Controller): number => buses[bus]?.mostPorts ?? 1;
export const devicesPerPort = ({ bus }: Controller): number => buses[bus]?.devices ?? 1;

/** Every place of a controller: port and device. */
export const presentPlaces = (controller: Controller): (readonly [port: number, device: number])[] =>
  Array.from({ length: controller.ports }, (_, port) =>
    Array.from({ length: devicesPerPort(controller) }, (_unused, device) => [port, device] as const),
  ).flat();
