/**
 * Runs `work` while timers of exactly `longMs` end after `shortMs`: a deadline of a minute can be waited for, and
 * everything else keeps its time.
 */
export async function hurry<T>(longMs: number, shortMs: number, work: () => Promise<T>): Promise<T> {
  const original = globalThis.setTimeout;
  const hurried: typeof original = (call: () => void, delayMs?: number) =>
    original(call, delayMs === longMs ? shortMs : delayMs);
  hurried.__promisify__ = original.__promisify__;
  globalThis.setTimeout = hurried;
  try {
    return await work();
  } finally {
    globalThis.setTimeout = original;
  }
}
