import type { Fault, FilePath } from '../../lib/faults.js';
import { parseYaml, type YamlFile, yamlError, yamlFaults, type YamlSource } from '../../lib/yaml-files.js';
import { withEnvFiles } from './env-files.js';
import { goTags } from './go-yaml.js';
import { config, network, secret, volume } from './object-keys.js';
import { type ComposeService, service } from './service-keys.js';
import { anything, mapOf, type Place, readAll, type Shape, text, unknownKey } from './shape.js';
import { fillVariables } from './variables.js';

type Env = Readonly<Record<string, string | undefined>>;
type Named<T> = Readonly<Record<string, T>>;
type ValueOf<S> = S extends Shape<infer T> ? T : never;

/** The combined content of compose files: every value in its long form, with variables filled in. */
export interface ComposeFile {
  readonly services: Named<ComposeService>;
  readonly networks: Named<ValueOf<typeof network>>;
  readonly volumes: Named<ValueOf<typeof volume>>;
  readonly secrets: Named<ValueOf<typeof secret>>;
  readonly configs: Named<ValueOf<typeof config>>;
  /** An error (exit 2) about what stands at a path, with file, line and column. */
  readonly fault: (path: FilePath, message: string, ...hints: readonly string[]) => Error;
  readonly warnings: readonly string[];
}

export interface ComposeSurroundings {
  readonly env: Env;
  /** What relative paths are relative to: the folder of the first file. */
  readonly folder: string;
  /** Reads a file of variables; rejects if the file does not exist. */
  readonly readText: (path: string) => Promise<string>;
}

const invalid = 'COMPOSE_INVALID';

/** Docker replaces objects of the top as a whole, and merges services key by key. */
const sections = {
  services: mapOf(service, mergeServices),
  networks: mapOf(network, layOver),
  volumes: mapOf(volume, layOver),
  secrets: mapOf(secret, layOver),
  configs: mapOf(config, layOver),
};

type Sections = { [P in keyof typeof sections]?: ValueOf<(typeof sections)[P]> };

function layOver<T>(below: Named<T>, above: Named<T>): Named<T> {
  return { ...below, ...above };
}

function mergeServices(below: Named<ComposeService>, above: Named<ComposeService>): Named<ComposeService> {
  const merged = Object.entries(above).map(([name, value]) => {
    const found = below[name];
    return [name, found === undefined ? value : service.merge(found, value)];
  });
  return { ...below, ...(Object.fromEntries(merged) as Named<ComposeService>) };
}

/**
 * Compose files as docker's CLI reads them: each is brought into its long form, with the variables of the environment
 * and those of `env_file`, and then they are laid over each other.
 * Errors: COMPOSE_INVALID, VARIABLE_MISSING (exit 2), each with file, line and column.
 */
export async function readCompose(
  sources: readonly YamlSource[],
  surroundings: ComposeSurroundings,
): Promise<ComposeFile> {
  const warnings = new Set<string>();
  const files: YamlFile[] = [];
  const versions: string[] = [];
  let merged: Sections = {};
  for (const source of sources) {
    const file = parseYaml(source, {
      code: invalid,
      fill: (value) => value,
      noMap: 'is not a compose file: it has no services',
      tags: goTags,
    });
    files.push(file);
    const top = placeIn(file, surroundings, (warning) => warnings.add(warning));
    for (const tag of file.document.warnings) warnings.add(`${source.path}: ${tag.message}: it is ignored`);
    versions.push(versionOf(file.value as Named<unknown>, top));
    if (versions.at(-1) !== versions[0])
      top
        .at('version')
        .fail(`it is ${versions.at(-1) ?? ''}, but the version of the first file is ${versions[0] ?? ''}`);
    merged = mergeSections(merged, await readSections(file, top, surroundings));
  }
  const { services = {}, networks = {}, volumes = {}, secrets = {}, configs = {} } = merged;
  const fault: ComposeFile['fault'] = (path, message, ...hints) => yamlError(files, path, message, invalid, hints);
  const nameless = Object.keys(services).find((name) => (services[name]?.image ?? '') === '');
  if (nameless !== undefined) throw fault(['services', nameless], 'it has no image');
  return { services, networks, volumes, secrets, configs, fault, warnings: [...warnings] };
}

async function readSections(file: YamlFile, top: Place, surroundings: ComposeSurroundings): Promise<Sections> {
  const read: Record<string, unknown> = {};
  readAll(Object.entries(file.value as Named<unknown>), ([name, value]) => {
    const shape = Object.hasOwn(sections, name) ? sections[name as keyof typeof sections] : undefined;
    if (shape !== undefined) read[name] = shape.read(value, top.at(name));
    else if (name.startsWith('x-')) anything.read(value, top.at(name));
    else if (name !== 'version') unknownTop(name, top);
  });
  const { services = {}, ...others } = read as Sections;
  return { ...others, services: await withEnvFiles(services, top.at('services'), surroundings) };
}

function unknownTop(name: string, top: Place): never {
  if (name === 'name') return top.at(name).fail('the name of a stack comes from the command line', 'leave it out');
  return unknownKey(name, ['version', ...Object.keys(sections)], top);
}

function mergeSections(below: Sections, above: Sections): Sections {
  const merged: Record<string, unknown> = { ...below };
  for (const [name, value] of Object.entries(above)) {
    const { merge } = sections[name as keyof typeof sections] as Shape<unknown>;
    merged[name] = merged[name] === undefined ? value : merge(merged[name], value);
  }
  return merged;
}

const newest = '3.13';

/** Docker's versions of the format; the newest has all that the older ones have, and is used for all. */
function versionOf(value: Named<unknown>, top: Place): string {
  if (!Object.hasOwn(value, 'version')) return newest;
  const at = top.at('version');
  const version = text.read(value['version'], at);
  if (version === '' || version === '3') return newest;
  return /^3\.(?:\d|1[0-3])$/.test(version)
    ? version
    : at.fail(`${version} is not a version of stacks: the versions are 3.0 to ${newest}`, 'leave out the version');
}

function placeIn(file: YamlFile, { env, folder }: ComposeSurroundings, tell: (warning: string) => void): Place {
  const place = (path: FilePath): Place => ({
    path,
    env,
    folder,
    at: (key) => place([...path, key]),
    fail: (message, ...hints) => {
      const finding = typeof message === 'string' ? { message, hints } : message;
      throw yamlFaults([file], [{ path, ...finding }], invalid);
    },
    warn: (message) => {
      tell(`${path.join('.')}: ${message}`);
    },
    fill: (value) => {
      const faults: (Fault & { readonly code: string })[] = [];
      const filled = fillVariables(value, env, {
        fail: (fault) => faults.push({ path, code: invalid, ...fault }),
        unset: (name) => {
          tell(`the variable ${name} is not set, so its value is empty`);
        },
        warn: (message) => {
          tell(`${path.join('.')}: ${message}`);
        },
      });
      const [first] = faults;
      if (first !== undefined) throw yamlFaults([file], faults, first.code);
      return filled;
    },
  });
  return place([]);
}
