import { type EngineOptionValues, parseEngineOptions } from '../lib/engine-options.js';
import type { EngineSettings } from '../lib/engine-settings.js';
import type { PoolSettings } from './manifest-schema.js';

type ManifestEngine = NonNullable<PoolSettings['engine']>;

/** The engine's part of a manifest as the flags of `create` would say it. */
export function engineOptionValues(engine: ManifestEngine): EngineOptionValues {
  const options = Object.entries(engine.options ?? {}).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((one) => `${name}=${String(one)}`),
  );
  return {
    options,
    insecureRegistries: engine['insecure-registries'] ?? [],
    registryMirrors: engine['registry-mirrors'] ?? [],
    labels: pairsText(engine.labels),
    storageDriver: engine['storage-driver'],
    env: pairsText(engine.env),
    installUrl: engine['install-url'],
  };
}

/** The engine settings that hosts of a pool should have. Errors: those of `parseEngineOptions`. */
export function engineSettingsOf(engine: ManifestEngine): EngineSettings {
  return {
    tls: engine.tls ?? true,
    tlsSans: engine['tls-sans'] ?? [],
    ...(engine.version !== undefined && { version: engine.version }),
    ...parseEngineOptions(engineOptionValues(engine)),
  };
}

const pairsText = (pairs: Readonly<Record<string, unknown>> = {}): readonly string[] =>
  Object.entries(pairs).map(([key, value]) => `${key}=${String(value)}`);
