import { quoteWord } from '../lib/quote.js';
import type { Runner } from '../ssh/runner.js';
import { waitForCloudInit } from './cloud-init.js';
import { findDistro } from './distros/distros.js';
import { enginePaths } from './engine-paths.js';
import { readFacts } from './facts.js';
import type { HostFacts } from './host-facts.js';
import type { InstallDockerOptions } from './install-docker.js';
import { runScript, type RemoteScript } from './remote-script.js';
import { defaultPatience } from './distros/distro.js';

/** `version` undefined: the newest that the host's package sources offer. */
type UpgradeDockerOptions = Omit<InstallDockerOptions, 'installUrl'>;

/** What an upgrade of a host's engine would do. */
interface EngineUpgrade {
  /** Versions of its package; the same: there is nothing to do. */
  readonly from: string;
  readonly to: string;
  /**
   * Does it, and resolves to the facts afterwards. When the engine that runs is not the new one yet, the host remembers
   * that it has to be restarted, also after an abort: `configureEngine` does that. Errors: PACKAGES_LOCKED,
   * ENGINE_INSTALL_FAILED, TIMEOUT.
   */
  readonly apply: (detail: (message: string) => void) => Promise<HostFacts>;
}

/**
 * Looks what the engine of a host could be upgraded to by the packages of its distribution; changes nothing but the
 * host's package lists. Errors: ENGINE_NOT_PACKAGED, ENGINE_VERSION_UNKNOWN, ENGINE_DOWNGRADE, OS_UNSUPPORTED,
 * PACKAGES_LOCKED, ENGINE_INSTALL_FAILED (the lists cannot be read), TIMEOUT.
 */
export async function lookForUpgrade(
  runner: Runner,
  facts: HostFacts,
  options: UpgradeDockerOptions = {},
): Promise<EngineUpgrade> {
  const { version, signal, detail = () => undefined, patience = defaultPatience } = options;
  if (facts.cloudInit === 'running') await waitForCloudInit(runner, { signal, detail });
  const distro = findDistro(runner.host, facts);
  const found = await distro.lookForUpgrade({ runner, facts, distro, version, signal, detail, patience });
  return {
    from: found.from,
    to: found.to,
    apply: async (progress) => {
      if (found.from !== found.to) {
        await runScript(runner, markScript, { signal, timeoutMs: 15_000 });
        await found.apply(progress);
      }
      await runScript(runner, unmarkScript, { signal, timeoutMs: 15_000 });
      return readFacts(runner, { signal });
    },
  };
}

const pending = quoteWord(enginePaths.restartPending);

/** Before the package changes: a run that is killed in between leaves the mark. */
const markScript: RemoteScript = { title: 'mark the engine for a restart', body: `: >${pending}` };

/** The file of a program that was replaced while it runs is called deleted, see proc(5). */
const unmarkScript: RemoteScript = {
  title: 'check whether the new engine runs',
  body: `
program=$(readlink "/proc/$(cat /var/run/docker.pid 2>/dev/null)/exe" 2>/dev/null)
case $program in
  *' (deleted)') : >${pending} ;;
  */dockerd) [ ! -e ${pending} ] || rm -f ${pending} ;;
esac
`,
};
