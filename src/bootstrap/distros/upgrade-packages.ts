import { SwarmupError } from '../../lib/errors.js';
import { naturalOrder } from '../../lib/natural-order.js';
import { swarmup } from '../../lib/typed-command.js';
import { upstreamVersion, versionMatches, type OfferedVersion } from '../engine-version.js';
import { runScript } from '../remote-script.js';
import { type EngineRequest, installChosen, notOffered, readOffers } from './install-packages.js';
import { type InstalledPackage, parseInstalled, type PackageTool } from './package-tool.js';
import { withoutRepeats } from './run-package-tool.js';
import type { InstallRequest, LookForUpgrade, PackageUpgrade } from './distro.js';

/** Looks by a package tool; the package stays the one that is installed: docker.io does not become docker-ce. */
export const lookForUpgradeWith =
  (tool: PackageTool): LookForUpgrade =>
  async (asked): Promise<PackageUpgrade> => {
    const request = { ...asked, tool, detail: withoutRepeats(asked.detail) };
    const { runner, distro, signal } = request;
    const offers = await readOffers(request, 'always');
    const { stdout } = await runScript(runner, tool.installed(distro.enginePackages), { signal, timeoutMs: 30_000 });
    const [installed] = parseInstalled(stdout);
    if (installed === undefined)
      throw notPackaged(runner.host, `none of ${distro.enginePackages.join(', ')} is installed`);
    const to = target(request, installed, offers);
    return {
      package: installed.package,
      from: installed.version,
      to,
      apply: async (detail) => {
        const installing = { ...request, detail: withoutRepeats(detail) };
        if (to !== installed.version) await installChosen(installing, { ...installed, version: to }, offers, true);
      },
    };
  };

/**
 * The version to install: the wanted version, else the tool's preferred version, else the newest; never an older one.
 */
function target(
  request: EngineRequest,
  { package: name, version: now, candidate }: InstalledPackage,
  offers: readonly OfferedVersion[],
): string {
  const { version: wanted } = request;
  const own = offers.filter((offer) => offer.package === name);
  if (wanted === undefined) {
    const best = candidate ?? own[0]?.version ?? now;
    return isOlder(best, now) ? now : best;
  }
  const found = own.find((offer) => versionMatches(wanted, offer.version))?.version;
  // The installed version may no longer be offered by any source.
  if (found === undefined && versionMatches(wanted, now)) return now;
  if (found === undefined) throw notOffered(request, own, undefined);
  if (isOlder(found, now)) throw downgrade(request, now, found);
  return found;
}

const isOlder = (a: string, b: string): boolean => naturalOrder(upstreamVersion(a), upstreamVersion(b)) < 0;

/** ENGINE_NOT_PACKAGED: its engine came in another way than by packages. */
export const notPackaged = (host: string, why: string): SwarmupError =>
  new SwarmupError('ENGINE_NOT_PACKAGED', `the engine of ${host} cannot be upgraded with packages: ${why}`, {
    host,
    hints: [
      `upgrade the engine on the host in the way that it was installed: ${swarmup`ssh ${host}`}`,
      `then: ${swarmup`provision ${host}`}`,
    ],
  });

const downgrade = ({ runner: { host } }: InstallRequest, now: string, asked: string): SwarmupError =>
  new SwarmupError(
    'ENGINE_DOWNGRADE',
    `${host} has Docker Engine ${upstreamVersion(now)}, which is newer than ${upstreamVersion(asked)}`,
    { host, hints: ['an older engine cannot read the data of a newer one; create the host again instead'] },
  );
