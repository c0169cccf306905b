import { describe, expect, it } from 'vitest';
import { SwarmupError } from '../../../src/lib/errors.js';
import { carryOutParts, unlessDry } from '../../../src/operations/access/composed.js';
import { carryOut } from '../../../src/operations/access/carry-out.js';
import { insideStep } from '../../../src/operations/access/inside-step.js';
import { hostOutcomes, hostSteps } from '../../../src/operations/access/host-steps.js';
import type { OperationContext } from '../../../src/operations/access/context.js';
import type { ProgressEvent } from '../../../src/lib/progress-event.js';

function recording(): { context: OperationContext; events: Omit<ProgressEvent, 'time'>[]; stop: AbortController } {
  const stop = new AbortController();
  const events: Omit<ProgressEvent, 'time'>[] = [];
  const context = { signal: stop.signal, report: (event: Omit<ProgressEvent, 'time'>) => void events.push(event) };
  return { context: context as OperationContext, events, stop };
}

/** A use case that carries out a plan of its own. */
const touch = (context: OperationContext, name: string): Promise<readonly unknown[]> => {
  const steps = hostSteps([name], {
    ...{ title: 'touch', done: 'copied', planned: 'would-copy' },
    act: () => Promise.resolve('changed'),
  });
  const plan = { steps, result: (outcome: Parameters<typeof hostOutcomes>[1]) => hostOutcomes(steps, outcome) };
  return carryOut(context, { locks: [], lockTimeoutMs: 0, plan: () => Promise.resolve(plan) });
};
const types = (events: readonly Omit<ProgressEvent, 'time'>[]): readonly string[] => events.map(({ type }) => type);

describe('a composition', () => {
  it('does its parts in their order and shows only what they show', async () => {
    const { context, events } = recording();
    const done: string[] = [];
    const part = (name: string) => async (): Promise<void> => {
      await touch(context, name);
      done.push(name);
    };
    expect(await carryOutParts(context, { one: part('a'), two: part('b') }, () => done)).toEqual(['a', 'b']);
    const each = ['plan', 'step-started', 'step-done'];
    expect(types(events)).toEqual([...each, ...each]);
  });

  it('ends with the error of the part that throws', async () => {
    const { context } = recording();
    const parts = {
      one: () => Promise.reject(new SwarmupError('BROKEN', 'it broke')),
      two: () => expect.fail('it is not to be tried'),
    };
    await expect(carryOutParts(context, parts, () => 'done')).rejects.toMatchObject({ code: 'BROKEN' });
  });

  it('waits for the part that runs when it is stopped, and begins no other', async () => {
    const { context, stop } = recording();
    let isEnded = false;
    const parts = {
      one: async () => {
        stop.abort(new SwarmupError('INTERRUPTED', 'stopped'));
        await new Promise((resolve) => setImmediate(resolve));
        isEnded = true;
      },
      two: () => expect.fail('it is not to be tried'),
    };
    await expect(carryOutParts(context, parts, () => 'done')).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect(isEnded).toBe(true);
  });

  it('tells its parts of a dry run, but for those that have nothing to tell', async () => {
    const { context } = recording();
    const told: boolean[] = [];
    const parts = {
      one: (dryRun: boolean) => {
        told.push(dryRun);
        return Promise.resolve();
      },
      two: unlessDry(() => expect.fail('it is not to be done')),
    };
    expect(await carryOutParts(context, parts, () => told, { dryRun: true })).toEqual([true]);
  });
});

it('what a use case tells inside a step are details of it, and warnings are warnings', async () => {
  const { context, events } = recording();
  const details: string[] = [];
  const own = insideStep(context, { signal: context.signal, detail: (message) => void details.push(message) });
  await touch(own, 'a');
  own.report({ type: 'info', message: 'hello' });
  own.report({ type: 'warning', message: 'careful' });
  expect(details).toEqual(['a: touch', 'hello']);
  expect(types(events)).toEqual(['warning']);
});
