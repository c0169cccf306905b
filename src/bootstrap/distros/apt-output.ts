import type { PackageFailure } from './package-tool.js';

export function classifyAptFailure(output: string): PackageFailure {
  // only as an error: a lock that was waited for and obtained is mentioned too
  if (/^E: .*(Could not get lock|Unable to (lock|acquire))/m.test(output)) return 'locked';
  if (output.includes('dpkg was interrupted')) return 'interrupted';
  if (/\b404\b.*Not Found|Hash Sum mismatch|unexpected size|Unable to locate package/.test(output))
    return 'stale-lists';
  if (
    /Temporary failure resolving|Could not (resolve|connect)|Connection (timed out|failed)|Failed to fetch/.test(output)
  )
    return 'download';
  return 'other';
}

/** Who holds the lock, as in `process 812 (unattended-upgr)`. */
export const lockHolder = (output: string): string | undefined =>
  /held by (process \d+(?: \([^)]*\))?)/.exec(output)?.[1];

const lockMessage = (output: string): string =>
  `waiting for ${lockHolder(output) ?? 'another process'}, which holds the package lock`;

/** The first error (E:), else the first warning (W:), else what apt did last. */
export function aptError(output: string): string {
  const lines = output
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
  const said = lines.find((line) => line.startsWith('E: ')) ?? lines.find((line) => line.startsWith('W: '));
  return said?.slice(3) ?? `the program ended after '${lines.at(-1) ?? ''}'`;
}

/** A line of apt's output worth showing while it runs, in a few words. */
export function aptProgress(line: string): string | undefined {
  if (lockHolder(line) !== undefined) return lockMessage(line);
  const [, verb, name] = /^(Unpacking|Setting up) ([^\s:]+)/.exec(line) ?? [];
  if (verb !== undefined && name !== undefined) return `${verb.toLowerCase()} ${name}`;
  if (/^Get:\d/.test(line)) return 'downloading packages';
  return undefined;
}
