import { errorJson } from '../../lib/error-json.js';
import type { OperationContext } from './context.js';
import type { HostOutcome } from './results.js';

/**
 * Does the same to several hosts at once and reports each: the failure of one never stops the others.
 * `title` is for the progress display, as in `stop`.
 */
export async function eachHost(
  context: OperationContext,
  names: readonly string[],
  title: string,
  act: (name: string, detail: (message: string) => void) => Promise<HostOutcome['status']>,
): Promise<readonly HostOutcome[]> {
  const step = (name: string): string => `${name}/${title}`;
  context.report({ type: 'plan', steps: names.map((name) => ({ id: step(name), host: name, title })) });
  return Promise.all(
    names.map(async (name): Promise<HostOutcome> => {
      const about = { step: step(name), host: name };
      const began = performance.now();
      const elapsed = (): number => Math.round(performance.now() - began);
      context.report({ type: 'step-started', ...about, title });
      try {
        context.signal.throwIfAborted();
        const status = await act(name, (message) => {
          context.report({ type: 'step-detail', ...about, message });
        });
        context.report({ type: 'step-done', ...about, title, elapsedMs: elapsed(), unchanged: status === 'unchanged' });
        return { name, status };
      } catch (error) {
        const json = errorJson(error);
        context.report({ type: 'step-failed', ...about, title, elapsedMs: elapsed(), error: json });
        return { name, status: 'failed', error: json };
      }
    }),
  );
}
