import type { FlagDeclarations } from './flag-declaration.js';

/** Flags of every command, as oclif adds and `BaseCommand` declares them. */
export const globalFlags = {
  json: { type: 'boolean', description: 'Format output as json.' },
  debug: { type: 'boolean', description: 'print more, and stacks of errors [env: SWARMUP_DEBUG]' },
} as const satisfies FlagDeclarations;
