import { execa } from 'execa';
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleProgram, writeManifest } from '../../script/lib/bundles.mjs';
import { openStore } from '../../src/machine/file-store.js';
import type { Store } from '../../src/machine/store.js';
import { madeOnce } from './cache-folder.js';

const root = join(import.meta.dirname, '..', '..');

export interface Transcript {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ChildCli extends AsyncDisposable {
  /** Folder of the program, which other tests use, too: nothing is written there. */
  readonly root: string;
  /** The program: what Node.js is given to run. */
  readonly program: string;
  /** A folder of its own, which is the user's home. */
  readonly home: string;
  readonly store: Store;
  /** Runs the program with its own store; `env` on top of the few variables it gets. */
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Transcript>;
  /** Installs an oclif plugin whose hook `swarmup:driver` is this module. */
  addPlugin(name: string, hook: string): Promise<void>;
}

/** What the program is made of. */
const inputs = ['src', 'bin', 'script/lib', 'package.json', 'package-lock.json'];

/**
 * The sources as a program of their own: bundled and with a manifest of its commands as script/build.mjs does it, but
 * without types, and in a folder of their own, so that no build is needed and none is disturbed. It is made once for
 * each state of the sources.
 */
export async function builtProgram(): Promise<string> {
  return madeOnce('cli', await hashOf(inputs), buildInto);
}

async function buildInto(folder: string): Promise<void> {
  for (const part of ['package.json', 'bin']) await cp(join(root, part), join(folder, part), { recursive: true });
  for (const part of ['node_modules', 'src', 'templates']) await symlink(join(root, part), join(folder, part));
  await bundleProgram(folder);
  await writeManifest(folder);
}

async function hashOf(paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const path of paths) {
    const below = await readdir(join(root, path), { recursive: true }).catch(() => ['']);
    for (const name of below.sort()) {
      const text = await readFile(join(root, path, name)).catch(() => '');
      hash.update(`${path}/${name} ${text.length}\n`).update(text);
    }
  }
  return hash.digest('hex').slice(0, 12);
}

/** The built program with a home and a store of its own. */
export async function childCli(): Promise<ChildCli> {
  const root = await builtProgram();
  const program = join(root, 'bin', 'run.js');
  const folder = await mkdtemp(join(tmpdir(), 'child-cli-'));
  const home = join(folder, 'home');
  const data = join(folder, 'data');
  return {
    root,
    program,
    home: folder,
    store: openStore(home),
    async run(args, env = {}) {
      const { exitCode, stdout, stderr } = await execa(process.execPath, [program, ...args], {
        env: { PATH: process.env['PATH'], HOME: folder, SWARMUP_HOME: home, SWARMUP_DATA_DIR: data, ...env },
        extendEnv: false,
        reject: false,
        stripFinalNewline: false,
        stdin: 'ignore',
      });
      return { exitCode, stdout, stderr };
    },
    async addPlugin(name, hook) {
      const plugin = join(data, 'node_modules', name);
      await mkdir(plugin, { recursive: true });
      const pjson = { name, version: '1.0.0', type: 'module', oclif: { hooks: { 'swarmup:driver': './hook.js' } } };
      await writeFile(join(plugin, 'package.json'), JSON.stringify(pjson));
      await writeFile(join(plugin, 'hook.js'), hook);
      const plugins = (await readdir(join(data, 'node_modules'))).map((id) => ({
        name: id,
        type: 'user',
        tag: 'latest',
      }));
      await writeFile(join(data, 'package.json'), JSON.stringify({ name: 'swarmup', oclif: { plugins } }));
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}
