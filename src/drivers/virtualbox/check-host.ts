import type { StatsFs } from 'node:fs';
import { readFile, statfs } from 'node:fs/promises';
import { freemem, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { codeOf, SwarmupError, usageError } from '../../lib/errors.js';
import type { DriverContext, Problem } from '../driver.js';
import { openImageCache } from './image/cache.js';
import { isPath, isUrl, knownImages } from './image/sources.js';
import { readCloudConfig } from './seed/cloud-config.js';
import { virtualBoxOptions, type VirtualBoxOptions } from './options.js';
import type { VirtualBoxState } from './state.js';
import type { Computer } from './tool/find-tool.js';
import type { Service } from './tool/service.js';
import { parseBlocks, parseVersion, parseVmList, type ToolVersion } from './tool/parse.js';
import { openTool, type ToolAnswer, type VBoxManage } from './tool/vboxmanage.js';
import { machineFolder, requireShares } from './vm/create-vm.js';
import { hasNetworks, requireAllowedRange } from './vm/host-only.js';

/** Looks whether hosts can be made here. Makes nothing. */
export async function checkHost(
  context: DriverContext,
  { computer, service }: { readonly computer: Computer; readonly service: Service },
  names: readonly string[],
): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  const attempt = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (thrown) {
      problems.push(problemOf(thrown, context.signal));
      return undefined;
    }
  };
  const options = virtualBoxOptions(context.options);
  requireOwnPorts(options, names);
  const tool = await attempt(() => openTool(context, computer, service));
  if (tool === undefined) return problems;
  const answer = await attempt(() => tool.run(['--version']));
  if (answer === undefined) return problems;
  const version = parseVersion(answer.stdout);
  problems.push(...versionProblems(answer, version), ...moduleProblems(answer));
  if (problems.some(({ severity }) => severity === 'error')) return problems;
  await attempt(() => checkNetwork(tool, options));
  await attempt(() => checkInput(context, computer, options));
  const present = parseVmList((await attempt(() => tool.list('vms'))) ?? '');
  const made = ((await context.peers()) as readonly VirtualBoxState[]).filter(({ vm }) => present.has(vm));
  const missing = names.filter((name) => !made.some((state) => state.name === name)).length;
  problems.push(...memoryProblems(options, missing), ...(await virtualisationProblems(computer)));
  const folder = await attempt(() => machineFolder(tool, options.folder));
  if (folder !== undefined) problems.push(...(await diskProblems(folder, missing)));
  if (problems.some(({ severity }) => severity === 'error')) return problems;
  const message = `VirtualBox ${version?.text ?? ''} (${tool.path})`;
  return [...problems, { severity: 'info', code: 'VIRTUALBOX_FOUND', message, hints: [] }];
}

/** A port of this computer leads into one host. Errors: OPTION_INVALID (exit 2). */
function requireOwnPorts({ ports: [port] }: VirtualBoxOptions, names: readonly string[]): void {
  if (port === undefined || names.length < 2) return;
  const asked = `${String(port.hostPort)}:${String(port.guestPort)}`;
  throw usageError(
    'OPTION_INVALID',
    `--virtualbox-port ${asked}: port ${String(port.hostPort)} of this computer can lead to only one host, not to ${String(names.length)}`,
    'make the hosts one after another, each with its own port',
  );
}

/** What the driver is used with: the options of 6 are others, and what comes after 7.2 was not seen yet. */
function versionProblems({ stdout }: ToolAnswer, version: ToolVersion | undefined): Problem[] {
  if (version === undefined) {
    const said = stdout.trim().split('\n').at(-1) ?? '';
    return [problem('error', 'VIRTUALBOX_BROKEN', `VBoxManage --version says '${said}'`, 'install VirtualBox again')];
  }
  const { major, minor, text } = version;
  if (major < 7)
    return [
      problem(
        'error',
        'VIRTUALBOX_OLD',
        `VirtualBox ${text} is too old: 7.0 to 7.2 are needed`,
        'upgrade it: https://www.virtualbox.org/wiki/Downloads',
      ),
    ];
  if (major > 7 || minor > 2)
    return [problem('warning', 'VIRTUALBOX_NEW', `VirtualBox ${text} is newer than the tested versions (7.0 to 7.2)`)];
  return [];
}

function moduleProblems({ warning }: ToolAnswer): Problem[] {
  if (warning === undefined) return [];
  return [
    problem(
      'error',
      'KERNEL_MODULE_MISSING',
      `VirtualBox cannot start machines: ${warning}`,
      'load the kernel module: sudo modprobe vboxdrv',
      'or build the module: sudo /sbin/vboxconfig (Debian: sudo apt install virtualbox-dkms linux-headers-amd64)',
    ),
  ];
}

