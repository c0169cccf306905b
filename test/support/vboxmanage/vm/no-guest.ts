import type { Backend } from './backend.js';
import { tcpForwards } from './forwards.js';

/** Nothing runs: the machine is just "running". Its forwards listen, and nobody answers behind them. */
export function noGuest(): Backend {
  const forwards = tcpForwards(() => undefined);
  const nothing = (): Promise<void> => Promise.resolve();
  let shutDown: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (shutDown = resolve));
  return {
    start: nothing,
    forward: (_nic, forward) => forwards.open(forward),
    unforward: (_nic, forward) => forwards.close(forward),
    pause: nothing,
    resume: nothing,
    reset: nothing,
    async powerButton() {
      if (process.env['VBOX_DOUBLE_ACPI'] !== 'ignored') shutDown();
    },
    powerOff: nothing,
    saveState: nothing,
    snapshot: nothing,
    ended,
  };
}
