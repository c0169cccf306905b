import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sleep, tryCreate, userHome } from './home.js';

const lingersMs = 5000;
const startMs = 1000;

/**
 * VBoxSVC as calls notice it: it comes up with the first one and ends 5 s after the last. Of calls that meet while it
 * comes up the others wait for 10 s; measured of the real tool. `VBOX_DOUBLE_SERVICE=comes-and-goes` asks for it; how
 * often it happened is in the file `stalls`. The result is called at the end.
 */
export function joinService(): () => void {
  if (process.env['VBOX_DOUBLE_SERVICE'] !== 'comes-and-goes') return () => undefined;
  const folder = join(userHome(), 'service');
  mkdirSync(folder, { recursive: true });
  const [up, starting] = [join(folder, 'up'), join(folder, 'starting')];
  const since = existsSync(up) ? Date.now() - statSync(up).mtimeMs : Number.POSITIVE_INFINITY;
  if (since > lingersMs) {
    if (tryCreate(starting)) {
      sleep(startMs);
      writeFileSync(up, '');
      rmSync(starting, { force: true });
    } else {
      appendFileSync(join(userHome(), 'stalls'), `${process.argv.slice(2).join(' ')}\n`);
      sleep(10_000);
    }
  }
  return () => {
    writeFileSync(up, '');
  };
}

/** Calls that stalled so far. */
export function stalledCalls(home: string): readonly string[] {
  const file = join(home, 'stalls');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
}
