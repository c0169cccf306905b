import type { UpgradeResult } from '../../operations/upgrade/upgrade-hosts.js';
import type { SwarmUpgradeResult } from '../../operations/upgrade/upgrade-swarm.js';
import type { CommandIo } from '../command-io.js';
import { outcomeLines } from './outcome-lines.js';
import { table } from './table.js';

/** What `upgrade` did: a line a host, with the versions. */
export const upgradeLines = (io: CommandIo, { hosts }: UpgradeResult): string =>
  outcomeLines(
    io,
    hosts.map(({ from, to = from, ...host }) => ({ ...host, note: from === undefined ? undefined : change(from, to) })),
  );

const change = (from: string, to = from): string => (from === to ? from : `${from} → ${to}`);

/**
 * The result of `swarm upgrade`: the hosts in their order, the tasks that end with their node, and the next command.
 */
export function swarmUpgradeText(io: CommandIo, { hosts, ends, next, dryRun }: SwarmUpgradeResult): string {
  const turn = (step: number | null): number => step ?? 0;
  const rows = hosts
    .toSorted((a, b) => turn(a.step) - turn(b.step))
    .map(({ step, name, role, status, from, to }) => [
      step === null ? '-' : String(step),
      name,
      role,
      status,
      change(from, to),
    ]);
  const failed = hosts.flatMap(({ name, error }) =>
    error === undefined ? [] : [{ name, status: 'failed' as const, error }],
  );
  return [
    table(['STEP', 'HOST', 'ROLE', 'STATUS', 'DOCKER'], rows),
    ...ends.map(({ service, why }) => `${dryRun ? 'would stop' : 'stopped'} with its nodes: ${service} (${why})\n`),
    ...(failed.length === 0 ? [] : ['\n', outcomeLines(io, failed)]),
    ...next.map((line) => `\n${line}\n`),
  ].join('');
}
