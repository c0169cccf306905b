import { Flags } from '@oclif/core';
import { listArg } from './list-arg.js';

/** Flags and arguments that the commands about a whole swarm share. */
/** A swarm that is there. Commands get its default from `swarmHere`. */
export const swarmFlag = Flags.string({
  description: 'the swarm [default: that of the lab here, else "default"] [env: SWARMUP_SWARM]',
  default: 'default',
  defaultHelp: () => Promise.resolve(undefined),
  helpValue: '<NAME>',
});
/** Of every command that destroys. */
export const yesFlag = Flags.boolean({ char: 'y', description: 'do not ask', default: false });
/** With a default, or results would lack the field where it is false. */
export const dryRunFlag = Flags.boolean({ description: 'only show what would be done', default: false });

export const managerNames = {
  name: listArg('hosts [default: all managers of the swarm]'),
};
export const serviceNames = {
  service: listArg('services'),
};
