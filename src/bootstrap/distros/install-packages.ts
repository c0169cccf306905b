import { setTimeout as sleepFor } from 'node:timers/promises';
import { messageOf, SwarmupError } from '../../lib/errors.js';
import { naturalOrder } from '../../lib/natural-order.js';
import { upstreamVersion, versionMatches, type OfferedVersion } from '../engine-version.js';
import { runScript, type RemoteScript } from '../remote-script.js';
import { parseOffers, type PackageTool } from './package-tool.js';
import type { InstallEngine, InstallPackage, InstallRequest } from './package-manager.js';

type ToolRequest = Pick<InstallRequest, 'runner' | 'signal' | 'detail' | 'patience'> & { readonly tool: PackageTool };
type EngineRequest = InstallRequest & ToolRequest;

const updateTimeoutMs = 180_000;
/** Longer than the tools' own patience with a lock (300 s), so that they say who holds it. */
const installTimeoutMs = 900_000;

/** Installs Docker Engine by a package tool. */
export const installWith =
  (tool: PackageTool): InstallEngine =>
  async (asked) => {
    const request = { ...asked, tool, detail: withoutRepeats(asked.detail) };
    const offers = await readOffers(request, 'when-old');
    const chosen = choose(request, offers) ?? (await chooseFromDocker(request, offers));
    request.detail(`installing ${chosen.package} ${chosen.version}`);
    const packages = [...packagesOf(request, chosen, offers), ...tool.needed(request.facts)];
    await run(request, tool.install(packages, 'Docker'), {
      timeoutMs: installTimeoutMs,
      refresh: () => readOffers(request, 'always'),
    });
    return chosen.version;
  };

