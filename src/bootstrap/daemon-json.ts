import { isDeepStrictEqual } from 'node:util';
import { messageOf, SwarmupError } from '../lib/errors.js';
import { swarmup } from '../lib/typed-command.js';

/** The settings that swarmup writes into daemon.json. */
export interface DaemonSettings {
  /** Resolvers for containers. */
  readonly dns?: readonly string[] | undefined;
  /** Of the default bridge network. */
  readonly mtu?: number | undefined;
  /** `key=value` labels of the engine. */
  readonly labels?: readonly string[] | undefined;
  /** Further keys that the user asked for; they win over those above. */
  readonly daemon?: Readonly<Record<string, unknown>> | undefined;
}

/** Lists to which ours are added, where the user's file has some. */
const joinedLists: readonly string[] = ['insecure-registries', 'registry-mirrors', 'exec-opts', 'storage-opts'];

interface MergedDaemonJson {
  /** The new text; undefined: the file stays as it is (or absent). */
  readonly text: string | undefined;
  readonly warnings: readonly string[];
}

export interface DaemonJsonOptions {
  readonly host: string;
  /** The host is to be a swarm node. */
  readonly swarm: boolean;
  /** The engine is to be served on TLS, by flags. */
  readonly tls: boolean;
  /** What swarmup itself put into the file earlier, and no longer wants as it is; undefined: nothing is to change. */
  readonly former?: FormerSettings | undefined;
}

interface FormerSettings {
  /** What the user had asked for. */
  readonly daemon: Readonly<Record<string, unknown>> | undefined;
  /** The user's file before swarmup wrote to it. */
  readonly before: string | undefined;
}

/** Keys of daemon.json that dockerd refuses beside the flags of the same meaning. */
const tlsKeys = ['hosts', 'tls', 'tlsverify', 'tlscacert', 'tlscert', 'tlskey'] as const;

/**
 * The user's daemon.json with our settings added. Every key of the user stays as it is; if its value differs from ours,
 * that is a warning. A text that needs no change is kept with its formatting. Errors: ENGINE_CONFIG_INVALID (not a JSON
 * object), ENGINE_CONFIG_CONFLICT (`live-restore` with swarm mode; `hosts` or own TLS keys with our TLS port).
 */
export function mergeDaemonJson(
  current: string | undefined,
  settings: DaemonSettings,
  options: DaemonJsonOptions,
): MergedDaemonJson {
  const now = parse(current, options.host);
  const user =
    options.former === undefined ? now : withoutFormer(now, settings.daemon ?? {}, options.former, options.host);
  refuseConflicts(user, options);
  const warnings: string[] = [];
  const merged = { ...user };
  const { labels: moreLabels, ...keys } = { dns: settings.dns, mtu: settings.mtu, ...settings.daemon } as Json;
  for (const [key, wanted] of Object.entries(keys)) {
    if (wanted === undefined) continue;
    if (user[key] === undefined) merged[key] = wanted;
    else if (joinedLists.includes(key)) merged[key] = [...new Set([...listOf(user[key]), ...listOf(wanted)])];
    else if (!isDeepStrictEqual(user[key], wanted))
      warnings.push(
        `daemon.json of ${options.host} keeps its own ${key} (${JSON.stringify(user[key])}, not ${JSON.stringify(wanted)})`,
      );
  }
  const labels = [...(settings.labels ?? []), ...(listOf(moreLabels) as string[])];
  if (labels.length > 0) merged['labels'] = mergeLabels(user['labels'], labels);
  const text = isDeepStrictEqual(merged, now) ? undefined : `${JSON.stringify(merged, null, 2)}\n`;
  return { text, warnings };
}

/** The file without what swarmup put there and no longer wants; what the user wrote stays, also where it is the same. */
function withoutFormer(now: Json, wanted: Readonly<Json>, { daemon = {}, before }: FormerSettings, host: string): Json {
  // Nothing was ever written.
  if (before === undefined) return now;
  const theirs = parse(before, host);
  const rest: Json = { ...now };
  for (const [key, was] of Object.entries(daemon)) {
    if (isDeepStrictEqual(was, wanted[key])) continue;
    if (key === 'labels' || joinedLists.includes(key)) {
      const ours = listOf(was).filter((item) => !listOf(theirs[key]).some((other) => isDeepStrictEqual(other, item)));
      const kept = listOf(now[key]).filter((item) => !ours.some((other) => isDeepStrictEqual(other, item)));
      rest[key] = kept.length > 0 ? kept : undefined;
    } else if (isDeepStrictEqual(now[key], was) && !isDeepStrictEqual(theirs[key], was)) rest[key] = undefined;
  }
  return Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
}

type Json = Record<string, unknown>;
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);

/** daemon.json with live-restore on and off, for the time of a restart; undefined if it is already on. */
export function liveRestoreJson(
  text: string | undefined,
  host: string,
): { readonly on: string; readonly off: string } | undefined {
  const settings = parse(text, host);
  if (settings['live-restore'] === true) return undefined;
  const withValue = (value: boolean): string => `${JSON.stringify({ ...settings, 'live-restore': value }, null, 2)}\n`;
  return { on: withValue(true), off: withValue(false) };
}

function parse(text: string | undefined, host: string): Record<string, unknown> {
  if (text === undefined || text.trim() === '') return {};
  let cause: unknown;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (error) {
    cause = error;
  }
  const why = cause === undefined ? 'it is not a JSON object' : messageOf(cause);
  throw new SwarmupError('ENGINE_CONFIG_INVALID', `/etc/docker/daemon.json of ${host} cannot be read: ${why}`, {
    host,
    hints: [`repair it (${swarmup`ssh ${host}`}), then run the same command again`],
    cause,
  });
}

function refuseConflicts(user: Readonly<Record<string, unknown>>, { host, swarm, tls }: DaemonJsonOptions): void {
  if (swarm && user['live-restore'] === true)
    throw new SwarmupError(
      'ENGINE_CONFIG_CONFLICT',
      `daemon.json of ${host} sets live-restore, which Docker does not allow in swarm mode`,
      {
        host,
        hints: [
          `remove "live-restore" from /etc/docker/daemon.json of ${host}`,
          'or create the host outside a swarm: --no-swarm',
        ],
      },
    );
  const own = tlsKeys.filter((key) => user[key] !== undefined);
  if (tls && own.length > 0)
    throw new SwarmupError(
      'ENGINE_CONFIG_CONFLICT',
      `daemon.json of ${host} already sets the addresses that the engine listens on (${own.join(', ')})`,
      {
        host,
        hints: [
          `remove ${own.join(', ')} from /etc/docker/daemon.json of ${host}`,
          'or keep the addresses of the engine: --no-tls',
        ],
      },
    );
}

/** The user's labels without those of our keys, then ours. */
function mergeLabels(user: unknown, labels: readonly string[]): readonly string[] {
  const theirs = Array.isArray(user) ? user.filter((label) => typeof label === 'string') : [];
  const keyOf = (label: string): string => label.split('=')[0] ?? label;
  const ours = new Set(labels.map(keyOf));
  return [...theirs.filter((label) => !ours.has(keyOf(label))), ...labels];
}
