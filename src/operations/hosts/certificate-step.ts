import type { Step } from '../../plan/step.js';
import type { OperationContext } from '../access/context.js';

/** A step in the folder of the store's certificates, which no other command changes in the meantime. */
export function certificateStep(
  context: OperationContext,
  title: string,
  work: (folder: string) => Promise<void>,
): Step {
  return {
    id: `certificates/${title}`,
    title,
    needs: [],
    timeoutMs: 5 * 60_000,
    run: async ({ signal }) => {
      const folder = await context.store.folder('certs');
      await context.store.withLock('certs', { signal }, () => work(folder));
      return 'changed';
    },
  };
}
