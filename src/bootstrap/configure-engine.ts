import { SwarmupError } from '../lib/errors.js';
import { swarmup } from '../lib/typed-command.js';
import { redact } from '../ssh/redact.js';
import type { Runner } from '../ssh/runner.js';
import { configureScript, type EngineFiles, restoreScript } from './configure-script.js';
import { liveRestoreJson, mergeDaemonJson, type DaemonSettings } from './daemon-json.js';
import { enginePaths } from './engine-paths.js';
import { readFacts } from './facts.js';
import type { HostFacts } from './host-facts.js';
import { runScript } from './remote-script.js';
import { requireEngine, requireInit, serviceFiles } from './served-engine.js';
import { serviceManagers, type ServiceManager } from './service-manager.js';
import { certificateInfo, serverSans, stillServes } from './tls/certificate-info.js';
import type { KeyPair } from './tls/certificate-files.js';
import { readAuthority } from './tls/certificates.js';

export interface ConfigureEngineOptions extends DaemonSettings {
  /** The engine is to be a swarm node. */
  readonly swarm: boolean;
  /** Serves the engine on port 2376 to clients with a certificate; undefined: swarmup does not open that port. */
  readonly tls?: EngineTls | undefined;
  /** Environment of dockerd. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** The daemon settings that the host was given before, where they are to change. */
  readonly formerDaemon?: DaemonSettings['daemon'];
  /** Another port than 2376. */
  readonly tlsPort?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** What is being done right now, in a few words. */
  readonly detail?: (message: string) => void;
}

interface EngineTls {
  /** Folder with the CA that `ensureCertificates` made. */
  readonly folder: string;
  /** Whose certificate it is. */
  readonly identity: { readonly id: string; readonly name: string };
  /** Names and addresses besides those the host itself knows. */
  readonly sans: readonly string[];
  readonly now: Date;
  /** A new certificate also where the old one still serves. */
  readonly renew?: boolean;
}

interface ConfigureEngineResult {
  /** False: all was as wanted and the engine answers; nothing was touched. */
  readonly changed: boolean;
  readonly warnings: readonly string[];
}

/** `systemctl restart` gets 90 s and the API 30 s on the host itself, which then reports the reason. */
const timeoutMs = 150_000;

/**
 * Configures the engine of a host for swarmup: daemon.json, TLS on 2376, enabled at boot, answering. It takes one round
 * trip, and a correct host is not changed. The engine restarts only for a change; running containers continue, with
 * live-restore for the time of the restart, unless the engine is in swarm mode, which forbids that. `facts` may be
 * older than the engine: in that case, the host is inspected again. Errors, before anything is changed: ENGINE_MISSING,
 * INIT_UNSUPPORTED, ENGINE_UNIT_UNREADABLE, ENGINE_CONFIG_INVALID, ENGINE_CONFIG_CONFLICT, TLS_SAN_INVALID, CA_BROKEN.
 * Afterwards: ENGINE_START_FAILED (with the end of the journal), REMOTE_COMMAND_FAILED (a full or read-only disk),
 * TIMEOUT.
 */
export async function configureEngine(
  runner: Runner,
  facts: HostFacts,
  options: ConfigureEngineOptions,
): Promise<ConfigureEngineResult> {
  const { detail = () => undefined, signal } = options;
  const current = facts.engine === undefined ? await readFacts(runner, { signal }) : facts;
  const engine = requireEngine(runner.host, current);
  const { host } = runner;
  const daemonJson = mergeDaemonJson(current.daemonJson, options, {
    host,
    swarm: options.swarm,
    tls: options.tls !== undefined,
    ...(options.formerDaemon !== undefined && {
      former: { daemon: options.formerDaemon, before: current.daemonJsonBefore },
    }),
  });
  const files: EngineFiles = {
    daemonJson: daemonJson.text,
    liveRestore: liveRestoreJson(daemonJson.text ?? current.daemonJson, host),
    ...serviceFiles(host, engine, { tls: options.tls !== undefined, tlsPort: options.tlsPort, env: options.env }),
    ...(options.tls === undefined
      ? { caPem: undefined, server: undefined }
      : await certificatesFor(current, options.tls)),
  };
  detail('configuring Docker');
  const service = serviceManagers[engine.init];
  const { stdout } = await runScript(runner, configureScript(files, enginePaths, service), {
    signal,
    timeoutMs,
    redact: [...(files.server === undefined ? [] : [files.server.keyPem]), ...Object.values(options.env ?? {})],
  });
  return { changed: readResult(host, stdout, service), warnings: daemonJson.warnings };
}

