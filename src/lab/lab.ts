import { createHash } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import type { EngineSettings } from '../lib/engine-settings.js';
import type { FilePath } from '../lib/faults.js';
import type { YamlSource } from '../lib/yaml-files.js';
import type { SwarmupError } from '../lib/errors.js';
import type { Role } from '../machine/machine-record.js';
import { stepName } from './check-manifest.js';
import { engineSettingsOf } from './engine-request.js';
import type { HostFile, Manifest, PoolSettings, ProvisionStep } from './manifest-schema.js';
import type { ReadManifest } from './read-manifest.js';

/** The label of everything that `up` makes in a swarm; it touches nothing without the label. */
export const labLabel = 'swarmup.lab';

/** Hosts that are alike, with the defaults of the manifest in them. */
export interface LabPool {
  readonly name: string;
  readonly role: Role;
  readonly count: number;
  /** Pattern of the host names. */
  readonly names: string;
  /** undefined: as `create` chooses it. */
  readonly driver: string | undefined;
  /** By driver; values as they stand in the manifest. */
  readonly options: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly engine: EngineSettings;
  readonly labels: Readonly<Record<string, string>>;
  readonly zones: readonly string[];
  readonly files: readonly HostFile[];
  readonly provision: readonly (ProvisionStep & { readonly name: string })[];
}

/** The content of a manifest. */
export interface Lab extends Pick<Manifest, 'swarm' | 'networks' | 'secrets' | 'stacks' | 'services' | 'hooks'> {
  /** Of its swarm, too. */
  readonly name: string;
  /** The manifest, after the files that it extends. */
  readonly files: readonly string[];
  /** The absolute path of the manifest itself. */
  readonly manifest: string;
  /** What paths in it are relative to. */
  readonly folder: string;
  readonly protect: boolean;
  readonly message: string | undefined;
  readonly forwards: readonly string[];
  readonly pools: readonly LabPool[];
  /** Changes when the manifest is edited. */
  readonly fingerprint: string;
  /** See `ReadManifest`. */
  readonly fault: (path: FilePath, message: string, ...hints: readonly string[]) => SwarmupError;
}

/** The lab of a manifest that was read from `sources`. `driverOverride` makes all its hosts. */
export function labOf(
  { manifest, fault }: Pick<ReadManifest, 'manifest' | 'fault'>,
  sources: readonly YamlSource[],
  driverOverride?: string,
): Lab {
  const { name, swarm, networks, secrets, stacks, services, hooks } = manifest;
  const path = resolve(sources.at(-1)?.path ?? '.');
  return {
    name,
    files: sources.map(({ path }) => path),
    manifest: path,
    folder: dirname(path),
    fingerprint: createHash('sha256').update(JSON.stringify(sources)).digest('hex'),
    fault,
    protect: manifest.protect ?? false,
    message: manifest.message,
    forwards: manifest.forwards ?? [],
    pools: Object.keys(manifest.pools).map((pool) => poolOf(manifest, pool, driverOverride)),
    ...{ swarm, networks, secrets, stacks, services, hooks },
  };
}

/** Maps of a pool are laid over those of the defaults, lists come after them, anything else is the pool's own. */
function poolOf({ pools, defaults = {} }: Manifest, name: string, driverOverride?: string): LabPool {
  const pool = pools[name] ?? { role: 'worker' as const };
  return {
    name,
    role: pool.role,
    count: pool.count ?? 1,
    names: pool.names ?? `${name}%d`,
    driver: driverOverride ?? pool.driver ?? defaults.driver,
    options: mergedOptions(defaults.options, pool.options),
    engine: engineSettingsOf(mergedEngine(defaults.engine, pool.engine)),
    labels: texts({ ...defaults.labels, ...pool.labels }),
    zones: pool.zones ?? defaults.zones ?? [],
    files: [...(defaults.files ?? []), ...(pool.files ?? [])],
    provision: [...(defaults.provision ?? []), ...(pool.provision ?? [])].map((step, i) => ({
      ...step,
      name: stepName(step, i),
    })),
  };
}

type Options = PoolSettings['options'];

function mergedOptions(below: Options = {}, above: Options = {}): LabPool['options'] {
  const drivers = [...new Set([...Object.keys(below), ...Object.keys(above)])];
  return Object.fromEntries(drivers.map((driver) => [driver, { ...below[driver], ...above[driver] }]));
}

type PoolEngine = NonNullable<PoolSettings['engine']>;

const mergedEngine = (below: PoolEngine = {}, above: PoolEngine = {}): PoolEngine => ({
  ...below,
  ...above,
  options: { ...below.options, ...above.options },
  labels: { ...below.labels, ...above.labels },
  env: { ...below.env, ...above.env },
});

const texts = (pairs: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(pairs).map(([key, value]) => [key, String(value)]));

/** The zone of a host of a pool, by its place among the pool's numbers. */
export const zoneOf = ({ zones }: LabPool, number: number): string | undefined =>
  zones.length === 0 ? undefined : zones[(number - 1) % zones.length];
