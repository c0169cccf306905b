import type { ArgDeclarations } from './arg-declaration.js';
import type { FlagDeclarations } from './flag-declaration.js';

/** Flags and arguments that the commands about a whole swarm share. */
/** A swarm that is there. Commands get its default from `swarmHere`. */
export const swarmFlag = {
  type: 'string',
  description: 'name of the swarm [default: the swarm of the lab in this folder, else "default"] [env: SWARMUP_SWARM]',
  default: 'default',
  showsDefault: false,
  value: 'NAME',
  names: 'swarms',
} as const;
/** `--quiet` of commands that show progress. */
export const quietFlag = {
  type: 'boolean',
  char: 'q',
  description: 'print the result and warnings, but no progress',
} as const;

/** What commands that change a swarm share. */
export const changeFlags = { swarm: swarmFlag, quiet: quietFlag } as const satisfies FlagDeclarations;

export const managerNames = {
  name: { description: 'hosts [default: all managers of the swarm]', many: true, names: 'hosts' },
} as const satisfies ArgDeclarations;
export const serviceNames = {
  service: { description: 'services', many: true, names: 'services' },
} as const satisfies ArgDeclarations;
