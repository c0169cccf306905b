import { findDistro } from './distros/distros.js';
import { type DaemonSettings, mergeDaemonJson } from './daemon-json.js';
import { versionMismatch } from './install-docker.js';
import type { HostFacts } from './host-facts.js';
import { requireEngine, requireInit, serviceFiles } from './served-engine.js';
import type { EngineSettings } from '../lib/engine-settings.js';
import { SwarmupError } from '../lib/errors.js';
import { exitCodes } from '../lib/exit-codes.js';

interface AdoptionRequest {
  readonly swarm: boolean;
  readonly engine: EngineSettings;
  /** The engine settings that the driver needs. */
  readonly config: (DaemonSettings & { readonly tlsPort?: number }) | undefined;
}

/**
 * Checks whether swarmup can work with an existing host, before anything on it is changed. Returns the settings of its
 * daemon.json that will stay different from the wanted ones. Errors: NOT_ROOT, OS_UNSUPPORTED, INIT_UNSUPPORTED,
 * ENGINE_VERSION_MISMATCH, ENGINE_CONFIG_INVALID, ENGINE_CONFIG_CONFLICT, ENGINE_UNIT_UNREADABLE.
 */
export function checkAdoption(
  host: string,
  facts: HostFacts,
  { swarm, engine: settings, config = {} }: AdoptionRequest,
): readonly string[] {
  if (facts.uid !== 0)
    throw new SwarmupError('NOT_ROOT', `swarmup is not root on ${host} (uid ${facts.uid})`, {
      host,
      exitCode: exitCodes.preflight,
      hints: ['log in as root, or as a user who can become root with sudo'],
    });
  const { engine } = facts;
  if (engine === undefined) {
    requireInit(host, facts);
    if (settings.installUrl === undefined) findDistro(host, facts);
    return [];
  }
  const { tls, version, daemon, env } = settings;
  const mismatch = version === undefined ? undefined : versionMismatch(host, engine.version, version);
  if (mismatch !== undefined) throw mismatch;
  const { warnings } = mergeDaemonJson(facts.daemonJson, { ...config, daemon }, { host, swarm, tls });
  serviceFiles(host, requireEngine(host, facts), { tls, tlsPort: config.tlsPort, env });
  return warnings;
}
