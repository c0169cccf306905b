import { parseEngineOptions } from '../lib/engine-options.js';
import type { EngineSettings } from '../lib/engine-settings.js';
import type { CommandIo } from './command-io.js';

const list = (description: string, value: string) => ({ type: 'list', description, value, group: 'ENGINE' }) as const;

/** Settings of the engine that can be changed on a host that is there, as well. */
export const changeableFlags = {
  'engine-opt': list('option of dockerd, as in log-level=debug', 'NAME=VALUE'),
  'engine-insecure-registry': list('registry that may be used without TLS', 'HOST'),
  'engine-registry-mirror': list('mirror of Docker Hub [env: ENGINE_REGISTRY_MIRROR]', 'URL'),
  'engine-label': list('label of the engine', 'KEY=VALUE'),
  'engine-storage-driver': {
    type: 'string',
    description: 'storage driver of the engine',
    value: 'NAME',
    group: 'ENGINE',
  },
  'engine-env': list('variable of dockerd, as in HTTPS_PROXY=…', 'NAME=VALUE'),
  'tls-san': list('name or address in the TLS certificate', 'NAME'),
} as const;

/** The flags of `create` about the engine's settings, as docker-machine had them. */
export const engineFlags = {
  ...changeableFlags,
  'engine-install-url': {
    type: 'string',
    description: 'script that installs Docker, or "none" [env: MACHINE_DOCKER_INSTALL_URL]',
    value: 'URL',
    group: 'ENGINE',
  },
} as const;

export interface EngineFlagValues {
  readonly 'engine-opt'?: readonly string[] | undefined;
  readonly 'engine-insecure-registry'?: readonly string[] | undefined;
  readonly 'engine-registry-mirror'?: readonly string[] | undefined;
  readonly 'engine-label'?: readonly string[] | undefined;
  readonly 'engine-storage-driver'?: string | undefined;
  readonly 'engine-env'?: readonly string[] | undefined;
  readonly 'engine-install-url'?: string | undefined;
  readonly 'tls-san'?: readonly string[] | undefined;
}

/** The settings that the flags and their environment variables ask for. Errors: those of `parseEngineOptions`. */
export function engineSettings(
  flags: EngineFlagValues,
  env: CommandIo['env'],
): Pick<EngineSettings, 'daemon' | 'env' | 'installUrl'> {
  const mirrors = (env['ENGINE_REGISTRY_MIRROR'] ?? '').split(',').filter(Boolean);
  return parseEngineOptions({
    options: flags['engine-opt'] ?? [],
    insecureRegistries: flags['engine-insecure-registry'] ?? [],
    registryMirrors: given(flags['engine-registry-mirror']) ?? mirrors,
    labels: flags['engine-label'] ?? [],
    storageDriver: flags['engine-storage-driver'],
    env: flags['engine-env'] ?? [],
    installUrl: flags['engine-install-url'] ?? nonEmpty(env['MACHINE_DOCKER_INSTALL_URL']),
  });
}

/** What the flags are to change on a host that is there; undefined: none was given. Errors: as above. */
export function engineChange(
  flags: EngineFlagValues,
): Partial<Pick<EngineSettings, 'daemon' | 'env' | 'tlsSans'>> | undefined {
  const { daemon, env } = engineSettings(flags, {});
  const tlsSans = given(flags['tls-san']);
  if (daemon === undefined && env === undefined && tlsSans === undefined) return undefined;
  return { ...(daemon && { daemon }), ...(env && { env }), ...(tlsSans && { tlsSans }) };
}

const nonEmpty = (text: string | undefined): string | undefined => (text === '' ? undefined : text);

/** undefined: the flag was not given. */
const given = (words: readonly string[] = []): readonly string[] | undefined => (words.length > 0 ? words : undefined);
