import type { Runner } from '../ssh/runner.js';
import { runScript } from './remote-script.js';

/** Cloud images that upgrade all packages on their first boot take minutes. */
const timeoutMs = 600_000;

/**
 * Waits until cloud-init has finished for this boot: until then it may hold the package lock, change the package
 * sources or install Docker itself. `detail` reports if it ended with errors, which is not an error here. Errors:
 * TIMEOUT (10 min).
 */
export async function waitForCloudInit(
  runner: Runner,
  options: { readonly signal?: AbortSignal | undefined; readonly detail: (message: string) => void },
): Promise<void> {
  options.detail('waiting for cloud-init to finish');
  const script = { title: 'wait for cloud-init', body: 'cloud-init status --wait >/dev/null' };
  const { exitCode } = await runScript(runner, script, { signal: options.signal, timeoutMs, check: false });
  // 2: done, with errors it recovered from (since cloud-init 23.4)
  if (exitCode === 1) options.detail('cloud-init ended with an error; swarmup continues anyway');
}
