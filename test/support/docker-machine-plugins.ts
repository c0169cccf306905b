import { execa } from 'execa';
import { createHash } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { madeOnce } from './cache-folder.js';

const sources = join(import.meta.dirname, 'docker-machine-plugin');

/** Whether the plugin in Go can be built here; script/test installs the compiler. */
export const hasGo = await execa('go', ['version'], { reject: false }).then(({ exitCode }) => exitCode === 0);

/**
 * Builds the plugin `handed` from its sources, once for all tests of this machine; the folder it is in, for PATH.
 * It hands out a host that runs already.
 */
export async function buildHandedPlugin(): Promise<string> {
  const files = (await readdir(sources)).sort();
  const contents = await Promise.all(files.map((file) => readFile(join(sources, file))));
  const hash = createHash('sha256').update(Buffer.concat(contents)).digest('hex').slice(0, 12);
  return madeOnce('handed-plugin', hash, async (folder) => {
    const env = { GO111MODULE: 'on', GOFLAGS: '-mod=mod', GOTOOLCHAIN: 'local', CGO_ENABLED: '0' };
    await execa('go', ['build', '-o', join(folder, 'docker-machine-driver-handed'), '.'], { cwd: sources, env });
  });
}

/** A program `docker-machine-driver-NAME` in a folder of its own that runs a module of test/support. */
export async function pluginScript(name: string, module: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'plugin-'));
  const path = join(folder, `docker-machine-driver-${name}`);
  await writeFile(path, `#!${process.execPath}\nimport(${JSON.stringify(join(import.meta.dirname, module))});\n`);
  await chmod(path, 0o755);
  return path;
}
