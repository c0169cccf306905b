import type { DriverRow } from '../../operations/drivers/list-drivers.js';
import type { Listing } from './listing.js';

const words = {
  power: 'power',
  snapshots: 'snapshots',
  injectsHostKey: 'host-key',
  stableAddresses: 'stable-addresses',
} as const;

/** The list of `driver ls`. */
export const driverListing: Listing<DriverRow> = {
  id: ({ name }) => name,
  columns: {
    Name: { text: ({ name }) => name, head: 'DRIVER' },
    Available: { text: ({ available }) => (available ? 'yes' : 'no') },
    Capabilities: {
      text: ({ capabilities }) =>
        Object.entries(words)
          .flatMap(([capability, word]) => (capabilities[capability as keyof typeof words] ? [word] : []))
          .join(','),
    },
    Description: { text: ({ description }) => description },
    Found: { text: ({ found }) => found.join('; ') },
  },
};
