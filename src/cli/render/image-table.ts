import { swarmup } from '../../lib/typed-command.js';
import type { ImageListResult } from '../../operations/drivers/images.js';
import type { Listing } from './listing.js';

/** The list of `image ls`. */
export const imageListing: Listing<ImageListResult['images'][number]> = {
  id: ({ name }) => name,
  columns: {
    Name: { text: ({ name }) => name },
    Arch: { text: ({ arch }) => arch },
    Size: { text: ({ bytes }) => `${Math.round(bytes / 1e6)} MB` },
    Digest: { text: ({ digest }) => digest, cell: ({ digest }) => digest.slice(0, 19) },
    Added: { text: ({ addedAt }) => addedAt, cell: ({ addedAt }) => addedAt.slice(0, 10) },
    Driver: { text: ({ driver }) => driver },
    Source: { text: ({ source }) => source, head: null },
  },
};

/** The other images that are available, below the list. */
export const imageNotes = ({ available }: Pick<ImageListResult, 'available'>): string =>
  available.length === 0 ? '' : `available with ${swarmup`image pull NAME`}: ${available.join(', ')}\n`;
