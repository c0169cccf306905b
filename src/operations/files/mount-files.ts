import { mkdir, rmdir } from 'node:fs/promises';
import { codeOf, messageOf, SwarmupError, usageError } from '../../lib/errors.js';
import { swarmup } from '../../lib/typed-command.js';
import type { OperationContext } from '../access/context.js';
import type { FileLocation } from './file-location.js';
import { openSshHost } from '../access/openssh-entry.js';

interface MountRequest {
  readonly location: FileLocation;
  /** undefined: the same path as on the host. */
  readonly mountPoint: string | undefined;
  readonly dryRun: boolean;
}

export interface MountResult {
  readonly host: string;
  readonly mountPoint: string;
  readonly status: 'mounted' | 'unmounted' | 'would-mount' | 'would-unmount';
}

/**
 * Shows a folder of a host in a folder of this computer, by sshfs with the pinned host key. The folder is made when it
 * is missing. Errors: SSHFS_MISSING, MOUNT_FAILED.
 */
export async function mountFiles(context: OperationContext, request: MountRequest): Promise<MountResult> {
  const { location, dryRun } = request;
  const { host, mountPoint } = placeOf(request);
  const ssh = await openSshHost(context.store, await context.store.require(host));
  if (dryRun) return { host, mountPoint, status: 'would-mount' };
  const made = await mkdir(mountPoint, { recursive: true });
  // No folder is left that was made in vain.
  const forget = async (): Promise<void> => {
    if (made !== undefined) await rmdir(mountPoint).catch(() => undefined);
  };
  const from = `${location.user === undefined ? '' : `${location.user}@`}${ssh.alias}:${location.path}`;
  const options = 'reconnect,ServerAliveInterval=15,ServerAliveCountMax=3,BatchMode=yes,ConnectTimeout=10';
  const args = ['-F', ssh.configFile, '-o', options, from, mountPoint];
  const { exitCode, stderr, stdout } = await context
    .run('sshfs', args, { timeoutMs: 60_000, signal: context.signal })
    .catch(async (error: unknown) => {
      await forget();
      if (codeOf(error) === 'ENOENT') throw missing();
      throw error;
    });
  if (exitCode === 0) return { host, mountPoint, status: 'mounted' };
  await forget();
  throw failed(host, `${mountPoint} could not be mounted`, `${stderr}\n${stdout}`);
}

/** Takes a mounted folder away again. Errors: MOUNT_FAILED. */
export async function unmountFiles(context: OperationContext, request: MountRequest): Promise<MountResult> {
  const { host, mountPoint } = placeOf(request);
  if (request.dryRun) return { host, mountPoint, status: 'would-unmount' };
  let said = 'this computer has neither fusermount3, fusermount nor umount';
  for (const [program, ...args] of [['fusermount3', '-u'], ['fusermount', '-u'], ['umount']] as const) {
    try {
      const options = { timeoutMs: 60_000, signal: context.signal };
      const { exitCode, stderr } = await context.run(program, [...args, '--', mountPoint], options);
      if (exitCode === 0) return { host, mountPoint, status: 'unmounted' };
      said = stderr;
      break;
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
    }
  }
  throw failed(host, `${mountPoint} could not be unmounted`, said);
}

function placeOf({ location, mountPoint }: MountRequest): { readonly host: string; readonly mountPoint: string } {
  const host = location.machine ?? 'default';
  const place = mountPoint ?? location.path;
  if (place !== '') return { host, mountPoint: place };
  throw usageError('USAGE', 'no mount point was named', `for example: ${swarmup`mount ${host}: ./${host}`}`);
}

function missing(): Error {
  return new SwarmupError('SSHFS_MISSING', 'mount needs sshfs, which is not installed on this computer', {
    hints: [
      'install it: apt-get install sshfs, dnf install fuse-sshfs, brew install macfuse sshfs-mac',
      `or copy the files: ${swarmup`scp -r NAME:PATH .`}`,
    ],
  });
}

function failed(host: string, what: string, said: string): Error {
  const reason = said.split('\n').find((line) => line.trim() !== '') ?? 'no reason given';
  return new SwarmupError('MOUNT_FAILED', `${what}: ${messageOf(reason)}`, {
    host,
    hints: [`check whether you can log in: ${swarmup`ssh ${host}`}`],
  });
}
