import type { FlagDeclarations } from './flag-declaration.js';

/** Flags of every command, as oclif adds and `BaseCommand` declares them. */
export const globalFlags = {
  json: { type: 'boolean', group: 'GLOBAL', description: 'print the result as JSON' },
  debug: {
    type: 'boolean',
    group: 'GLOBAL',
    description: 'print details and the stack traces of errors [env: SWARMUP_DEBUG]',
  },
} as const satisfies FlagDeclarations;
