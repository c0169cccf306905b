import { describe, expect, it } from 'vitest';
import { SwarmupError } from '../../src/lib/errors.js';
import { runPlan } from '../../src/plan/run-plan.js';
import { singleStep } from '../../src/plan/single-step.js';

const about = { id: 'x', title: 'do it', planned: 'planned' };
const run = (plan: ReturnType<typeof singleStep<string>>, signal = new AbortController().signal) =>
  runPlan(plan.steps, { signal, report: () => undefined });

describe('a plan of a single step', () => {
  it('gives what its step gave, and what was planned where it was not run', async () => {
    const plan = singleStep({ ...about, act: () => Promise.resolve('done'), change: () => 'unchanged' });
    expect(plan.result(new Map([['x', { status: 'changed', elapsedMs: 0 }]]))).toBe('planned');
    const outcome = await run(plan);
    expect(plan.result(outcome)).toBe('done');
    expect(outcome.get('x')?.status).toBe('unchanged');
  });

  it('fails with the error of its step', async () => {
    const plan = singleStep({ ...about, act: () => Promise.reject(new SwarmupError('BROKEN', 'it broke')) });
    const outcome = await run(plan);
    expect(() => plan.result(outcome)).toThrow('it broke');
  });

  it('fails with what stopped it before it began', async () => {
    const plan = singleStep({ ...about, act: () => Promise.resolve('done') });
    const outcome = await run(plan, AbortSignal.abort(new Error('Ctrl-C')));
    expect(() => plan.result(outcome)).toThrow('Ctrl-C');
  });
});
