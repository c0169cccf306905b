import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProcessResult } from '../../lib/local-process.js';
import { codeOf, SwarmupError } from '../../lib/errors.js';
import type { DriverContext } from '../driver.js';
import { archiveSources, type PackageSources } from './package-sources.js';

const usualTimeoutMs = 10 * 60_000;
/** What a build in the new root file system needs at once: package sources may be reached by https. */
const usualPackages = 'ca-certificates';

/**
 * Makes a minimal Debian (or Ubuntu) root file system in `folder` and returns the path of its tar archive.
 * `packages` are separated by commas. Release and package sources are this machine's own; elsewhere Debian bookworm from the tool's default mirror.
 * Errors: BOOTSTRAP_FAILED, also when neither mmdebstrap nor debootstrap is installed.
 */
export async function bootstrapRootFs(
  context: DriverContext,
  folder: string,
  {
    packages = usualPackages,
    timeoutMs = usualTimeoutMs,
  }: { readonly packages?: string; readonly timeoutMs?: number } = {},
): Promise<string> {
  const release = { ...(await machineRelease()), packages, timeoutMs };
  context.log(`making a root file system of ${release.codename} (once; about half a minute)`);
  const archive = join(folder, 'root.tar');
  const done =
    (await attempt(() => withMmdebstrap(context, folder, release, archive))) ??
    (await attempt(() => withDebootstrap(context, folder, release, archive)));
  if (done === undefined) throw new SwarmupError('BOOTSTRAP_FAILED', 'neither mmdebstrap nor debootstrap is installed');
  if (done.exitCode === 0) return archive;
  const lastLine = done.stderr.trim().split('\n').pop() ?? '';
  throw new SwarmupError('BOOTSTRAP_FAILED', `making a root file system failed: ${lastLine}`, {
    hints: done.stderr.trim().split('\n').slice(-5),
  });
}

interface Release {
  readonly packages: string;
  readonly timeoutMs: number;
  readonly codename: string;
  /** undefined: the tool's default mirror. */
  readonly sources: PackageSources | undefined;
}

async function withMmdebstrap(
  context: DriverContext,
  folder: string,
  { codename, sources, packages, timeoutMs }: Release,
  archive: string,
): Promise<ProcessResult> {
  const files = sources === undefined ? [] : await writeSources(folder, sources);
  const options = ['--quiet', '--variant=minbase', `--include=${packages}`, ...(await aptOptions(context))];
  const leftOut = ['man', 'locale', 'doc'].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`);
  return context.run('mmdebstrap', [...options, ...leftOut, codename, archive, ...files], {
    timeoutMs,
    signal: context.signal,
  });
}

/** The older tool takes one mirror, leaves a folder, and must be root; the rest of the sources is added afterwards. */
async function withDebootstrap(
  context: DriverContext,
  folder: string,
  { codename, sources, packages, timeoutMs }: Release,
  archive: string,
): Promise<ProcessResult> {
  const root = join(folder, 'root');
  const deadline = { timeoutMs, signal: context.signal };
  const mirror = sources?.mirror === undefined ? [] : [sources.mirror];
  const args = ['--variant=minbase', `--include=${packages}`, codename, root, ...mirror];
  const made = await context.run('debootstrap', args, deadline);
  if (made.exitCode !== 0) return { ...made, stderr: `${made.stdout}\n${made.stderr}` };
  if (sources !== undefined) {
    await writeFile(join(root, 'etc/apt/sources.list'), sources.list);
    await writeFile(join(root, 'etc/apt/sources.list.d/machine.sources'), sources.deb822);
  }
  return context.run('tar', ['-C', root, '--numeric-owner', '-cf', archive, '.'], deadline);
}

/** undefined if the program is not installed. */
async function attempt(run: () => Promise<ProcessResult>): Promise<ProcessResult | undefined> {
  try {
    return await run();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function machineRelease(): Promise<Omit<Release, 'packages' | 'timeoutMs'>> {
  const osRelease = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const id = /^ID=(.*)$/m.exec(osRelease)?.[1];
  const codename = /^VERSION_CODENAME=(.*)$/m.exec(osRelease)?.[1];
  if ((id !== 'debian' && id !== 'ubuntu') || codename === undefined)
    return { codename: 'bookworm', sources: undefined };
  return { codename, sources: archiveSources(await sourceFiles(), codename) };
}

async function sourceFiles(): Promise<readonly { readonly name: string; readonly text: string }[]> {
  const folder = '/etc/apt/sources.list.d';
  const names = await readdir(folder).catch(() => []);
  const paths = ['/etc/apt/sources.list', ...names.sort().map((name) => join(folder, name))];
  return Promise.all(paths.map(async (name) => ({ name, text: await readFile(name, 'utf8').catch(() => '') })));
}

async function writeSources(folder: string, sources: PackageSources): Promise<readonly string[]> {
  const files = [
    [join(folder, 'machine.list'), sources.list],
    [join(folder, 'machine.sources'), sources.deb822],
  ] as const;
  const used = files.filter(([, text]) => text !== '');
  await Promise.all(used.map(([file, text]) => writeFile(file, text)));
  return used.map(([file]) => file);
}

/**
 * The proxies and clock checks in the apt settings of this computer; a proxy on loopback means nothing inside a
 * container.
 */
async function aptOptions(context: DriverContext): Promise<readonly string[]> {
  const dump = await context.run('apt-config', ['dump'], { timeoutMs: 10_000, signal: context.signal });
  return dump.stdout
    .split('\n')
    .filter((line) => /^Acquire::(?:https?::Proxy|Check-Valid-Until|Check-Date) ".+";$/.test(line))
    .filter((line) => !/localhost|127\.0\.0\.1|\[::1\]/.test(line))
    .map((line) => `--aptopt=${line.replace(/;$/, '')}`);
}
