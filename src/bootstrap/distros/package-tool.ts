import type { OfferedVersion } from '../engine-version.js';
import type { HostFacts } from '../host-facts.js';
import type { RemoteScript } from '../remote-script.js';
import type { Distro } from './distro.js';

/** The reason why a package tool failed, as far as it decides the next step. */
export type PackageFailure = 'locked' | 'interrupted' | 'stale-lists' | 'download' | 'other';

/** One package manager: the scripts that drive it, and how its answers are read. */
export interface PackageTool {
  /** Prints `swarmup-offers`, then `name | version | … Packages` lines. `refresh`: see `offersScript`. */
  readonly offers: (packages: readonly string[], refresh: 'always' | 'when-old', what: string) => RemoteScript;
  /** Its offers come newest first. */
  readonly isOrdered: boolean;
  /** Installs what is named, without questions. */
  readonly install: (packages: readonly string[], what: string) => RemoteScript;
  /**
   * Prints `swarmup-installed`, then `name|version|candidate` for each installed package; the candidate, if the tool
   * has one, is the version that its own preferences choose.
   */
  readonly installed: (packages: readonly string[]) => RemoteScript;
  /** What the engine needs besides itself. */
  readonly needed: (facts: HostFacts) => readonly string[];
  /** A package at a version, as the tool wants it named. */
  readonly at: (name: string, version: string) => string;
  /** Adds Docker's own repository and prints its offers; undefined if there is none for the host. */
  readonly addDockerRepository: (distro: Distro, facts: HostFacts) => RemoteScript | undefined;
  readonly removeDockerRepository: RemoteScript;
  /** Mends what an interrupted run left. */
  readonly repair: RemoteScript;
  readonly classify: (output: string) => PackageFailure;
  /** In one line. */
  readonly errorIn: (output: string) => string;
  /** Who holds the lock, as in `process 812 (unattended-upgr)`. */
  readonly lockHolder: (output: string) => string | undefined;
  /** A line worth showing while it runs, in a few words. */
  readonly progress: (line: string) => string | undefined;
  /** The command with which a user can check the package sources. */
  readonly look: string;
}

/** The lines after the mark, each version once. */
export function parseOffers(output: string): readonly OfferedVersion[] {
  const lines = output.slice(output.lastIndexOf('swarmup-offers\n')).split('\n');
  const offers = new Map<string, OfferedVersion>();
  for (const line of lines) {
    const [name, version, source] = line.split('|').map((field) => field.trim());
    if (name === undefined || version === undefined || source?.endsWith('Packages') !== true) continue;
    offers.set(`${name}=${version}`, { package: name, version });
  }
  return [...offers.values()];
}

export interface InstalledPackage {
  readonly package: string;
  readonly version: string;
  readonly candidate: string | undefined;
}

/** The lines after `swarmup-installed`. */
export function parseInstalled(output: string): readonly InstalledPackage[] {
  const [, lines = ''] = output.split('swarmup-installed\n');
  return lines.split('\n').flatMap((line) => {
    const [name = '', version = '', candidate = ''] = line.split('|').map((field) => field.trim());
    return version === '' ? [] : [{ package: name, version, candidate: candidate === '' ? undefined : candidate }];
  });
}
