import type { FlagDeclarations } from './flag-declaration.js';

/** Flags of every command, as oclif adds and `BaseCommand` declares them. */
export const globalFlags = {
  json: { type: 'boolean', group: 'GLOBAL', description: 'Format output as json.' },
  debug: { type: 'boolean', group: 'GLOBAL', description: 'print more, and stacks of errors [env: SWARMUP_DEBUG]' },
} as const satisfies FlagDeclarations;
