/** The fixes that `--fix` can apply on a host without a risk for running tasks. */
export type FixId = 'raise-inotify' | 'sync-clock' | 'checksum-offload';

/** Something that is, or will be, wrong with hosts as nodes of a swarm. */
export interface Finding {
  /** The ID of the check, for example `udp-4789` or `clock`; stable, for scripts. */
  readonly check: string;
  /** `error`: a swarm will not work so. `warning`: it works, but not all of it or not for long. `info`: could not be checked. */
  readonly severity: 'error' | 'warning' | 'info';
  readonly hosts: readonly string[];
  /** The observation, in one line. */
  readonly message: string;
  /** What makes it so, or what comes of it. */
  readonly cause: string;
  /** What to do or type. */
  readonly fix: string;
  /** Set when `--fix` does it. */
  readonly fixable?: FixId;
}

const rank = { error: 0, warning: 1, info: 2 } as const;

/** Sorts findings, the worst first; the same finding on several hosts becomes one. */
export function sortFindings(findings: readonly Finding[]): readonly Finding[] {
  const merged = new Map<string, Finding>();
  for (const finding of findings) {
    const key = JSON.stringify([finding.check, finding.severity, finding.message, finding.cause, finding.fix]);
    const hosts = [...new Set([...(merged.get(key)?.hosts ?? []), ...finding.hosts])].sort();
    merged.set(key, { ...finding, hosts });
  }
  return [...merged.values()].sort((a, b) => rank[a.severity] - rank[b.severity] || a.check.localeCompare(b.check));
}
