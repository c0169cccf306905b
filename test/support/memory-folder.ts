import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const parent = '/dev/shm';
const neededBytes = 2 ** 30;

/**
 * Temporary folders of the tests are in memory where there is room: the store waits for the disk with each record that
 * it writes, and that is most of the time of a test that makes hosts. `TMPDIR` says otherwise.
 */
export default function useMemory(): (() => void) | undefined {
  if (process.env['TMPDIR'] !== undefined || !hasRoom()) return undefined;
  const folder = mkdtempSync(join(parent, 'swarmup-'));
  // Some tests are another user for a while.
  chmodSync(folder, 0o1777);
  process.env['TMPDIR'] = folder;
  return () => {
    delete process.env['TMPDIR'];
    rmSync(folder, { recursive: true, force: true });
  };
}

/** Containers often have 64 MB there, and may not run what lies there. */
function hasRoom(): boolean {
  try {
    const { bavail, bsize } = statfsSync(parent);
    if (bavail * bsize < neededBytes) return false;
    const probe = mkdtempSync(join(parent, 'swarmup-'));
    try {
      writeFileSync(join(probe, 'program'), '#!/bin/sh\n', { mode: 0o755 });
      execFileSync(join(probe, 'program'));
      return true;
    } finally {
      rmSync(probe, { recursive: true });
    }
  } catch {
    return false;
  }
}
