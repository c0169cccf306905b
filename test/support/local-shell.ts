import { spawnSync } from 'node:child_process';

/** The POSIX shells of this machine, as argv: scripts for hosts have to work in each of them. */
export const localShells: readonly (readonly string[])[] = [
  ['sh'],
  ['dash'],
  ['bash', '--posix'],
  ['busybox', 'sh'],
].filter(([file = '']) => spawnSync(file, file === 'busybox' ? ['true'] : ['-c', 'true']).status === 0);

/** Runs a script given on stdin, as hosts do. */
export function runLocally(
  shell: readonly string[],
  script: string,
  env: Readonly<Record<string, string>> = {},
): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  const [file = 'sh', ...args] = shell;
  return spawnSync(file, [...args, '-s'], {
    input: script,
    encoding: 'utf8',
    env: { ...process.env, ...env },
    timeout: 20_000,
  });
}
