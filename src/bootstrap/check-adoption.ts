import { findDistro } from './distros/distros.js';
import { mergeDaemonJson } from './daemon-json.js';
import { versionMismatch } from './install-docker.js';
import type { HostFacts } from './host-facts.js';
import { requireEngine, requireInit, serviceFiles } from './served-engine.js';
import { SwarmupError } from '../lib/errors.js';
import { exitCodes } from '../lib/exit-codes.js';

export interface AdoptionRequest {
  readonly swarm: boolean;
  readonly tls: boolean;
  readonly tlsPort: number | undefined;
  readonly version: string | undefined;
}

/**
 * Whether swarmup can work with a host that is somebody's already, before anything on it is changed. Returns warnings.
 * Errors: NOT_ROOT, OS_UNSUPPORTED, INIT_UNSUPPORTED, ENGINE_VERSION_MISMATCH, ENGINE_CONFIG_INVALID,
 * ENGINE_CONFIG_CONFLICT, ENGINE_UNIT_UNREADABLE.
 */
export function checkAdoption(
  host: string,
  facts: HostFacts,
  { swarm, tls, tlsPort, version }: AdoptionRequest,
): readonly string[] {
  if (facts.uid !== 0)
    throw new SwarmupError('NOT_ROOT', `swarmup is not root on ${host} (uid ${String(facts.uid)})`, {
      host,
      exitCode: exitCodes.preflight,
      hints: ['log in as root, or as a user whom sudo lets become root'],
    });
  const { engine } = facts;
  if (engine === undefined) {
    requireInit(host, facts);
    findDistro(host, facts);
    return [];
  }
  const mismatch = version === undefined ? undefined : versionMismatch(host, engine.version, version);
  if (mismatch !== undefined) throw mismatch;
  const { warnings } = mergeDaemonJson(facts.daemonJson, {}, { host, swarm, tls });
  serviceFiles(host, requireEngine(host, facts), { tls, tlsPort, env: undefined });
  return warnings;
}
