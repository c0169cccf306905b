import { quietFlag } from './swarm-flags.js';

/** Flags of all commands about images. */
export const imageFlags = {
  driver: {
    type: 'string',
    char: 'd',
    description: 'whose images [default: the driver that has images]',
    value: 'NAME',
  },
  quiet: quietFlag,
} as const;
