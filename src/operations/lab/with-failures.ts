import type { HostOutcome } from '../access/results.js';

export const isFailed = ({ status }: HostOutcome): boolean => status === 'failed';

/** The results of hosts, combined with their failures in another round. */
export const withFailures = (hosts: readonly HostOutcome[], others: readonly HostOutcome[]): readonly HostOutcome[] =>
  hosts.map((host) => others.find((other) => isFailed(other) && other.name === host.name) ?? host);
