import { describe, expect, it } from 'vitest';
import type { ProgressEvent } from '../../../src/lib/progress-event.js';
import { startHosts } from '../../../src/operations/hosts/power.js';
import { type Lab, type LabProcess, openLab } from '../../support/lab.js';

/** Hosts that lose their power a moment after they were found not to let anybody in. */
function dieWhileWaitedFor(lab: Lab, made: LabProcess, name: string): void {
  lab.onBoot = () => ({ refuseAuth: true });
  made.onEvent = (event) => {
    if (!isWaiting(event)) return;
    for (const host of lab.world.hosts.values()) if (host.identity.name === name) host.power = 'stopped';
  };
}

const isWaiting = (event: ProgressEvent): boolean =>
  event.type === 'step-detail' && event.message.startsWith('no answer yet: ');

const logOf = { source: 'docker logs p', text: 'Failed to create inotify object: Too many open files\n' };

describe('a wait for a host', () => {
  it('ends when its driver says that the host is off, with its last words', { timeout: 20_000 }, async () => {
    await using lab = await openLab();
    lab.world.lastWords = { ...logOf, ended: 'its first process ended with exit code 255', hints: ['raise the limit'] };
    const made = lab.process();
    dieWhileWaitedFor(lab, made, 'p');
    const began = performance.now();
    const { hosts } = await made.create('p', { swarm: null });
    expect(performance.now() - began).toBeLessThan(8000);
    expect(hosts).toMatchObject([
      {
        name: 'p',
        status: 'failed',
        error: {
          code: 'HOST_NOT_RUNNING',
          message: 'p is off: its first process ended with exit code 255',
          hints: [
            'raise the limit',
            'its log (docker logs p) ends with:',
            '  Failed to create inotify object: Too many open files',
            'swarmup create --no-swarm p resumes its creation',
          ],
        },
      },
    ]);
  });

  it('ends in start as in create', { timeout: 20_000 }, async () => {
    await using lab = await openLab();
    await lab.create('p', { swarm: null });
    for (const host of lab.world.hosts.values()) host.power = 'stopped';
    await lab.host('p').ssh?.close();
    lab.world.lastWords = { ...logOf, ended: 'it fell over' };
    const made = lab.process();
    dieWhileWaitedFor(lab, made, 'p');
    expect((await startHosts(made.context, ['p'])).hosts).toMatchObject([
      { name: 'p', status: 'failed', error: { code: 'HOST_NOT_RUNNING', message: 'p is off: it fell over' } },
    ]);
    expect(made.events.filter(isWaiting)).toHaveLength(1);
  });

  it('ends when a finished host that has long booted refuses', { timeout: 20_000 }, async () => {
    await using lab = await openLab();
    await lab.create('p', { swarm: null });
    await lab.host('p').ssh?.close();
    lab.world.lastWords = { ...logOf, runsSince: new Date(Date.now() - 5 * 60_000).toISOString() };
    const { hosts } = await startHosts(lab.process().context, ['p']);
    const { error } = hosts[0] ?? {};
    expect(error).toMatchObject({ code: 'SSH_UNREACHABLE' });
    expect(error?.message).toMatch(/ECONNREFUSED|refused/);
    expect(error?.message).toContain('although p has run for 5 min');
    expect(error?.hints).toContain('  Failed to create inotify object: Too many open files');
  });
});
