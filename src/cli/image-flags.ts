import { Flags } from '@oclif/core';
import { quietFlag } from './hosts-command.js';

/** Flags of all commands about images. */
export const imageFlags = {
  driver: Flags.string({
    char: 'd',
    description: 'whose images [default: the driver that has images]',
    helpValue: '<NAME>',
  }),
  quiet: quietFlag,
};
