import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../../lib/make-folder.js';
import { codeOf, SwarmupError, usageError } from '../../lib/errors.js';
import { writeFileAtomic } from '../../machine/atomic-file.js';
import type { OperationContext } from '../access/context.js';

export interface DriverPackagesResult {
  readonly packages: readonly string[];
}

/** The part of the folder's package.json that we and oclif read (oclif core, plugin-loader: loadUserPlugins). */
interface PluginFile {
  readonly private?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly oclif?: {
    readonly schema: number;
    readonly plugins: readonly { readonly name: string; readonly type: string }[];
  };
}

const installTimeoutMs = 5 * 60_000;

/**
 * Installs an npm package that brings drivers, with the user's own npm, into the folder where oclif looks for plugins.
 * `spec` is what npm takes: a name, a folder, a tarball. The install scripts of the package and of all that it needs
 * run only with `scripts`. Errors: PACKAGE_FAILED with the end of npm's output.
 */
export async function addDriverPackage(
  context: OperationContext,
  folder: string,
  spec: string,
  options: { readonly scripts: boolean },
): Promise<DriverPackagesResult> {
  await makeFolder(folder, 0o700);
  const before = await readPluginFile(folder);
  if (before === undefined) await writePluginFile(folder, { private: true });
  await npm(context, folder, [
    'install',
    '--save-exact',
    '--no-audit',
    '--no-fund',
    options.scripts ? '--no-ignore-scripts' : '--ignore-scripts',
    spec,
  ]);
  return register(folder);
}

/** Removes such a package. Errors: PACKAGE_UNKNOWN (exit 2), PACKAGE_FAILED. */
export async function removeDriverPackage(
  context: OperationContext,
  folder: string,
  name: string,
): Promise<DriverPackagesResult> {
  const installed = Object.keys((await readPluginFile(folder))?.dependencies ?? {});
  if (!installed.includes(name))
    throw usageError(
      'PACKAGE_UNKNOWN',
      `the package ${name} is not installed`,
      `installed: ${installed.join(', ') || 'none'}`,
    );
  await npm(context, folder, ['uninstall', '--no-audit', '--no-fund', name]);
  return register(folder);
}

/** Every dependency of the folder is a plugin: nothing else is ever installed there. */
async function register(folder: string): Promise<DriverPackagesResult> {
  const file = await readPluginFile(folder);
  const packages = Object.keys(file?.dependencies ?? {});
  const plugins = packages.map((name) => ({ name, type: 'user' }));
  await writePluginFile(folder, { ...file, oclif: { schema: 1, plugins } });
  return { packages };
}

async function npm(context: OperationContext, folder: string, args: readonly string[]): Promise<void> {
  const result = await context.run('npm', [...args, '--prefix', folder], {
    timeoutMs: installTimeoutMs,
    signal: context.signal,
    cwd: folder,
    // Registry, cache and certificates of the user's npm; a .npmrc may name NPM_TOKEN.
    alsoInherits: /^(npm_|node_)/i,
  });
  if (result.exitCode === 0) return;
  const lines = result.stderr.split('\n').filter((line) => line.includes('error'));
  throw new SwarmupError(
    'PACKAGE_FAILED',
    `npm ${args[0] ?? ''} ended with ${result.exitCode}: ${lines.slice(0, 3).join('; ')}`,
    {
      hints: [`run the command yourself to see why: npm ${args.join(' ')} --prefix ${folder}`],
    },
  );
}

async function readPluginFile(folder: string): Promise<PluginFile | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as PluginFile;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

const writePluginFile = (folder: string, file: PluginFile): Promise<void> =>
  writeFileAtomic(join(folder, 'package.json'), `${JSON.stringify(file, undefined, 2)}\n`);
