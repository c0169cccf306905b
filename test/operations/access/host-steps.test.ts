import { describe, expect, it } from 'vitest';
import { SwarmupError } from '../../../src/lib/errors.js';
import { runPlan } from '../../../src/plan/run-plan.js';
import type { StepChange } from '../../../src/plan/step.js';
import { hostOutcomes, hostSteps } from '../../../src/operations/access/host-steps.js';

const words = { done: 'promoted', planned: 'would-promote' } as const;
const options = { signal: new AbortController().signal, report: () => undefined };

/** Two steps a host, of which the second needs the first. */
const twoSteps = (names: readonly string[], act: (name: string, title: string) => Promise<StepChange>) => [
  ...hostSteps(names, { title: 'first', ...words, act: (name) => act(name, 'first') }),
  ...hostSteps(names, {
    title: 'second',
    ...words,
    needs: (name) => [`${name}/first`],
    act: (name) => act(name, 'second'),
  }),
];

describe('the outcome of a host with several steps', () => {
  it('is the first failure, not what was left out for it; another host is none of that', async () => {
    const steps = twoSteps(['a', 'b', 'c', 'd'], (name, title) => {
      if (name === 'a' && title === 'first') return Promise.reject(new SwarmupError('BROKEN', 'it broke'));
      if (name === 'b' && title === 'second') return Promise.reject(new SwarmupError('LATE', 'too late'));
      return Promise.resolve(name === 'c' && title === 'second' ? 'changed' : 'unchanged');
    });
    const outcomes = hostOutcomes(steps, await runPlan(steps, options));
    expect(outcomes.map(({ name, status, error }) => [name, status, error?.code])).toEqual([
      ['a', 'failed', 'BROKEN'],
      ['b', 'failed', 'LATE'],
      ['c', 'promoted', undefined],
      ['d', 'unchanged', undefined],
    ]);
  });

  it('of one whose need failed elsewhere is that it was not tried', async () => {
    const steps = hostSteps(['a'], {
      title: 'join',
      ...words,
      needs: () => ['x'],
      act: () => Promise.resolve('changed'),
    });
    const failing = { id: 'x', title: 'x', needs: [], timeoutMs: 1_000, run: () => Promise.reject(new Error('no')) };
    const outcomes = hostOutcomes(steps, await runPlan([failing, ...steps], options));
    expect(outcomes).toMatchObject([{ name: 'a', status: 'failed', error: { code: 'NOT_TRIED' } }]);
  });
});