/**
 * Undoes the changes of `configureEngine` on a host, and its membership as the node `nodeId`. Docker itself,
 * containers, images and volumes stay, and running containers keep running. A host without an engine is not changed.
 * Errors: INIT_UNSUPPORTED, ENGINE_START_FAILED, REMOTE_COMMAND_FAILED, TIMEOUT.
 */
export async function restoreEngine(
  runner: Runner,
  nodeId: string | null,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const facts = await readFacts(runner, options);
  if (facts.engine === undefined) return;
  const service = serviceManagers[requireInit(runner.host, facts)];
  const script = restoreScript(nodeId, liveRestoreJson(facts.daemonJson, runner.host), enginePaths, service);
  const { stdout } = await runScript(runner, script, { ...options, timeoutMs });
  readResult(runner.host, stdout, service);
}

/** What the host needs of our CA: its certificate stays while it serves; else a new one is made. */
async function certificatesFor(facts: HostFacts, tls: EngineTls): Promise<Pick<EngineFiles, 'caPem' | 'server'>> {
  const ca = await readAuthority(tls.folder, tls);
  if (ca === undefined)
    throw new SwarmupError('CA_BROKEN', `there is no certificate authority in ${tls.folder}`, {
      hints: ['run the same command again to make a certificate authority'],
    });
  const sans = serverSans(facts, tls.sans);
  return { caPem: ca.certPem, server: await renewedCertificate(facts.serverCertPem, ca, { ...tls, sans }) };
}

async function renewedCertificate(
  current: string | undefined,
  ca: KeyPair,
  { identity: { id, name }, sans, now, renew = false }: EngineTls,
): Promise<KeyPair | undefined> {
  if (!renew && current !== undefined && stillServes(certificateInfo(current, ca.certPem), { id, sans }, now))
    return undefined;
  const { issueServerCertificate } = await import('./tls/issue.js');
  return issueServerCertificate({ name, id, sans: [...new Set([...sans, name])], ca, now });
}

function readResult(host: string, stdout: string, service: ServiceManager): boolean {
  const lines = stdout.split('\n');
  const values = (key: string): readonly string[] =>
    lines.filter((line) => line.startsWith(`${key}=`)).map((line) => line.slice(key.length + 1));
  const [result] = values('result');
  if (result === 'unchanged' || result === 'changed') return result === 'changed';
  throw startFailed(host, values('reason')[0] ?? 'the host gave no reason', values('journal'), service);
}

/** What systemd says about every unit that ends; dockerd's own words tell more. */
const systemdNoise = /^(docker\.service|docker\.socket|Fail(ed|ure)|Start(ing|ed)|Stopp(ing|ed)|Dependency failed)\b/;

function startFailed(
  host: string,
  reason: string,
  journal: readonly string[],
  { logCommand }: ServiceManager,
): SwarmupError {
  const lines = journal.map((line) => redact(line));
  const cause = lines
    .filter((line) => !systemdNoise.test(line))
    .findLast((line) => /fail|unable|error|cannot|invalid|unknown/i.test(line));
  return new SwarmupError('ENGINE_START_FAILED', `Docker Engine of ${host} did not start: ${cause ?? reason}`, {
    host,
    hints: [
      ...(lines.length === 0 ? [] : [`the last lines of the journal:\n${lines.map((line) => `  ${line}`).join('\n')}`]),
      `to see more: ${swarmup`ssh ${host} -- sudo ${logCommand.split(' ')}`}`,
      'then run the same command again',
    ],
  });
}
