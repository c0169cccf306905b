import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** True while a process of this machine runs; a zombie, which only waits to be collected, does not. */
export function isRunning(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** Resolves as soon as none of the processes runs any more. */
export async function allEnded(pids: readonly number[]): Promise<void> {
  while (pids.some(isRunning)) await sleep(10);
}
