import { exitCodes } from '../../lib/exit-codes.js';
import type { ExecResult, HostRun } from '../../operations/hosts/exec-hosts.js';
import type { CommandIo } from '../command-io.js';
import { painter } from './paint.js';

const isOk = ({ exitCode }: HostRun): boolean => exitCode === 0;

/** The number of hosts that succeeded, and the errors of the others. */
export function execSummary(io: CommandIo, { hosts }: ExecResult): string {
  const paint = painter(io, 'stderr');
  const failed = hosts.filter((host) => !isOk(host));
  const lines = failed.map(
    ({ name, exitCode, error }) =>
      `${paint('red', '✗')} ${name}: ${error?.message ?? (exitCode === null ? 'ended by a signal' : `exit code ${exitCode}`)}\n`,
  );
  const total = `${hosts.length - failed.length} of ${hosts.length} hosts ok\n`;
  return `${lines.join('')}${total}`;
}

/** Of one host its own; else 4 where it failed on some. */
export function execCode({ hosts }: ExecResult): number {
  const [first] = hosts;
  if (hosts.length === 1 && first !== undefined) return first.error?.exitCode ?? first.exitCode ?? exitCodes.failure;
  return hosts.every(isOk) ? exitCodes.ok : exitCodes.partial;
}
