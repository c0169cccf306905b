import type { StepContext } from '../../plan/step.js';
import type { OperationContext } from './context.js';
import { underSignal } from './under-signal.js';

/**
 * The context for use cases that a step calls: it has the signal of the step, and its messages are details of the step.
 */
export function insideStep<C extends OperationContext>(context: C, { signal, detail }: StepContext): C {
  const tell = (host: string | undefined, message: string): void => {
    detail(host === undefined ? message : `${host}: ${message}`);
  };
  return {
    ...underSignal(context, signal),
    report: (event) => {
      if (event.type === 'warning') context.report(event);
      else if (event.type === 'info' || event.type === 'step-detail') tell(event.host, event.message);
      else if (event.type === 'step-started') tell(event.host, event.title);
    },
  };
}
