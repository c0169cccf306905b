import { setTimeout as sleepFor } from 'node:timers/promises';
import { messageOf, SwarmupError } from '../../lib/errors.js';
import { upstreamVersion, versionMatches, type OfferedVersion } from '../engine-version.js';
import { runScript, type RemoteScript } from '../remote-script.js';
import { aptError, aptProgress, classifyAptFailure, lockHolder, lockMessage, parseOffers } from './apt-output.js';
import {
  dockerRepositoryScript,
  installScript,
  offersScript,
  packagesScript,
  removeDockerRepositoryScript,
  repairScript,
} from './apt-scripts.js';
import type { InstallEngine, InstallPackage, InstallRequest } from './package-manager.js';

type AptRequest = Pick<InstallRequest, 'runner' | 'signal' | 'detail' | 'patience'>;

const updateTimeoutMs = 180_000;
/** Longer than apt's own patience with a lock (300 s), so that apt says who holds it. */
const installTimeoutMs = 900_000;

/** Debian and its derivatives. */
export const installWithApt: InstallEngine = async (asked) => {
  const request = { ...asked, detail: withoutRepeats(asked.detail) };
  const offers = await readOffers(request, 'when-old');
  const chosen = choose(request, offers) ?? (await chooseFromDocker(request, offers));
  request.detail(`installing ${chosen.package} ${chosen.version}`);
  await apt(request, installScript(packagesOf(chosen, offers, request.version !== undefined), request.facts), {
    timeoutMs: installTimeoutMs,
    refresh: () => readOffers(request, 'always'),
  });
  return chosen.version;
};

export const installPackageWithApt: InstallPackage = async (asked, { name, title, fits }) => {
  const request = { ...asked, detail: withoutRepeats(asked.detail) };
  const offers = (refresh: 'always' | 'when-old') => readOffersOf(request, [name], refresh, title);
  const chosen = (await offers('when-old')).find((offer) => fits(offer.version));
  if (chosen === undefined) return undefined;
  request.detail(`installing ${name} ${chosen.version}`);
  await apt(request, packagesScript([name], title), {
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

async function readOffers(request: InstallRequest, refresh: 'always' | 'when-old'): Promise<readonly OfferedVersion[]> {
  // docker-cli is a package of its own in newer releases of Debian
  return readOffersOf(request, [...request.distro.enginePackages, 'docker-cli'], refresh, 'Docker');
}

async function readOffersOf(
  request: AptRequest,
  packages: readonly string[],
  refresh: 'always' | 'when-old',
  title: string,
): Promise<readonly OfferedVersion[]> {
  request.detail('reading the package lists');
  const script = offersScript(packages, refresh, title);
  return parseOffers(
    await apt(request, script, { timeoutMs: updateTimeoutMs, goOn: (output) => parseOffers(output).length > 0 }),
  );
}

/** docker-ce comes with its client and containerd; docker.io needs docker-cli where the release has split it off. */
function packagesOf(chosen: OfferedVersion, offers: readonly OfferedVersion[], pinned: boolean): readonly string[] {
  const at = (name: string): string => (pinned ? `${name}=${chosen.version}` : name);
  if (chosen.package === 'docker-ce') return [at('docker-ce'), at('docker-ce-cli'), 'containerd.io'];
  const split = offers.some((offer) => offer.package === 'docker-cli' && offer.version === chosen.version);
  return [at(chosen.package), ...(split ? [at('docker-cli')] : [])];
}

/** What the distribution does not have, Docker's own repository may. It stays configured only when it does. */
async function chooseFromDocker(request: InstallRequest, offers: readonly OfferedVersion[]): Promise<OfferedVersion> {
  const { distro, facts } = request;
  const suite = distro.dockerRepository.suite(facts.os);
  let ofDocker: readonly OfferedVersion[] = [];
  let failure: unknown = suite === undefined ? `${facts.os.prettyName} has no codename` : undefined;
  if (suite !== undefined && !offers.some((offer) => offer.package === 'docker-ce')) {
    request.detail("asking Docker's own package repository");
    try {
      ofDocker = parseOffers(
        await apt(request, dockerRepositoryScript(distro, suite), { timeoutMs: updateTimeoutMs, delaysMs: [] }),
      );
    } catch (error) {
      request.signal?.throwIfAborted();
      failure = error;
    }
    const chosen = choose(request, ofDocker);
    if (chosen !== undefined) return chosen;
    await runScript(request.runner, removeDockerRepositoryScript, { signal: request.signal });
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
          'enable the component that has docker.io (on Ubuntu: universe), then run the same command again',
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

interface AptOptions {
  readonly timeoutMs: number;
  /** Pauses before each further try; default: as the request says. */
  readonly delaysMs?: readonly number[];
  /** A failure whose output says true here is no failure (one broken source of several). */
  readonly goOn?: (output: string) => boolean;
  /** Brings the package lists up to date, for a retry. */
  readonly refresh?: () => Promise<unknown>;
}

/** Runs a script of apt commands; repairs and retries what passes by itself. Returns its output. */
async function apt(request: AptRequest, script: RemoteScript, options: AptOptions): Promise<string> {
  const { runner, signal, detail, patience } = request;
  const delaysMs = options.delaysMs ?? patience.retryDelaysMs;
  const lockedUntilMs = performance.now() + patience.lockWaitMs;
  for (let attempt = 0; ;) {
    const output = await runApt(request, script, options);
    if (output.succeeded || options.goOn?.(output.text) === true) return output.text;
    const kind = classifyAptFailure(output.text);
    const waits = kind === 'locked' ? performance.now() < lockedUntilMs : kind !== 'other' && attempt < delaysMs.length;
    if (!waits) throw aptFailed(runner.host, script.title, output.text);
    detail(kind === 'locked' ? lockMessage(output.text) : `${aptError(output.text)}; trying again`);
    await sleepFor(kind === 'locked' ? patience.lockPollMs : delaysMs[attempt++], undefined, { signal });
    if (kind === 'interrupted') await runScript(runner, repairScript, { signal, timeoutMs: installTimeoutMs });
    if (kind === 'stale-lists') await options.refresh?.();
  }
}

async function runApt(
  { runner, signal, detail }: AptRequest,
  script: RemoteScript,
  { timeoutMs }: AptOptions,
): Promise<{ readonly succeeded: boolean; readonly text: string }> {
  const onLine = (line: string): void => {
    const progress = aptProgress(line);
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

function aptFailed(host: string, title: string, output: string): SwarmupError {
  const holder = lockHolder(output);
  if (classifyAptFailure(output) === 'locked')
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
  return new SwarmupError('ENGINE_INSTALL_FAILED', `cannot ${title} on ${host}: ${aptError(output)}`, {
    host,
    hints: [
      `look at the package sources of the host: swarmup ssh ${host} -- sudo apt-get update`,
      'then run the same command again',
    ],
    cause: new Error(output.trim().split('\n').slice(-30).join('\n')),
  });
}
