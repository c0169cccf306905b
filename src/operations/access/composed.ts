import { inOrder } from '../../plan/in-order.js';
import type { Plan } from '../../plan/plan.js';
import { requireWhole } from '../../plan/require-done.js';
import { carryOut, type CarryOutOptions } from './carry-out.js';
import type { OperationContext } from './context.js';

/** The parts of a composition, in this order, by title: use cases that carry out their own plans. */
export type Parts = Readonly<Record<string, (dryRun: boolean) => Promise<void>>>;

/** A part that a dry run leaves out. */
export const unlessDry =
  (act: () => Promise<void>) =>
  (dryRun: boolean): Promise<void> =>
    dryRun ? Promise.resolve() : act();

/**
 * A plan of parts one after another. A part that throws ends it, and its error is that of the whole: what went wrong on
 * one host of several is for `result` to tell, or for the next part to see.
 */
export function composed<R>(parts: Parts, result: () => R | Promise<R>): Plan<R> {
  const steps = Object.entries(parts).map(([title, act]) => ({
    id: title,
    title,
    nested: true,
    timeoutMs: Number.POSITIVE_INFINITY,
    run: () => act(false).then(() => 'changed' as const),
    look: () => act(true).then(() => 'changed' as const),
  }));
  return {
    steps: inOrder(steps),
    result: (outcome) => {
      requireWhole(outcome);
      return result();
    },
  };
}

/** Carries out parts that take the locks they need themselves. Errors: those of the parts. */
export const carryOutParts = <R>(
  context: OperationContext,
  parts: Parts,
  result: () => R,
  options?: CarryOutOptions,
): Promise<R> => carryOut(context, { plan: () => composed(parts, result) }, options);