/** Installs one more package by a package tool. */
export const installPackageWith =
  (tool: PackageTool): InstallPackage =>
  async (asked, { name, title, fits }) => {
    const request = { ...asked, tool, detail: withoutRepeats(asked.detail) };
    const offers = (refresh: 'always' | 'when-old') => readOffersOf(request, [name], refresh, title);
    const chosen = (await offers('when-old')).find((offer) => fits(offer.version));
    if (chosen === undefined) return undefined;
    request.detail(`installing ${name} ${chosen.version}`);
    await run(request, tool.install([name], title), {
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

async function readOffers(request: EngineRequest, refresh: 'always' | 'when-old'): Promise<readonly OfferedVersion[]> {
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
    await run(request, script, { timeoutMs: updateTimeoutMs, goOn: (output) => parseOffers(output).length > 0 }),
  );
}

/** Newest first. */
function offersIn({ isOrdered }: PackageTool, output: string): readonly OfferedVersion[] {
  const offers = parseOffers(output);
  return isOrdered ? offers : [...offers].sort((a, b) => naturalOrder(b.version, a.version));
}

/** docker-ce comes with its client and containerd; others with what the distribution has split off. */
function packagesOf(
  { distro, version, tool }: EngineRequest,
  chosen: OfferedVersion,
  offers: readonly OfferedVersion[],
): readonly string[] {
  const at = (name: string): string => (version === undefined ? name : tool.at(name, chosen.version));
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
  let failure: unknown = adding === undefined ? `there is none for ${facts.os.prettyName}` : undefined;
  if (adding !== undefined && !offers.some((offer) => offer.package === 'docker-ce')) {
    request.detail("asking Docker's own package repository");
    try {
      ofDocker = offersIn(tool, await run(request, adding, { timeoutMs: updateTimeoutMs, delaysMs: [] }));
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

function notOffered(request: InstallRequest, offers: readonly OfferedVersion[], failure: unknown): SwarmupError {
  const { runner, version, facts, distro } = request;
  const host = runner.host;
  const versions = offers.filter((offer) => distro.enginePackages.includes(offer.package));
  const list = versions.map((offer) => `${upstreamVersion(offer.version)} (${offer.package} ${offer.version})`);
  const unreachable =
    failure === undefined ? [] : [`Docker's own repository could not be asked: ${messageOf(failure)}`];
  if (version === undefined)
    return new SwarmupError(
      'ENGINE_PACKAGE_MISSING',
      `no package source of ${host} (${facts.os.prettyName}) offers Docker Engine`,
      {
        host,
        hints: [
          ...unreachable,
          `${distro.missingHint ?? 'add a package source that has it'}, then run the same command again`,
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

interface ToolOptions {
  readonly timeoutMs: number;
  /** Pauses before each further try; default: as the request says. */
  readonly delaysMs?: readonly number[];
  /** A failure whose output says true here is no failure (one broken source of several). */
  readonly goOn?: (output: string) => boolean;
  /** Brings the package lists up to date, for a retry. */
  readonly refresh?: () => Promise<unknown>;
}

/** Runs a script of the package tool; repairs and retries what passes by itself. Returns its output. */
async function run(request: ToolRequest, script: RemoteScript, options: ToolOptions): Promise<string> {
  const { runner, signal, detail, patience, tool } = request;
  const delaysMs = options.delaysMs ?? patience.retryDelaysMs;
  const lockedUntilMs = performance.now() + patience.lockWaitMs;
  for (let attempt = 0; ;) {
    const output = await runOnce(request, script, options);
    if (output.succeeded || options.goOn?.(output.text) === true) return output.text;
    const kind = tool.classify(output.text);
    const isLocked = kind === 'locked';
    const waits = isLocked ? performance.now() < lockedUntilMs : kind !== 'other' && attempt < delaysMs.length;
    if (!waits) throw toolFailed(tool, runner.host, script.title, output.text);
    detail(isLocked ? waitingFor(tool, output.text) : `${tool.errorIn(output.text)}; trying again`);
    await sleepFor(isLocked ? patience.lockPollMs : delaysMs[attempt++], undefined, { signal });
    if (kind === 'interrupted') await runScript(runner, tool.repair, { signal, timeoutMs: installTimeoutMs });
    if (kind === 'stale-lists') await options.refresh?.();
  }
}

const waitingFor = ({ lockHolder }: PackageTool, output: string): string =>
  `waiting for ${lockHolder(output) ?? 'another process'}, which holds the package lock`;

async function runOnce(
  { runner, signal, detail, tool }: ToolRequest,
  script: RemoteScript,
  { timeoutMs }: ToolOptions,
): Promise<{ readonly succeeded: boolean; readonly text: string }> {
  const onLine = (line: string): void => {
    const progress = tool.progress(line);
    if (progress !== undefined) detail(progress);
  };
  const { exitCode, stdout, stderr } = await runScript(runner, script, { signal, timeoutMs, check: false, onLine });
  return { succeeded: exitCode === 0, text: `${stdout}\n${stderr}` };
}

function withoutRepeats(detail: (message: string) => void): (message: string) => void {
  let last: string | undefined;
  return (message) => {
    if (message !== last) detail(message);
    last = message;
  };
}

function toolFailed(tool: PackageTool, host: string, title: string, output: string): SwarmupError {
  const holder = tool.lockHolder(output);
  if (tool.classify(output) === 'locked')
    return new SwarmupError(
      'PACKAGES_LOCKED',
      `cannot ${title} on ${host}: ${holder ?? 'another process'} holds the package lock`,
      {
        host,
        retryable: true,
        hints: [
          `wait until it is done, or look at it: swarmup ssh ${host} -- ps aux`,
          'then run the same command again',
        ],
      },
    );
  return new SwarmupError('ENGINE_INSTALL_FAILED', `cannot ${title} on ${host}: ${tool.errorIn(output)}`, {
    host,
    hints: [
      `look at the package sources of the host: swarmup ssh ${host} -- sudo ${tool.look}`,
      'then run the same command again',
    ],
    cause: new Error(output.trim().split('\n').slice(-30).join('\n')),
  });
}
