import { messageOf, SwarmupError } from '../../lib/errors.js';
import { naturalOrder } from '../../lib/natural-order.js';
import { upstreamVersion, versionMatches, type OfferedVersion } from '../engine-version.js';
import { runScript } from '../remote-script.js';
import { parseOffers, type PackageTool } from './package-tool.js';
import { installTimeoutMs, runTool, type ToolRequest, withoutRepeats } from './run-package-tool.js';
import type { InstallEngine, InstallPackage, InstallRequest } from './distro.js';

export type EngineRequest = InstallRequest & ToolRequest;

const updateTimeoutMs = 180_000;

/** Installs Docker Engine by a package tool. */
export const installWith =
  (tool: PackageTool): InstallEngine =>
  async (asked) => {
    const request = { ...asked, tool, detail: withoutRepeats(asked.detail) };
    const offers = await readOffers(request, 'when-old');
    const chosen = choose(request, offers) ?? (await chooseFromDocker(request, offers));
    await installChosen(request, chosen, offers, request.version !== undefined);
    return chosen.version;
  };

/** Installs an engine package with what goes with it; `exact`: in just that version. */
export async function installChosen(
  request: EngineRequest,
  chosen: OfferedVersion,
  offers: readonly OfferedVersion[],
  exact: boolean,
): Promise<void> {
  const { tool, facts } = request;
  request.detail(`installing ${chosen.package} ${chosen.version}`);
  const packages = [...packagesOf(request, chosen, offers, exact), ...tool.needed(facts)];
  await runTool(request, tool.install(packages, 'Docker'), {
    timeoutMs: installTimeoutMs,
    refresh: () => readOffers(request, 'always'),
  });
}

/** Installs one more package by a package tool. */
export const installPackageWith =
  (tool: PackageTool): InstallPackage =>
  async (asked, { name, title, fits }) => {
    const request = { ...asked, tool, detail: withoutRepeats(asked.detail) };
    const offers = (refresh: 'always' | 'when-old') => readOffersOf(request, [name], refresh, title);
    const chosen = (await offers('when-old')).find((offer) => fits(offer.version));
    if (chosen === undefined) return undefined;
    request.detail(`installing ${name} ${chosen.version}`);
    await runTool(request, tool.install([name], title), {
      timeoutMs: installTimeoutMs,
      refresh: () => offers('always'),
    });
    return chosen.version;
  };

/** The first fitting version of the first package that is offered at all; lists come newest first. */
function choose({ distro, version }: InstallRequest, offers: readonly OfferedVersion[]): OfferedVersion | undefined {
  return distro.enginePackages
    .flatMap((name) => offers.filter((offer) => offer.package === name))
    .find((offer) => version === undefined || versionMatches(version, offer.version));
}

/** The versions of Docker that the package sources offer, newest first. */
export async function readOffers(
  request: EngineRequest,
  refresh: 'always' | 'when-old',
): Promise<readonly OfferedVersion[]> {
  const { enginePackages, companions = {} } = request.distro;
  const names = [...enginePackages, ...Object.values(companions).flat()];
  return readOffersOf(request, [...new Set(names)], refresh, 'Docker');
}

async function readOffersOf(
  request: ToolRequest,
  packages: readonly string[],
  refresh: 'always' | 'when-old',
  title: string,
): Promise<readonly OfferedVersion[]> {
  request.detail('reading the package lists');
  const script = request.tool.offers(packages, refresh, title);
  return offersIn(
    request.tool,
    await runTool(request, script, { timeoutMs: updateTimeoutMs, goOn: (output) => parseOffers(output).length > 0 }),
  );
}

/** Newest first. */
function offersIn({ isOrdered }: PackageTool, output: string): readonly OfferedVersion[] {
  const offers = parseOffers(output);
  return isOrdered ? offers : [...offers].sort((a, b) => naturalOrder(b.version, a.version));
}

/** docker-ce comes with its client and containerd; others with what the distribution has split off. */
function packagesOf(
  { distro, tool }: EngineRequest,
  chosen: OfferedVersion,
  offers: readonly OfferedVersion[],
  exact: boolean,
): readonly string[] {
  const at = (name: string): string => (exact ? tool.at(name, chosen.version) : name);
  if (chosen.package === 'docker-ce') return [at('docker-ce'), at('docker-ce-cli'), 'containerd.io'];
  const split = (distro.companions?.[chosen.package] ?? []).filter((name) =>
    offers.some((offer) => offer.package === name && offer.version === chosen.version),
  );
  return [at(chosen.package), ...split.map(at)];
}

/** What the distribution does not have, Docker's own repository may. It stays configured only when it does. */
async function chooseFromDocker(request: EngineRequest, offers: readonly OfferedVersion[]): Promise<OfferedVersion> {
  const { distro, facts, tool } = request;
  const adding = tool.addDockerRepository(distro, facts);
  let ofDocker: readonly OfferedVersion[] = [];
  let failure: unknown = adding === undefined ? `there is no repository for ${facts.os.prettyName}` : undefined;
  if (adding !== undefined && !offers.some((offer) => offer.package === 'docker-ce')) {
    request.detail("checking Docker's own package repository");
    try {
      ofDocker = offersIn(tool, await runTool(request, adding, { timeoutMs: updateTimeoutMs, delaysMs: [] }));
    } catch (error) {
      request.signal?.throwIfAborted();
      failure = error;
    }
    const chosen = choose(request, ofDocker);
    if (chosen !== undefined) return chosen;
    await runScript(request.runner, tool.removeDockerRepository, { signal: request.signal });
  }
  throw notOffered(request, [...offers, ...ofDocker], failure);
}

/** ENGINE_PACKAGE_MISSING, or with a version ENGINE_VERSION_UNKNOWN with those that are offered. */
export function notOffered(request: InstallRequest, offers: readonly OfferedVersion[], failure: unknown): SwarmupError {
  const { runner, version, facts, distro } = request;
  const host = runner.host;
  const versions = offers.filter((offer) => distro.enginePackages.includes(offer.package));
  const list = versions.map((offer) => `${upstreamVersion(offer.version)} (${offer.package} ${offer.version})`);
  const unreachable =
    failure === undefined ? [] : [`Docker's own repository could not be checked: ${messageOf(failure)}`];
  if (version === undefined)
    return new SwarmupError(
      'ENGINE_PACKAGE_MISSING',
      `no package source of ${host} (${facts.os.prettyName}) offers Docker Engine`,
      {
        host,
        hints: [
          ...unreachable,
          `${distro.missingHint ?? 'add a package source that offers Docker Engine'}, then run the same command again`,
        ],
        cause: failure,
      },
    );
  return new SwarmupError(
    'ENGINE_VERSION_UNKNOWN',
    `no package source of ${host} (${facts.os.prettyName}) offers Docker Engine ${version}`,
    {
      host,
      hints: [list.length === 0 ? 'no version is offered' : `offered: ${list.join(', ')}`, ...unreachable],
      cause: failure,
    },
  );
}
