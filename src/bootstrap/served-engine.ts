import { SwarmupError } from '../lib/errors.js';
import type { EngineFiles } from './configure-script.js';
import { openrcEnvironment, openrcSettings } from './engine-openrc.js';
import { engineDropIn, type EngineService, environmentFile } from './engine-unit.js';
import type { EngineFacts, HostFacts } from './host-facts.js';
import type { serviceManagers } from './service-manager.js';

/** An engine that swarmup can configure. */
interface ServedEngine extends EngineFacts {
  readonly unit: string;
  readonly init: keyof typeof serviceManagers;
}

/** The additions to the engine's service. Errors: those of `engineDropIn` and `openrcSettings`. */
export function serviceFiles(
  host: string,
  { init, unit }: ServedEngine,
  wanted: EngineService,
): Pick<EngineFiles, 'dropIn' | 'env'> {
  const { env } = wanted;
  if (init === 'openrc')
    return { dropIn: openrcSettings(host, unit, wanted), env: env === undefined ? null : openrcEnvironment(env) };
  return { dropIn: engineDropIn(host, unit, wanted), env: env === undefined ? null : environmentFile(env) };
}

/** Errors: ENGINE_MISSING, INIT_UNSUPPORTED, ENGINE_UNIT_UNREADABLE. */
export function requireEngine(host: string, facts: HostFacts): ServedEngine {
  const { engine } = facts;
  if (engine === undefined)
    throw new SwarmupError('ENGINE_MISSING', `there is no Docker Engine on ${host}`, {
      host,
      hints: ['run the same command again to install Docker Engine'],
    });
  const init = requireInit(host, facts);
  const { unit } = engine;
  if (unit === undefined)
    throw new SwarmupError('ENGINE_UNIT_UNREADABLE', `${host} has ${engine.path} but no service named docker`, {
      host,
      hints: ['install Docker Engine from a package that contains the service'],
    });
  return { ...engine, unit, init };
}

/** Errors: INIT_UNSUPPORTED. */
export function requireInit(host: string, { init }: HostFacts): keyof typeof serviceManagers {
  if (init === 'none')
    throw new SwarmupError(
      'INIT_UNSUPPORTED',
      `${host} runs neither systemd nor OpenRC, and swarmup needs one of them to configure Docker`,
      { host, hints: ['use a host that was booted with systemd or OpenRC'] },
    );
  return init;
}
