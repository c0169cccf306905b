import type { OsRelease } from '../host-facts.js';
import type { InstallEngine, InstallPackage, LookForUpgrade } from './package-manager.js';

/** A family of operating systems on which Docker Engine is installed in the same way. */
export interface Distro {
  /** For messages. */
  readonly name: string;
  /** os-release ID of the distribution; its derivatives name it in ID_LIKE. */
  readonly id: string;
  readonly install: InstallEngine;
  readonly lookForUpgrade: LookForUpgrade;
  /** Packages of the distribution that contain Docker Engine, best first. */
  readonly enginePackages: readonly string[];
  readonly installPackage: InstallPackage;
  /** Package of the distribution that contains Node.js. */
  readonly nodePackage: string;
  /** Docker's own repository for it, tried when the configured ones do not have what is asked for. */
  readonly dockerRepository?: {
    /** The folder on download.docker.com. */
    readonly folder: string;
    /** For apt: the release. */
    readonly suite?: (os: OsRelease) => string | undefined;
  };
  /** Packages that go with an engine package, where they are offered: its client, as a rule. */
  readonly companions?: Readonly<Record<string, readonly string[]>>;
  /** What to do when the package sources have no Docker. */
  readonly missingHint?: string;
}
