import type { OperationContext } from './context.js';

/**
 * The context for what has to be done after Ctrl-C, too: it has another signal, and so do connections that are asked
 * for without one, which otherwise end with the command.
 */
export function afterAbort<C extends OperationContext>(context: C, signal: AbortSignal): C {
  return {
    ...context,
    signal,
    connect: (record, options) => context.connect(record, { ...options, signal: options?.signal ?? signal }),
    enroll: (name, address, options) =>
      context.enroll(name, address, { ...options, signal: options?.signal ?? signal }),
  };
}
