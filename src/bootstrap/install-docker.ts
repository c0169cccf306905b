import { SwarmupError } from '../lib/errors.js';
import { swarmup } from '../lib/typed-command.js';
import type { Runner } from '../ssh/runner.js';
import { waitForCloudInit } from './cloud-init.js';
import { findDistro } from './distros/distros.js';
import { upstreamVersion, versionMatches } from './engine-version.js';
import { readFacts } from './facts.js';
import type { HostFacts } from './host-facts.js';
import { installByScript } from './install-by-script.js';
import { defaultPatience, type Patience } from './distros/distro.js';

export interface InstallDockerOptions {
  /**
   * `24.0` or `5:24.0.7-1~debian.12~bookworm`; undefined: the present version, else the version that the distribution
   * offers.
   */
  readonly version?: string | undefined;
  /** URL of a script to install by, instead of packages; `none`: the engine has to be there. */
  readonly installUrl?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** What is being done right now, in a few words. */
  readonly detail?: (message: string) => void;
  readonly patience?: Patience;
}

interface InstallDockerResult {
  /** False: there was nothing to do. */
  readonly changed: boolean;
  /** The facts as they are now. */
  readonly facts: HostFacts;
}

/**
 * Makes sure that the host has a Docker Engine, from the packages of its distribution. First waits for cloud-init and
 * for other package managers. An interrupted run can be repeated. Errors: ENGINE_VERSION_MISMATCH (another version is
 * installed), ENGINE_VERSION_UNKNOWN (no source offers it), OS_UNSUPPORTED, ENGINE_PACKAGE_MISSING, PACKAGES_LOCKED,
 * ENGINE_INSTALL_FAILED, TIMEOUT.
 */
export async function installDocker(
  runner: Runner,
  facts: HostFacts,
  options: InstallDockerOptions = {},
): Promise<InstallDockerResult> {
  const { version, installUrl, signal, detail = () => undefined, patience = defaultPatience } = options;
  let current = facts;
  if (facts.cloudInit === 'running') {
    await waitForCloudInit(runner, { signal, detail });
    // it may have installed Docker by itself
    current = await readFacts(runner, { signal });
  }
  if (current.engine !== undefined) {
    const mismatch = version === undefined ? undefined : versionMismatch(runner.host, current.engine.version, version);
    if (mismatch !== undefined) throw mismatch;
    return { changed: false, facts: current };
  }
  let installed = `from ${installUrl ?? ''}`;
  if (installUrl !== undefined) await installByScript(runner, installUrl, { signal, detail });
  else {
    const distro = findDistro(runner.host, current);
    installed = await distro.install({ runner, facts: current, distro, version, signal, detail, patience });
  }
  current = await readFacts(runner, { signal });
  if (current.engine === undefined)
    throw new SwarmupError(
      'ENGINE_INSTALL_FAILED',
      `Docker ${installed} was installed on ${runner.host}, but dockerd was not found`,
      {
        host: runner.host,
        hints: [`find the installed packages: ${swarmup`ssh ${runner.host} -- dpkg -l 'docker*'`}`],
      },
    );
  return { changed: true, facts: current };
}

/** ENGINE_VERSION_MISMATCH when the engine that is there is not the one that is wanted. */
export function versionMismatch(host: string, found: string, asked: string): SwarmupError | undefined {
  if (versionMatches(asked, found)) return undefined;
  return new SwarmupError(
    'ENGINE_VERSION_MISMATCH',
    `${host} has Docker Engine ${upstreamVersion(found)}, not ${asked}`,
    {
      host,
      hints: [
        `leave out --engine-version to use ${upstreamVersion(found)}`,
        `or change the engine on the host: ${swarmup`ssh ${host}`}`,
      ],
    },
  );
}
