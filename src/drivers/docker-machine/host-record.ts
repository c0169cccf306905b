import { mkdir, rm } from 'node:fs/promises';
import { isAbsolute, join, relative } from 'node:path';
import type { DriverContext, HostFiles } from '../driver.js';

/** The machine record of such a host, which contains no secrets. */
export interface PluginState {
  readonly name: string;
  /** The plugin's Create came to its end. */
  readonly made: boolean;
}

type Json = Readonly<Record<string, unknown>>;

/**
 * The plugin's own records of a host, which hold the cloud's credentials in clear: files of mode 0600 in the host's
 * folder. That folder is the plugin's whole store, as it puts its ssh key at `machines/<name>/` in there.
 */
export interface HostRecord {
  /** The host as the plugin knows it now; undefined: it was never configured. */
  current(): Promise<string | undefined>;
  /** As it was configured, before anything was made. */
  initial(): Promise<string | undefined>;
  /** A record that says nothing but whose it is. */
  blank(): Promise<string>;
  keep(config: string, as?: 'initial'): Promise<void>;
  forget(): Promise<void>;
}

export function hostRecord(context: Pick<DriverContext, 'files'>, name: string): HostRecord {
  const files = context.files(name);
  const read = async (file: string): Promise<string | undefined> => {
    const text = await files.read(file);
    if (text === undefined) return undefined;
    await makeFolder(files, name);
    return relocated(text, files.folder);
  };
  return {
    current: () => read('config.json'),
    initial: () => read('initial.json'),
    async blank() {
      await makeFolder(files, name);
      return JSON.stringify({ MachineName: name, StorePath: files.folder });
    },
    async keep(config, as) {
      if (as === 'initial') await files.write('initial.json', config);
      await files.write('config.json', config);
    },
    forget: () => rm(files.folder, { recursive: true, force: true }),
  };
}

/** Plugins write there without making it. */
async function makeFolder({ folder }: HostFiles, name: string): Promise<void> {
  await mkdir(join(folder, 'machines', name), { recursive: true, mode: 0o700 });
}

/** Plugins keep absolute paths; the store may have moved since. */
function relocated(text: string, folder: string): string {
  const config = JSON.parse(text) as Json;
  const old = config['StorePath'];
  if (typeof old !== 'string' || old === folder) return text;
  const moved = Object.entries(config).map(([key, value]) => [key, movedPath(value, old, folder)] as const);
  return JSON.stringify({ ...Object.fromEntries(moved), StorePath: folder });
}

function movedPath(value: unknown, from: string, to: string): unknown {
  if (typeof value !== 'string' || !isAbsolute(value)) return value;
  const below = relative(from, value);
  return below === '' || below.startsWith('..') || isAbsolute(below) ? value : join(to, below);
}

/** Fields whose name says that they are secret, wherever they are; what plugins log may quote them. */
export function secretsOf(config: string): readonly string[] {
  return collect(JSON.parse(config));
}

const secretField = /token|secret|password|passwd|passphrase|api_?key|access_?key|credential/i;
const minSecretLength = 4;

function collect(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) =>
    typeof inner !== 'string'
      ? collect(inner)
      : secretField.test(key) && inner.length >= minSecretLength && !isAbsolute(inner)
        ? [inner]
        : [],
  );
}
