import type { OperationContext } from './context.js';

/**
 * The context under another signal: that of a step, or a fresh one for what has to be done after Ctrl-C, too.
 * Connections that are asked for without a signal end with it as well.
 */
export function underSignal<C extends OperationContext>(context: C, signal: AbortSignal): C {
  return {
    ...context,
    signal,
    connect: (record, options) => context.connect(record, { ...options, signal: options?.signal ?? signal }),
    enroll: (name, address, options) =>
      context.enroll(name, address, { ...options, signal: options?.signal ?? signal }),
  };
}
