import type { DriverRow } from '../../operations/drivers/list-drivers.js';
import { table } from './table.js';

/** The table of `driver ls`. */
export function driverTable(drivers: readonly DriverRow[]): string {
  return table(
    ['DRIVER', 'AVAILABLE', 'CAPABILITIES', 'DESCRIPTION', 'FOUND'],
    drivers.map(({ name, available, capabilities, description, found }) => [
      name,
      available ? 'yes' : 'no',
      Object.entries(words)
        .flatMap(([capability, word]) => (capabilities[capability as keyof typeof words] ? [word] : []))
        .join(','),
      description,
      found.join('; '),
    ]),
  );
}

const words = {
  power: 'power',
  snapshots: 'snapshots',
  injectsHostKey: 'host-key',
  stableAddresses: 'stable-addresses',
} as const;
