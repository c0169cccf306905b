import { usageError } from './errors.js';
import type { EngineSettings } from './engine-settings.js';
import { nearest } from './nearest.js';
import { dockerdOptions, reservedOptions, type DockerdOption } from './dockerd-options.js';

/** The engine flags of `create` as they were typed; docker-machine's names and meanings. */
export interface EngineOptionValues {
  /** `log-level=debug`, `--log-level=debug`, or a word alone for a yes. */
  readonly options: readonly string[];
  readonly insecureRegistries: readonly string[];
  readonly registryMirrors: readonly string[];
  readonly labels: readonly string[];
  readonly storageDriver: string | undefined;
  /** `NAME=value`, for the environment of dockerd. */
  readonly env: readonly string[];
  readonly installUrl: string | undefined;
}

/**
 * The settings to store for a host: typed keys of daemon.json, the environment, the install source. Errors, all usage
 * errors: ENGINE_OPT_UNKNOWN with the nearest names, ENGINE_OPT_INVALID.
 */
export function parseEngineOptions(values: EngineOptionValues): Pick<EngineSettings, 'daemon' | 'env' | 'installUrl'> {
  const daemon: Record<string, unknown> = {};
  for (const option of [
    ...values.options.map((text) => [text, `--engine-opt ${text}`] as const),
    ...asOptions('insecure-registry', values.insecureRegistries),
    ...asOptions('registry-mirror', values.registryMirrors),
    ...asOptions('label', values.labels),
    ...(values.storageDriver === undefined ? [] : asOptions('storage-driver', [values.storageDriver])),
  ])
    addOption(daemon, ...option);
  const env = Object.fromEntries(values.env.map(parseVariable));
  const installUrl = values.installUrl === undefined ? undefined : checkInstallUrl(values.installUrl);
  return {
    ...(Object.keys(daemon).length > 0 && { daemon }),
    ...(values.env.length > 0 && { env }),
    ...(installUrl !== undefined && { installUrl }),
  };
}

const asOptions = (name: string, values: readonly string[]): readonly (readonly [option: string, typed: string])[] =>
  values.map((value) => [`${name}=${value}`, `--engine-${name} ${value}`]);

/** Adds one option to what is collected: lists and maps grow, anything else is given once. */
function addOption(daemon: Record<string, unknown>, text: string, typed: string): void {
  const [, name = '', value] = /^(?:--)?([^=]*)(?:=(.*))?$/s.exec(text) ?? [];
  const option = dockerdOptions[name];
  if (option === undefined) throw unknownOption(name, typed);
  const [key, parsed] = [option.key ?? name, parseValue(option, value, typed)];
  const known = daemon[key];
  if (option.type === 'list' || option.type === 'object-list') daemon[key] = [...((known ?? []) as unknown[]), parsed];
  else if (option.type === 'map' || option.type === 'boolean-map')
    daemon[key] = { ...(known as object | undefined), ...(parsed as object) };
  else if (known === undefined || known === parsed) daemon[key] = parsed;
  else throw invalid(typed, `${name} is given twice, the second time as ${JSON.stringify(known)}`);
}

function parseValue(option: DockerdOption, value: string | undefined, typed: string): unknown {
  if (option.type === 'boolean') return parseBoolean(value ?? 'true', typed);
  if (value === undefined || value === '') throw invalid(typed, 'the option needs a value: NAME=VALUE');
  const wrong = option.check?.(value);
  if (wrong !== undefined) throw invalid(typed, wrong);
  switch (option.type) {
    case 'number':
      if (!/^-?\d+$/.test(value)) throw invalid(typed, 'the value must be a whole number');
      return Number(value);
    case 'map':
      return Object.fromEntries([pairIn(value, typed)]);
    case 'boolean-map': {
      const [key, text] = pairIn(value, typed);
      return { [key]: parseBoolean(text, typed) };
    }
    case 'object-list':
      return Object.fromEntries(
        value.split(',').map((pair) => {
          const [key, text] = pairIn(pair, typed);
          return [key, /^\d+$/.test(text) ? Number(text) : text];
        }),
      );
    case 'string':
    case 'list':
      return value;
  }
}

function pairIn(text: string, typed: string): readonly [key: string, value: string] {
  const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (key === undefined || value === undefined) throw invalid(typed, 'the value must be KEY=VALUE');
  return [key, value];
}

function parseBoolean(text: string, typed: string): boolean {
  if (['true', '1', 't', 'TRUE', 'True'].includes(text)) return true;
  if (['false', '0', 'f', 'FALSE', 'False'].includes(text)) return false;
  throw invalid(typed, 'the value must be true or false');
}

function parseVariable(text: string): readonly [name: string, value: string] {
  const [, name, value] = /^([A-Za-z_][A-Za-z0-9_]*)=([^\r\n\0]*)$/.exec(text) ?? [];
  // The value may hold a password: it is not repeated.
  const told = `--engine-env ${/^[^=]*/.exec(text)?.[0] ?? ''}`;
  if (name === undefined || value === undefined) throw invalid(told, 'the value must be NAME=VALUE, on one line');
  return [name, value];
}

function checkInstallUrl(text: string): string {
  if (text === 'none') return text;
  const typed = `--engine-install-url ${text}`;
  if (!URL.canParse(text)) throw invalid(typed, 'the value is neither a URL nor "none"');
  const { protocol, username } = new URL(text);
  if (!['http:', 'https:'].includes(protocol)) throw invalid(typed, 'the URL must begin with https:// or http://');
  if (username !== '') throw invalid('--engine-install-url', 'a URL with a user and a password is not stored');
  return text;
}

function unknownOption(name: string, typed: string): Error {
  const reserved = reservedOptions[name];
  if (reserved !== undefined) return invalid(typed, reserved);
  return usageError(
    'ENGINE_OPT_UNKNOWN',
    `${typed}: dockerd has no option named ${JSON.stringify(name)}`,
    ...nearest(name, Object.keys(dockerdOptions)).map((proposal) => `did you mean: --engine-opt ${proposal}=…`),
    'see the options of dockerd: docs.docker.com/reference/cli/dockerd',
  );
}

const invalid = (typed: string, why: string): Error => usageError('ENGINE_OPT_INVALID', `${typed}: ${why}`);
