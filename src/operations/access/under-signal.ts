import type { OperationContext } from './context.js';

/**
 * The context with another signal: that of a step, or a fresh signal for work that must be done even after Ctrl-C.
 * Connections that are opened without a signal also end with this signal.
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
