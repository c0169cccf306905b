import { build } from 'esbuild';
import { execa } from 'execa';
import { createHash } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';
import { waitFor } from '../../../src/lib/abort.js';
import { madeOnce } from '../cache-folder.js';
import { type Call, callInThread, type CallResult } from './call-threads.js';
import type { Fault } from './faults.js';
import type { PassingState } from './model.js';
import type { BackendName } from './vm/backend.js';

const sources = import.meta.dirname;

/** The double writes disks with it; script/test installs it. */
export const hasQemuImg = await execa('qemu-img', ['--version'], { reject: false }).then(
  ({ exitCode }) => exitCode === 0,
);

/** The double, ready to be called: a folder for PATH, a folder of settings of its own, and what belongs to it. */
export interface InstalledVBoxManage extends AsyncDisposable {
  /** The executable. */
  readonly program: string;
  /** VBOX_USER_HOME. */
  readonly home: string;
  /** Settings and PATH for whoever calls it. */
  readonly env: Readonly<Record<string, string>>;
  /** What the program does with such a call, in a thread of this process; `env` on top of that of the tool. */
  call(args: readonly string[], more?: Partial<Pick<Call, 'env' | 'signal'>>): Promise<CallResult>;
  /** Machines stay in this state, which they otherwise leave at once, until another one is named, or none. */
  hold(state?: PassingState | 'spawning'): Promise<void>;
  /** Resolves when the machine is in that state; without a call, which could be in the way of another one. */
  held(uuid: string, state: PassingState | 'spawning'): Promise<void>;
  /** The next calls fail so. */
  fail(...faults: readonly Fault[]): Promise<void>;
}

export interface InstallOptions {
  readonly backend?: BackendName;
  /** More variables for its processes. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Puts the double into a folder as a program `VBoxManage`; bundled once per version of its sources. Disposing ends the
 * machines that run and removes their settings; they end by themselves when this process does.
 */
export async function installVBoxManage({
  backend = 'none',
  env = {},
}: InstallOptions = {}): Promise<InstalledVBoxManage> {
  const folder = await bundle();
  const home = await mkdtemp(join(tmpdir(), 'vbox-home-'));
  const result: InstalledVBoxManage = {
    program: join(folder, 'VBoxManage'),
    home,
    env: {
      VBOX_USER_HOME: home,
      VBOX_DOUBLE_BACKEND: backend,
      VBOX_DOUBLE_OWNER: String(process.pid),
      // No rules of this machine.
      VBOX_DOUBLE_NETWORKS_CONF: join(home, 'networks.conf'),
      // As a terminal of today has it; the driver has to do without.
      LC_ALL: 'C.UTF-8',
      ...env,
      PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}`,
    },
    call: (args, { env, signal } = {}) =>
      callInThread(folder, { args, env: { ...process.env, ...result.env, ...env }, signal }),
    hold: (state) =>
      state === undefined ? rm(join(home, 'hold'), { force: true }) : writeFile(join(home, 'hold'), state),
    async held(uuid, state) {
      const file = join(home, 'sessions', `${uuid}.vm`);
      const wait = { timeoutMs: 60_000, intervalMs: 20, what: `the machine to be ${state}` };
      await waitFor(wait, async () => (await readFile(file, 'utf8')).includes(`"state":"${state}"`) || undefined);
    },
    fail: (...faults) => writeFile(join(home, 'faults.json'), JSON.stringify(faults)),
    async [Symbol.asyncDispose]() {
      await endMachines(home);
      if (backend !== 'none') await removeGuests(result);
      await rm(home, { recursive: true, force: true });
    },
  };
  return result;
}

/** What guests were made of goes with the machines and the networks. */
async function removeGuests({ program, env }: InstalledVBoxManage): Promise<void> {
  const call = async (...args: readonly string[]): Promise<string> => {
    const { stdout } = await execa(program, args, { env, reject: false });
    return stdout;
  };
  for (const [uuid] of (await call('list', 'vms')).matchAll(/[0-9a-f-]{36}/g))
    await call('unregistervm', uuid, '--delete');
  for (const [, name = ''] of (await call('list', 'hostonlyifs')).matchAll(/^Name: +(.*)$/gm)) {
    await call('hostonlyif', 'remove', name);
  }
}

async function endMachines(home: string): Promise<void> {
  const names = await readdir(join(home, 'sessions')).catch(() => []);
  for (const name of names.filter((one) => one.endsWith('.vm'))) {
    const { pid } = JSON.parse(await readFile(join(home, 'sessions', name), 'utf8')) as { pid: number };
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
}

/** One folder per content of the sources, so that tests that run at once share it and none sees half of it. */
async function bundle(): Promise<string> {
  const names = (await readdir(sources, { recursive: true })).filter((name) => /\.(ts|txt)$/.test(name)).sort();
  const contents = await Promise.all(names.map((name) => readFile(join(sources, name))));
  const hash = createHash('sha256').update(process.execPath).update(Buffer.concat(contents)).digest('hex').slice(0, 12);
  return madeOnce('vboxmanage', hash, async (made) => {
    await Promise.all([
      program(join(sources, 'main.ts'), join(made, 'VBoxManage')),
      writeFile(join(made, 'load.cjs'), loader),
      program(join(sources, 'vm', 'process.ts'), join(made, 'VBoxHeadless')),
      program(join(sources, 'vm', 'clean.ts'), join(made, 'VBoxClean')),
      cp(join(sources, 'texts'), join(made, 'texts'), { recursive: true }),
    ]);
  });
}

/**
 * A program that starts about as fast as Node itself, as its calls are many and short: beside it lies what V8 made of
 * it, and what it needs of Node is loaded when it is used.
 */
async function program(entry: string, outfile: string): Promise<void> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    minify: true,
    write: false,
    logLevel: 'silent',
  });
  const text = (outputFiles[0]?.text ?? '').replaceAll(/=require\(("node:[^"]+")\)/g, '=late($1)');
  const code = `(function (require, module, exports, late, process) {${text}})`;
  await writeFile(`${outfile}.cjs`, code);
  // Of all functions, and not only of those that ran.
  setFlagsFromString('--no-lazy');
  await writeFile(`${outfile}.cache`, new Script(code).createCachedData());
  setFlagsFromString('--lazy');
  await writeFile(outfile, `#!${process.execPath}\n${loader}${start}`, { mode: 0o755 });
}

/** What a process and a thread have in common. CommonJS, since a file without an ending is that. */
const loader = `const { readFileSync, realpathSync } = require('node:fs');
const { Script } = require('node:vm');
const late = (id) => new Proxy({}, { get: (_, key) => require(id)[key] });
const load = (program) => {
  const script = new Script(readFileSync(program + '.cjs', 'utf8'), {
    filename: program + '.cjs',
    cachedData: readFileSync(program + '.cache'),
  });
  return script.runInThisContext();
};
module.exports = { late, load };
`;

const start = `load(realpathSync(__filename))(require, module, exports, late, process);
`;
