import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf } from '../../src/lib/errors.js';
import { generateSshKey, type SshKeyPair } from '../../src/ssh/keys.js';
import { freePort } from './free-port.js';
import type { PinnedTarget } from './ssh-host.js';

const program = '/usr/sbin/sshd';
const sftpServer = '/usr/lib/openssh/sftp-server';

/** Why no real sshd can be started here; undefined when it can. */
export function whyNoSshd(): string | undefined {
  if (!existsSync(program)) return `there is no ${program}: apt-get install openssh-server`;
  // It must become the user that logs in, and prove that it can by chroot.
  return userInfo().uid === 0 ? undefined : 'sshd must be started by root';
}

/** Runs a program that dies with our end of its stdin, even when the tests are killed. */
const endsWithUs = 'exec 3<&0; "$@" 3<&- & p=$!; { read -r _ <&3; kill -KILL $p; } & exec 3<&-; wait $p';

export interface RealSshd extends AsyncDisposable {
  readonly target: PinnedTarget;
  /** Kills it and all its connections at once, as a host that loses its power. */
  kill(): Promise<void>;
}

interface RealSshdOptions {
  /** Who may log in. Default: the user of the tests. */
  readonly user?: string;
  readonly hostKey?: SshKeyPair;
  /** Further lines of sshd_config. */
  readonly config?: readonly string[];
}

/** OpenSSH's own server on a free loopback port, with its configuration and keys in a temporary folder. */
export async function startRealSshd(options: RealSshdOptions = {}): Promise<RealSshd> {
  const folder = await mkdtemp(join(tmpdir(), 'swarmup-sshd-'));
  const user = options.user ?? userInfo().username;
  const hostKey = options.hostKey ?? generateSshKey('sshd');
  const userKey = generateSshKey('swarmup');
  const port = await freePort();
  const at = (file: string): string => join(folder, file);
  await writeFile(at('host_key'), hostKey.privateKey, { mode: 0o600 });
  await writeFile(at('authorized_keys'), userKey.publicKey, { mode: 0o644 });
  await writeFile(
    at('config'),
    [
      'ListenAddress 127.0.0.1',
      `Port ${port}`,
      `HostKey ${at('host_key')}`,
      `AuthorizedKeysFile ${at('authorized_keys')}`,
      `PidFile ${at('pid')}`,
      'UsePAM no',
      'StrictModes no',
      'PasswordAuthentication no',
      'PermitRootLogin prohibit-password',
      // The login shell of the machine's user would read a .bashrc of any length.
      `SetEnv HOME=${folder}`,
      `Subsystem sftp ${sftpServer}`,
      ...(options.config ?? []),
      '',
    ].join('\n'),
  );
  // sshd wants its chroot folder for the time before a user is known; packages make it when the service starts.
  await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
  // Others may read the key file only when they may enter the folder.
  await chmod(folder, 0o755);
  const child = spawn('/bin/sh', ['-c', endsWithUs, 'sh', program, '-D', '-e', '-f', at('config')], {
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = new Promise<void>((resolve) =>
    child.once('close', () => {
      resolve();
    }),
  );
  await answers(
    port,
    () => child.exitCode,
    () => said,
  );
  const kill = async (): Promise<void> => {
    if (child.pid !== undefined) for (const pid of sshdsBelow(child.pid)) killIfThere(pid);
    child.stdin.end();
    await ended;
  };
  return {
    target: { name: 'real', host: '127.0.0.1', port, user, hostKey: hostKey.publicKey, privateKey: userKey.privateKey },
    kill,
    async [Symbol.asyncDispose]() {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The listener and the processes that serve its connections, the newest first. */
function sshdsBelow(shell: number): number[] {
  const parents = new Map<number, number>();
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
    try {
      const [, comm, parent] = /\((.*)\) \S (\d+)/s.exec(readFileSync(`/proc/${entry}/stat`, 'utf8')) ?? [];
      if (comm?.startsWith('sshd') === true) parents.set(Number(entry), Number(parent));
    } catch {
      // It ended meanwhile.
    }
  const below = (pid: number): number[] =>
    [...parents].filter(([, parent]) => parent === pid).flatMap(([child]) => [...below(child), child]);
  return below(shell);
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // A connection may have ended since it was found.
    if (codeOf(error) !== 'ESRCH') throw error;
  }
}

async function answers(port: number, exitCode: () => number | null, said: () => string): Promise<void> {
  for (;;) {
    if (exitCode() !== null) throw new Error(`sshd ended: ${said()}`);
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => {
        resolve(false);
      });
    });
    if (open) return;
    await sleep(10);
  }
}
