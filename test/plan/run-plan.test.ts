import { describe, expect, it } from 'vitest';
import { SwarmupError } from '../../src/lib/errors.js';
import type { ProgressEvent } from '../../src/lib/progress-event.js';
import { runPlan } from '../../src/plan/run-plan.js';
import type { Step } from '../../src/plan/step.js';

type Event = { readonly type: ProgressEvent['type'] } & Readonly<Record<string, unknown>>;

function recorder(): { events: Event[]; report: (event: Event) => void } {
  const events: Event[] = [];
  return { events, report: (event) => void events.push(event) };
}

const step = (id: string, needs: readonly string[], run: Step['run'], more: Partial<Step> = {}): Step => ({
  id,
  title: id,
  needs,
  timeoutMs: 5_000,
  run,
  ...more,
});
const noop: Step['run'] = () => Promise.resolve('changed');
const waitForAbort: Step['run'] = ({ signal }) =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(new Error('stopped'));
    });
  });
const never = new AbortController().signal;
const context = { signal: never, detail: () => undefined };

/** A promise and the function that resolves it. */
function gate(): { open: () => void; opened: Promise<void> } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { open, opened };
}

describe('runPlan', () => {
  it('runs independent steps at once and dependent ones after what they need', async () => {
    const order: string[] = [];
    const both = gate();
    let waiting = 0;
    const meet = async (id: string): Promise<'changed'> => {
      order.push(id);
      if ((waiting += 1) === 2) both.open();
      await both.opened; // hangs unless a and b run at the same time
      return 'changed';
    };
    const outcome = await runPlan(
      [
        step('c', ['a', 'b'], () => {
          order.push('c');
          return Promise.resolve('unchanged');
        }),
        step('a', [], () => meet('a')),
        step('b', [], () => meet('b')),
      ],
      { signal: never, report: recorder().report },
    );
    expect(order.at(-1)).toBe('c');
    expect([...outcome.values()].map((result) => result.status).sort()).toEqual(['changed', 'changed', 'unchanged']);
  });

  it('runs what comes after a step when that has ended, also when it failed', async () => {
    const order: string[] = [];
    const slow = gate();
    const outcome = await runPlan(
      [
        step('count', ['lead'], () => (order.push('count'), noop(context)), { after: ['b', 'a'] }),
        step('a', ['lead'], async () => (await slow.opened, order.push('a'), Promise.reject(new Error('no')))),
        step('b', ['a'], noop),
        step('lead', [], () => (setImmediate(slow.open), noop(context))),
        step('last', ['count', 'b'], noop),
      ],
      { signal: never, report: recorder().report },
    );
    expect(order).toEqual(['a', 'count']);
    const statuses = Object.fromEntries([...outcome].map(([id, result]) => [id, result.status]));
    expect(statuses).toEqual({ lead: 'changed', a: 'failed', b: 'skipped', count: 'changed', last: 'skipped' });
    expect(outcome.get('last')).toMatchObject({ reason: 'b did not succeed' });
  });

  it('skips only what depends on a failed step and reports the failure once', async () => {
    const { events, report } = recorder();
    const outcome = await runPlan(
      [
        step('a/1', [], () => Promise.reject(new SwarmupError('BROKEN', 'it broke')), { host: 'a' }),
        step('a/2', ['a/1'], noop, { host: 'a' }),
        step('a/3', ['a/2'], noop, { host: 'a' }),
        step('b/1', [], noop, { host: 'b' }),
      ],
      { signal: never, report },
    );
    const statuses = Object.fromEntries([...outcome].map(([id, result]) => [id, result.status]));
    expect(statuses).toEqual({ 'a/1': 'failed', 'a/2': 'skipped', 'a/3': 'skipped', 'b/1': 'changed' });
    const failures = events.filter((event) => event.type === 'step-failed');
    expect(failures).toHaveLength(1);
    expect(failures[0]).toMatchObject({ host: 'a', error: { code: 'BROKEN', message: 'it broke' } });
  });

  it('never runs steps of one exclusive key at the same time', async () => {
    let running = 0;
    let most = 0;
    const exclusive: Step['run'] = async () => {
      most = Math.max(most, (running += 1));
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return 'changed';
    };
    const steps = ['x', 'y', 'z'].map((id) => step(id, [], exclusive, { exclusive: 'manager-join' }));
    await runPlan(steps, { signal: never, report: recorder().report });
    expect(most).toBe(1);
  });

  it('gives the next its turn when a step of the same key fails', async () => {
    const steps = [
      step('x', [], () => Promise.reject(new Error('no')), { exclusive: 'k' }),
      step('y', [], noop, { exclusive: 'k' }),
    ];
    const outcome = await runPlan(steps, { signal: never, report: recorder().report });
    expect(outcome.get('y')?.status).toBe('changed');
  });

  it('on abort begins nothing new and waits until running steps reached their safe point', async () => {
    const controller = new AbortController();
    const saved: string[] = [];
    const slow: Step['run'] = async ({ signal }) => {
      await new Promise((resolve) => {
        signal.addEventListener('abort', resolve, { once: true });
        controller.abort(new Error('Ctrl-C'));
      });
      await new Promise((resolve) => setImmediate(resolve));
      saved.push('saved');
      throw signal.reason;
    };
    const outcome = await runPlan([step('a', [], slow), step('b', ['a'], noop)], {
      signal: controller.signal,
      report: recorder().report,
    });
    expect(saved).toEqual(['saved']);
    expect(outcome.get('a')?.status).toBe('failed');
    expect(outcome.get('b')?.status).toBe('skipped');
  });

  it('says what a step that ran out of time was for', async () => {
    const outcome = await runPlan(
      [step('h/x', [], waitForAbort, { host: 'h', title: 'wait for ssh', timeoutMs: 20 })],
      { signal: never, report: recorder().report },
    );
    const result = outcome.get('h/x');
    expect(result?.status === 'failed' && result.error).toMatchObject({
      code: 'TIMEOUT',
      message: 'waited 0 s for "wait for ssh" on h',
    });
  });

  it.each([
    ['unknown needs', [step('a', ['nowhere'], noop)], /needs nowhere/],
    ['circular needs', [step('a', ['b'], noop), step('b', ['a'], noop)], /need each other: a, b/],
    ['equal ids', [step('a', [], noop), step('a', [], noop)], /same id/],
  ])('refuses %s before anything runs', async (_, steps, message) => {
    const { events, report } = recorder();
    await expect(runPlan(steps, { signal: never, report })).rejects.toThrow(message);
    expect(events).toEqual([]);
  });
});
