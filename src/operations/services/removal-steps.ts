import type { Step } from '../../plan/step.js';

/** Something in a swarm that is to go. */
export interface Removal {
  /** As in `service web`. */
  readonly what: string;
  readonly remove: (signal: AbortSignal) => Promise<unknown>;
}

export const removalSteps = (removals: readonly Removal[]): readonly Step[] =>
  removals.map(({ what, remove }) => ({
    ...{ id: `${what}/remove`, title: `remove ${what}`, needs: [], timeoutMs: 5 * 60_000 },
    run: async ({ signal }) => {
      await remove(signal);
      return 'changed';
    },
  }));
