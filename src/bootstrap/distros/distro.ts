import type { OsRelease, HostFacts } from '../host-facts.js';
import type { Runner } from '../../ssh/runner.js';

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
  /** The remedy if the package sources have no Docker. */
  readonly missingHint?: string;
}

export interface InstallRequest {
  readonly runner: Runner;
  readonly facts: HostFacts;
  readonly distro: Distro;
  /** As the user wrote it; undefined: what the distribution offers. */
  readonly version: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly detail: (message: string) => void;
  readonly patience: Patience;
}

/** How long to put up with what passes by itself. */
export interface Patience {
  /** Pauses before each further try after a failed download. */
  readonly retryDelaysMs: readonly number[];
  /** For a lock that another package manager holds. */
  readonly lockWaitMs: number;
  readonly lockPollMs: number;
}

/**
 * Installs Docker Engine and its client with the packages of one package system; returns the installed version.
 * Errors: ENGINE_VERSION_UNKNOWN, ENGINE_PACKAGE_MISSING, ENGINE_INSTALL_FAILED, PACKAGES_LOCKED.
 */
export type InstallEngine = (request: InstallRequest) => Promise<string>;

/** The effect of an upgrade of the engine's package. */
export interface PackageUpgrade {
  readonly package: string;
  /** Versions of the package; the same: there is nothing to do. */
  readonly from: string;
  readonly to: string;
  /** Does it. Errors: PACKAGES_LOCKED, ENGINE_INSTALL_FAILED. */
  readonly apply: (detail: (message: string) => void) => Promise<void>;
}

/**
 * Finds the version to which the engine's package could be upgraded; updates the package lists, and changes nothing
 * else. Errors: ENGINE_NOT_PACKAGED, ENGINE_VERSION_UNKNOWN, ENGINE_DOWNGRADE, PACKAGES_LOCKED, ENGINE_INSTALL_FAILED.
 */
export type LookForUpgrade = (request: InstallRequest) => Promise<PackageUpgrade>;

/**
 * Installs one more package if the configured sources offer a suitable version; returns that version, or undefined if
 * they do not. Errors: PACKAGES_LOCKED, ENGINE_INSTALL_FAILED (with the name of the step).
 */
export type InstallPackage = (
  request: Omit<InstallRequest, 'distro' | 'version'>,
  wanted: {
    readonly name: string;
    /** For messages, as in `Node.js`. */
    readonly title: string;
    readonly fits: (version: string) => boolean;
  },
) => Promise<string | undefined>;

export const defaultPatience: Patience = {
  retryDelaysMs: [2000, 5000, 10_000],
  lockWaitMs: 300_000,
  lockPollMs: 2000,
};
