import { constants } from 'node:fs';
import { access, readdir } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import type { DriverFinder } from '../registry.js';
import { pluginDeclaration } from './declaration.js';

type Env = Readonly<Record<string, string | undefined>>;

const prefix = 'docker-machine-driver-';
const suffix = /\.exe$/i;

/**
 * The drivers that are programs named `docker-machine-driver-NAME` on PATH. Looking for them starts none; only what
 * such a driver is asked for does.
 */
export function dockerMachinePlugins(env: Env): DriverFinder {
  const folders = (env['PATH'] ?? '').split(delimiter).filter(isAbsolute);
  return {
    async names() {
      const files = await Promise.all(folders.map((folder) => readdir(folder).catch(() => [])));
      const found = files.flat().filter((file) => file.startsWith(prefix));
      return [...new Set(found.map((file) => file.slice(prefix.length).replace(suffix, '')))].filter(isDriverName);
    },
    async find(name) {
      const binary = isDriverName(name) ? await findBinary(folders, prefix + name) : undefined;
      if (binary === undefined) return undefined;
      const declaration = pluginDeclaration(name);
      const load = async () => (await import('./docker-machine-driver.js')).dockerMachineDriver(declaration, binary);
      const describe = async () =>
        (await import('./docker-machine-driver.js')).describePlugin(declaration, binary, env);
      return { declaration, load, describe };
    },
  };
}

const isDriverName = (name: string): boolean => /^[a-z][a-z0-9-]*$/.test(name);

async function findBinary(folders: readonly string[], file: string): Promise<string | undefined> {
  for (const path of folders.flatMap((folder) => [join(folder, file), join(folder, `${file}.exe`)])) {
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  return undefined;
}
