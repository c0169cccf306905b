import { access, constants, readdir, readFile, readlink, stat, writeFile } from 'node:fs/promises';
import { release, totalmem } from 'node:os';
import { join } from 'node:path';
import { codeOf, messageOf, SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import type { Problem } from '../driver.js';

/** The machine of an engine, as its API describes it: GET /info. */
export interface EngineMachine {
  readonly MemTotal: number;
  readonly NCPU: number;
  readonly KernelVersion: string;
}

/** The hosts that an engine runs, and those that are to run as well. */
export interface Crowd {
  readonly running: number;
  readonly managers: number;
  readonly workers: number;
}

/** What this computer has left. undefined: it cannot be seen. */
export interface Left {
  readonly availableMiB: number | undefined;
  /** fs.inotify.max_user_instances. */
  readonly inotifyLimit: number | undefined;
  /** Inotify instances that root has; only root can see them. */
  readonly inotifyUsed: number | undefined;
  /** This user may raise the limit. */
  readonly mayRaise: boolean;
}

/**
 * Memory that an idle host takes, with what the engine and the kernel take for it. Measured with 60 hosts in 20 swarms
 * on Debian 12 with Docker Engine 20.10 (docs/classroom.md).
 */
const memoryMiB = { manager: 95, worker: 75 };
/** Of root: three of systemd and one of containerd, measured in the same way. */
const instancesPerHost = 4;
/** Leaves room for what a host itself runs, and for other programs of root. */
const comfortableInstances = 3 * instancesPerHost;
const enoughInstances = 1024;
const mib = 1024 * 1024;

/** Whether the engine runs on this computer, so that its memory and its limits are those that can be seen here. */
export const isThisMachine = ({ KernelVersion, MemTotal }: EngineMachine): boolean =>
  KernelVersion === release() && MemTotal === totalmem();

/** Looks at this computer. `proc`: where procfs is. */
export async function lookAtMachine({ running, managers, workers }: Crowd, proc = '/proc'): Promise<Left> {
  const limitText = await readFile(join(proc, inotifyLimit), 'utf8').catch(() => '');
  const limit = Number(limitText);
  const isTight = limit < (running + managers + workers) * comfortableInstances;
  return {
    availableMiB: await availableMiB(proc),
    inotifyLimit: limit > 0 ? limit : undefined,
    // Looking into all processes takes time, and most computers have far more than is asked for.
    inotifyUsed: limit > 0 && isTight ? await inotifyInstances(proc) : undefined,
    mayRaise: limit > 0 && isTight && (await isWritable(join(proc, inotifyLimit))),
  };
}

const inotifyLimit = 'sys/fs/inotify/max_user_instances';

/** What is asked for and this computer cannot carry, or only just. */
export function carryProblems(crowd: Crowd, left: Left): readonly Problem[] {
  return [...memoryProblems(crowd, left), ...inotifyProblems(crowd, left)];
}

/** What an engine elsewhere certainly cannot carry. The other programs there are not known. */
export function remoteProblems({ running, managers, workers }: Crowd, { MemTotal }: EngineMachine): readonly Problem[] {
  const needMiB = running * memoryMiB.worker + neededMiB({ managers, workers });
  if (managers + workers === 0 || !(MemTotal > 0) || needMiB * mib <= MemTotal) return [];
  const hosts = `${running + managers + workers} hosts, of which ${running} run already,`;
  return [
    {
      severity: 'error',
      code: 'MEMORY_SHORT',
      message: `${hosts} need about ${needMiB} MiB of memory, and the computer of the engine has ${Math.floor(MemTotal / mib)} MiB`,
      hints: lessMemory,
    },
  ];
}

/** The engine refuses a host with more CPUs than its machine has. */
export function cpuProblems(cpus: number | undefined, { NCPU }: EngineMachine): readonly Problem[] {
  if (cpus === undefined || !(NCPU < cpus)) return [];
  return [
    {
      severity: 'error',
      code: 'CPUS_TOO_MANY',
      message: `each host may use ${cpus} CPUs, but the computer of the engine has ${NCPU}`,
      hints: [`use --docker-cpus ${NCPU}, or leave out the option`],
    },
  ];
}

const lessMemory = ['make fewer hosts, stop others, or end programs that are not needed'];

const neededMiB = ({ managers, workers }: Pick<Crowd, 'managers' | 'workers'>): number =>
  managers * memoryMiB.manager + workers * memoryMiB.worker;

function memoryProblems(crowd: Crowd, { availableMiB: available }: Left): readonly Problem[] {
  const needMiB = neededMiB(crowd);
  if (available === undefined || needMiB <= available) return [];
  return [
    {
      severity: 'error',
      code: 'MEMORY_SHORT',
      message: `${hostsOf(crowd)} about ${needMiB} MiB of memory, and this computer has ${available} MiB left`,
      hints: lessMemory,
    },
  ];
}

function inotifyProblems(crowd: Crowd, { inotifyLimit: limit, inotifyUsed, mayRaise }: Left): readonly Problem[] {
  const asked = crowd.managers + crowd.workers;
  const hosts = crowd.running + asked;
  if (asked === 0 || limit === undefined || limit >= hosts * comfortableInstances) return [];
  const need = asked * instancesPerHost;
  const free = Math.max(0, limit - Math.max(inotifyUsed ?? 0, crowd.running * instancesPerHost));
  const raised = Math.max(enoughInstances, 2 ** Math.ceil(Math.log2(hosts * comfortableInstances)));
  const remedy = {
    hints: [`sudo sysctl fs.inotify.max_user_instances=${raised}`],
    ...(mayRaise && { fix: { does: `raise fs.inotify.max_user_instances from ${limit} to ${raised}`, to: raised } }),
  };
  if (need <= free)
    return limit >= enoughInstances
      ? []
      : [
          {
            severity: 'warning',
            code: 'INOTIFY_LOW',
            message: `fs.inotify.max_user_instances is ${limit}, which is low for ${hosts} hosts`,
            ...remedy,
          },
        ];
  return [
    {
      severity: 'error',
      code: 'INOTIFY_LOW',
      message: `${hostsOf(crowd)} ${need} inotify instances, and ${inotifyUsed === undefined ? 'at most ' : ''}${free} of ${limit} are free (fs.inotify.max_user_instances)`,
      ...remedy,
    },
  ];
}

const hostsOf = ({ managers, workers }: Crowd): string =>
  managers + workers === 1 ? 'the new host needs' : `the ${managers + workers} new hosts need`;

/** Swap counts: a host that waits for it is slow, but it runs. */
async function availableMiB(proc: string): Promise<number | undefined> {
  const text = await readFile(join(proc, 'meminfo'), 'utf8').catch(() => '');
  const kib = (name: string): number | undefined => {
    const found = new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(text)?.[1];
    return found === undefined ? undefined : Number(found);
  };
  const available = kib('MemAvailable');
  return available === undefined ? undefined : Math.floor((available + (kib('SwapFree') ?? 0)) / 1024);
}

/** Instances that processes of root have. undefined: this user cannot see them. */
async function inotifyInstances(proc: string): Promise<number | undefined> {
  if ((await openFiles(proc, '1')) === undefined) return undefined;
  const processes = (await readdir(proc)).filter((entry) => /^\d+$/.test(entry));
  const counts = await Promise.all(
    processes.map(async (id) => {
      const owner = await stat(join(proc, id)).catch(() => undefined);
      if (owner?.uid !== 0) return 0;
      return ((await openFiles(proc, id)) ?? []).filter((target) => target === 'anon_inode:inotify').length;
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

async function openFiles(proc: string, id: string): Promise<readonly string[] | undefined> {
  const folder = join(proc, id, 'fd');
  try {
    const files = await readdir(folder);
    return await Promise.all(files.map((file) => readlink(join(folder, file)).catch(() => '')));
  } catch {
    return undefined;
  }
}

const isWritable = (file: string): Promise<boolean> =>
  access(file, constants.W_OK).then(
    () => true,
    () => false,
  );

const persistent = '/etc/sysctl.d/90-swarmup-inotify.conf';

/**
 * Raises fs.inotify.max_user_instances now and for the next boots; never lowers it. Errors: INOTIFY_LOW (exit 3) if
 * this user may not.
 */
export async function raiseInotify(to: number, files = { limit: `/proc/${inotifyLimit}`, persistent }): Promise<void> {
  try {
    const limit = Math.max(to, Number(await readFile(files.limit, 'utf8')));
    await writeFile(files.limit, `${limit}\n`);
    await writeFile(files.persistent, `fs.inotify.max_user_instances=${limit}\n`);
  } catch (error) {
    const why = ['EACCES', 'EPERM', 'EROFS'].includes(codeOf(error) ?? '') ? 'only root may do that' : messageOf(error);
    throw new SwarmupError('INOTIFY_LOW', `fs.inotify.max_user_instances cannot be raised: ${why}`, {
      exitCode: exitCodes.preflight,
      hints: [`sudo sysctl fs.inotify.max_user_instances=${to}`],
      cause: error,
    });
  }
}
