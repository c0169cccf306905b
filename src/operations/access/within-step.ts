import type { Reporter } from '../../lib/progress-event.js';
import type { StepContext } from '../../plan/step.js';
import type { OperationContext } from './context.js';
import { underSignal } from './under-signal.js';

/** The context for a change that is part of one step of another: its own steps are shown as details of that step. */
export function withinStep<C extends OperationContext>(context: C, { signal, detail }: StepContext): C {
  const report: Reporter = (event) => {
    if (event.type === 'warning' || event.type === 'info') context.report(event);
    else if (event.type === 'step-started') detail(event.title);
    else if (event.type === 'step-detail') detail(event.message);
  };
  return { ...underSignal(context, signal), report };
}
