import type { Command } from '@oclif/core';
import { SwarmupError, type ErrorJson } from '../lib/errors.js';
import { exitCodes, type ExitCode } from '../lib/exit-codes.js';
import type { OperationContext } from '../operations/access/context.js';
import type { PowerOptions } from '../operations/hosts/power.js';
import type { HostOutcome, HostsResult } from '../operations/access/results.js';
import type { QuickTools } from './command.js';
import { changes } from './oclif-command.js';
import { outcomeLines } from './render/outcome-lines.js';
import { quietFlag } from './swarm-flags.js';

/** The ending of a command that reports the result of each host. */
export const hostOutcomes = {
  exitCode: ({ hosts }: HostsResult): number => outcomeCode(hosts),
  render: ({ hosts }: HostsResult, { io }: QuickTools): string => outcomeLines(io, hosts),
};

interface HostsCommand {
  readonly summary: string;
  readonly examples: readonly string[];
  /** The one operation of the command. */
  readonly act: (
    context: OperationContext,
    names: readonly string[],
    options: Required<Pick<PowerOptions, 'force' | 'dryRun'>>,
  ) => Promise<HostsResult>;
}

export const hostNames = {
  name: { description: 'hosts [default: default]', many: true, default: ['default'], names: 'hosts' },
} as const;

/** `--force` of what may cost a swarm its quorum, which the quorum guardian refuses. */
export const quorumForce = { type: 'boolean', description: 'go on even if the swarm loses its quorum' } as const;

/** A command that does the same to one or more hosts, the host `default` when none is named. */
export const hostsCommand = ({ act, ...told }: HostsCommand): Command.Class =>
  changes({
    ...told,
    args: hostNames,
    flags: { quiet: quietFlag },
    run: ({ args, flags, operate }) =>
      operate({ quiet: flags.quiet }, (context) =>
        act(context, [...new Set(args.name)], { force: false, dryRun: flags['dry-run'] }),
      ),
    ...hostOutcomes,
  });

/** The same of what may cost a swarm its quorum. */
export const guardedHostsCommand = ({ act, ...told }: HostsCommand): Command.Class =>
  changes({
    ...told,
    args: hostNames,
    flags: { quiet: quietFlag, force: quorumForce },
    run: ({ args, flags, operate }) =>
      operate({ quiet: flags.quiet }, (context) =>
        act(context, [...new Set(args.name)], { force: flags.force, dryRun: flags['dry-run'] }),
      ),
    ...hostOutcomes,
  });

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
