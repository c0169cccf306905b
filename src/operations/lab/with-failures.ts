import type { HostOutcome } from '../access/results.js';

export const isFailed = ({ status }: HostOutcome): boolean => status === 'failed';

/** What became of hosts, with what failed on them in another round. */
export const withFailures = (hosts: readonly HostOutcome[], others: readonly HostOutcome[]): readonly HostOutcome[] =>
  hosts.map((host) => others.find((other) => isFailed(other) && other.name === host.name) ?? host);
