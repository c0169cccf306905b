/** A version of a package, as its repository writes it: `5:24.0.7-1~debian.12~bookworm`, `20.10.24+dfsg1-1+b2`. */
export interface OfferedVersion {
  readonly package: string;
  readonly version: string;
}

/**
 * True if `version` is the wanted version: the full package version, or the beginning of Docker's own version, by
 * components. `24`, `24.0` and `24.0.7` all match `5:24.0.7-1~debian.12~bookworm`; `2` and `24.0.70` do not.
 */
export function versionMatches(asked: string, version: string): boolean {
  if (asked === version) return true;
  const wanted = upstreamVersion(asked).split('.');
  const found = upstreamVersion(version).split('.');
  // a full package version must match in full
  return /^v?[\d.]+$/.test(asked) && wanted.every((part, index) => part === found[index]);
}

/** Docker's own version in a package version: `5:24.0.7-1~debian.12` → `24.0.7`. */
export function upstreamVersion(version: string): string {
  return /\d+(?:\.\d+)*/.exec(version.replace(/^\d+:/, '').replace(/^v/, ''))?.[0] ?? version;
}
