import { Errors, type Command } from '@oclif/core';
import { stripVTControlCharacters } from 'node:util';
import { type SwarmupError, usageError } from '../lib/errors.js';
import { nearest } from '../lib/nearest.js';
import { swarmup } from '../lib/typed-command.js';

/** What oclif says about a wrong command line, in our words (exit 2); undefined: it is another error. */
export function parseFailure(error: Error, command: Command.Class): SwarmupError | undefined {
  if (!(error instanceof Errors.CLIError)) return undefined;
  const usage = swarmup`${command.id.split(':')} --help`;
  return usageError('USAGE', messageOf(error), ...proposals(error, command), usage);
}

function messageOf(error: Error): string {
  const missing = 'args' in error && Array.isArray(error.args) ? (error.args as unknown[]).filter(isArg) : [];
  if (missing.length > 0) return missing.map(missingText).join('; ');
  return linesOf(error.message)
    .map((line) => {
      for (const [pattern, text] of translations) if (pattern.test(line)) return line.replace(pattern, text);
      return line;
    })
    .join('; ');
}

interface MissingArg {
  readonly name: string;
  readonly description?: string;
  readonly options?: readonly string[];
}

/** Words that are too many are strings. */
const isArg = (arg: unknown): arg is MissingArg => typeof arg === 'object' && arg !== null && 'name' in arg;

const missingText = ({ name, description, options }: MissingArg): string =>
  [
    `${name.toUpperCase()} is missing`,
    ...(description === undefined || description === name ? [] : [description]),
    ...(options === undefined ? [] : [`one of ${options.join(', ')}`]),
  ].join(': ');

const translations: readonly (readonly [RegExp, string])[] = [
  [/^Missing required flag (\S+)$/, 'the flag --$1 is missing'],
  [/^Nonexistent flags?: (.*)$/, 'there is no flag $1'],
  [/^Unexpected arguments?: (.*)$/, 'the argument $1 is not expected'],
  [/^Flag (--\S+) expects a value$/, '$1 needs a value'],
  [/^Parsing (--\S+)\s*: ?Expected an integer but received: (.*)$/, '$1 must be a whole number, not $2'],
  [
    /^Parsing (--\S+)\s*: ?Expected an integer (greater than or equal to|less than or equal to) (\S+) but received: (.*)$/,
    '$1 must be a whole number $2 $3, not $4',
  ],
  [/^(--\S+)=(\S+) cannot also be provided when using (--\S+)$/, '$1 and $3 cannot be used together'],
  [/^Expected (--\S+)=(.*) to be one of: (.*)$/, '$1 must be one of $3, not $2'],
  [/^Expected (.*) to be one of: (.*)$/, '$1 is not one of $2'],
];

/** The lines of its message that say something; the rest is advice that fits oclif better than us. */
const linesOf = (message: string): readonly string[] =>
  stripVTControlCharacters(message)
    .replace(/^(Parsing --\S+)\s+/, '$1: ')
    .split('\n')
    .map((line) => line.trim())
    .filter(
      (line) => line !== '' && !/^(See more help|Note:|Alternatively|The following errors? occurred:)/.test(line),
    );

function proposals(error: Error, command: Command.Class): readonly string[] {
  const [example] = command.examples.filter((line) => typeof line === 'string');
  if ('args' in error && example !== undefined) return [`for example: ${example}`];
  if (!('flags' in error) || !Array.isArray(error.flags)) return [];
  const known = ['json', 'debug', ...Object.keys(command.flags)];
  return (error.flags as string[])
    .flatMap((flag) => nearest(flag.replace(/^-+/, ''), known))
    .map((flag) => `did you mean --${flag}?`);
}
