import type { Step } from './step.js';

/** Steps one after another: the first that fails ends it. */
export const inOrder = <S extends Omit<Step, 'needs'>>(steps: readonly S[]): readonly (S & Pick<Step, 'needs'>)[] =>
  steps.map((step, i) => ({ ...step, needs: steps.slice(Math.max(0, i - 1), i).map(({ id }) => id) }));
