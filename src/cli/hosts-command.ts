import { Flags } from '@oclif/core';
import { SwarmupError, type ErrorJson } from '../lib/errors.js';
import { exitCodes, type ExitCode } from '../lib/exit-codes.js';
import type { OperationContext } from '../operations/access/context.js';
import type { PowerOptions } from '../operations/hosts/power.js';
import type { HostOutcome, HostsResult } from '../operations/access/results.js';
import { BaseCommand } from './base-command.js';
import { listArg } from './list-arg.js';
import { outcomeLines } from './render/outcome-lines.js';
import { dryRunFlag } from './swarm-flags.js';

/** `--quiet` of commands that show progress. */
export const quietFlag = Flags.boolean({ char: 'q', description: 'no progress, only the result and warnings' });

/** A command that does the same to one or more hosts, the host `default` when none is named. */
export abstract class HostsCommand extends BaseCommand {
  static override args = {
    name: listArg('hosts [default: default]', ['default']),
  };
  static override flags = { 'dry-run': dryRunFlag, quiet: quietFlag };

  /** The one operation of the command. */
  protected abstract act(
    context: OperationContext,
    names: readonly string[],
    options: Required<PowerOptions>,
  ): Promise<HostsResult>;

  async run(): Promise<HostsResult> {
    const { args, flags } = await this.parseAs(this.ctor as typeof HostsCommand);
    const names = [...new Set(args.name)];
    const { force = false } = flags as { readonly force?: boolean };
    const options = { force, dryRun: flags['dry-run'] };
    const result = await this.operate({ quiet: flags.quiet }, (context) => this.act(context, names, options));
    this.exitWith(outcomeCode(result.hosts));
    this.print(outcomeLines(this.io, result.hosts));
    return result;
  }
}

/** One that may cost a swarm its quorum, which the quorum guardian refuses. */
export abstract class GuardedHostsCommand extends HostsCommand {
  static override flags = {
    ...HostsCommand.flags,
    force: Flags.boolean({ description: 'also when the swarm loses its quorum' }),
  };
}

/**
 * Exit code of a command on several hosts: 4 when some or all of them failed, 124 when none is done and all of them
 * ran out of time. When there was only one host, its error is the error of the command, and is thrown.
 */
export function outcomeCode(hosts: readonly (Pick<HostOutcome, 'error'> & { readonly status: string })[]): number {
  const [first] = hosts;
  if (first === undefined) return exitCodes.ok;
  if (hosts.length === 1 && first.error !== undefined) throw errorOf(first.error);
  if (hosts.every(({ error }) => error?.exitCode === exitCodes.timeout)) return exitCodes.timeout;
  return hosts.some((host) => host.status === 'failed') ? exitCodes.partial : exitCodes.ok;
}

function errorOf({ code, message, hints, exitCode, host }: ErrorJson): Error {
  const isKnown = (value: number): value is ExitCode => (Object.values(exitCodes) as number[]).includes(value);
  if (code === 'BUG') return new Error(message);
  return new SwarmupError(code, message, {
    hints,
    exitCode: isKnown(exitCode) ? exitCode : exitCodes.failure,
    ...(host !== undefined && { host }),
  });
}
