import { Errors, type Command } from '@oclif/core';
import { stripVTControlCharacters } from 'node:util';
import { type SwarmupError, usageError } from '../lib/errors.js';
import { nearest } from '../lib/nearest.js';

/** What oclif says about a wrong command line, in our words (exit 2); undefined: it is another error. */
export function parseFailure(error: Error, command: Command.Class): SwarmupError | undefined {
  if (!(error instanceof Errors.CLIError)) return undefined;
  const usage = `swarmup ${command.id.replaceAll(':', ' ')} --help`;
  return usageError('USAGE', messageOfParser(error.message), ...proposals(error, command), usage);
}

/** The first lines of its message, as one; the rest is advice that fits oclif better than us. */
function messageOfParser(message: string): string {
  const lines = stripVTControlCharacters(message)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^(See more help|Note:|Alternatively)/.test(line));
  const [first = 'wrong usage', ...more] = lines;
  return more.length === 0 ? first : `${first.replace(/:$/, '')}: ${more.join('; ')}`;
}

function proposals(error: Error, command: Command.Class): readonly string[] {
  const [example] = command.examples.filter((line) => typeof line === 'string');
  if ('args' in error && example !== undefined)
    return [`for example: ${example.replaceAll('<%= config.bin %>', 'swarmup')}`];
  if (!('flags' in error) || !Array.isArray(error.flags)) return [];
  const known = ['json', 'debug', ...Object.keys(command.flags)];
  return (error.flags as string[])
    .flatMap((flag) => nearest(flag.replace(/^-+/, ''), known))
    .map((flag) => `did you mean --${flag}?`);
}
