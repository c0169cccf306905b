import { quietFlag } from './swarm-flags.js';

/** Flags of all commands about images. */
export const imageFlags = {
  driver: {
    type: 'string',
    char: 'd',
    description: 'driver that the images belong to [default: the driver that uses images]',
    value: 'NAME',
    names: 'drivers',
  },
  quiet: quietFlag,
} as const;
