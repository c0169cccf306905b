import type { Reporter } from '../../../src/lib/progress-event.js';

/** A create of two hosts, of which one fails; with a step that belongs to no host. */
export function reportCreate(report: Reporter): void {
  report({ type: 'info', message: 'driver docker (named by --driver)' });
  report({
    type: 'plan',
    steps: [
      { id: 'manager/create', host: 'manager', title: 'create host' },
      { id: 'manager/join', host: 'manager', title: 'join the swarm' },
      { id: 'a1/create', host: 'a1', title: 'create host' },
      { id: 'a1/join', host: 'a1', title: 'join the swarm' },
      { id: 'swarm/init', title: 'init the swarm' },
    ],
  });
  report({ type: 'step-started', step: 'manager/create', host: 'manager', title: 'create host' });
  report({ type: 'step-started', step: 'a1/create', host: 'a1', title: 'create host' });
  report({ type: 'step-detail', step: 'a1/create', host: 'a1', message: 'making the container' });
  report({ type: 'warning', host: 'manager', message: 'two managers survive no loss', hints: ['use three'] });
  const done = { type: 'step-done', elapsedMs: 1200, unchanged: false } as const;
  report({ ...done, step: 'manager/create', host: 'manager', title: 'create host' });
  report({ type: 'step-started', step: 'swarm/init', title: 'init the swarm' });
  report({ ...done, step: 'swarm/init', title: 'init the swarm', unchanged: true });
  report({ type: 'step-started', step: 'manager/join', host: 'manager', title: 'join the swarm' });
  report({ ...done, step: 'manager/join', host: 'manager', title: 'join the swarm' });
  const error = { code: 'SSH_REFUSED', message: 'a1: ssh refused the key', hints: ['look'], exitCode: 1 };
  report({ type: 'step-failed', step: 'a1/create', host: 'a1', title: 'create host', elapsedMs: 61_000, error });
  report({ type: 'step-skipped', step: 'a1/join', host: 'a1', reason: 'a1/create did not succeed' });
}