/** An interface that is configured was allowed; a new one is asked for where the policy is. */
async function checkNetwork(tool: VBoxManage, { hostOnly }: VirtualBoxOptions): Promise<void> {
  if (hasNetworks(tool.computer)) {
    await tool.list('hostonlynets');
    return;
  }
  const blocks = parseBlocks(await tool.list('hostonlyifs'), 'Name');
  const isUp = blocks.some((block) => block.get('IPAddress') === hostOnly.address && block.get('Status') === 'Up');
  if (!isUp) await requireAllowedRange(hostOnly, tool.computer);
}

/** What would fail in the middle of a creation, looked at before. The network is not asked. */
async function checkInput(context: DriverContext, { arch }: Computer, options: VirtualBoxOptions): Promise<void> {
  if (options.cloudConfigFile !== undefined) await readCloudConfig(options.cloudConfigFile);
  await requireShares(options.shares);
  const { image } = options;
  const cache = openImageCache(context, arch === 'arm64' ? 'arm64' : 'amd64');
  if (isPath(image)) return cache.check(image);
  if (isUrl(image) || knownImages.includes(image)) return;
  if (!(await cache.list()).some(({ name }) => name === image)) await cache.ensure(image);
}

const mebibyte = 1024 * 1024;

function memoryProblems({ memoryMiB }: VirtualBoxOptions, hosts: number): Problem[] {
  const needed = memoryMiB * Math.max(hosts, 1);
  const total = Math.round(totalmem() / mebibyte);
  const hint = 'give the hosts less memory: --virtualbox-memory MIB';
  const text = `${String(hosts)} hosts need ${String(needed)} MiB of memory`;
  if (needed > total)
    return [problem('error', 'MEMORY_SHORT', `${text}, but this computer has ${String(total)} MiB`, hint)];
  // The free memory of macOS leaves out memory that it could release.
  const free = Math.round(freemem() / mebibyte);
  return needed > free && hosts > 0
    ? [problem('warning', 'MEMORY_LOW', `${text}, but only ${String(free)} MiB are free`, hint)]
    : [];
}

/** The image, and what a host writes until its engine runs. */
const hostBytes = 3e9;

async function diskProblems(folder: string, hosts: number): Promise<Problem[]> {
  const stats = await statfsAbove(folder);
  if (stats === undefined || hosts === 0) return [];
  const free = stats.bavail * stats.bsize;
  const message = `${(free / 1e9).toFixed(1)} GB are free in ${folder}`;
  const hint = 'free some space, or put the machines in another folder: --virtualbox-folder PATH';
  if (free < hostBytes) return [problem('error', 'DISK_FULL', `only ${message}`, hint)];
  return free < hostBytes * hosts ? [problem('warning', 'DISK_LOW', message, hint)] : [];
}

/** Of the folder, or of the nearest one above it that is there. */
async function statfsAbove(folder: string): Promise<StatsFs | undefined> {
  for (let path = folder; ; path = dirname(path)) {
    const stats = await statfs(path).catch(() => undefined);
    if (stats !== undefined || path === dirname(path)) return stats;
  }
}

async function virtualisationProblems({ platform }: Computer): Promise<Problem[]> {
  return platform === 'linux' ? kvmProblems(await readFile('/proc/modules', 'utf8').catch(() => '')) : [];
}

/**
 * KVM that runs a machine holds the processor's virtualisation; a module that is merely loaded does not.
 * `modules`: text of /proc/modules.
 */
export function kvmProblems(modules: string): Problem[] {
  const [, module, users] = /^(kvm_intel|kvm_amd) \d+ (\d+)/m.exec(modules) ?? [];
  if (module === undefined || users === '0') return [];
  return [
    problem(
      'warning',
      'VTX_BUSY',
      `KVM is running machines (${module} is in use), so VirtualBox may not be able to use VT-x or AMD-V`,
      `end those machines, or unload the module: sudo rmmod ${module}`,
    ),
  ];
}

function problemOf(thrown: unknown, signal: AbortSignal): Problem {
  signal.throwIfAborted();
  // A wrong command line ends the command; the rest is what a check is for.
  if (!(thrown instanceof SwarmupError) || thrown.exitCode === 2) throw thrown;
  const { message, hints } = thrown;
  return problem('error', codeOf(thrown) ?? 'VBOX_FAILED', message, ...hints);
}

const problem = (severity: Problem['severity'], code: string, message: string, ...hints: string[]): Problem => ({
  severity,
  code,
  message,
  hints,
});
