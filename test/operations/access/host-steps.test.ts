import { describe, expect, it } from 'vitest';
import { SwarmupError } from '../../../src/lib/errors.js';
import { hostOutcomes, type HostStep, hostSteps } from '../../../src/operations/access/host-steps.js';
import { requireDone } from '../../../src/plan/require-done.js';
import { runPlan } from '../../../src/plan/run-plan.js';
import type { PlanOutcome, Step, StepChange } from '../../../src/plan/step.js';

const options = { title: 'stop', done: 'stopped', planned: 'would-stop' } as const;
const run = (steps: readonly Step[], signal = new AbortController().signal): Promise<PlanOutcome> =>
  runPlan(steps, { signal, report: () => undefined });
const looks = (steps: readonly HostStep[]): readonly Step[] =>
  steps.map((step) => ({ ...step, run: step.look ?? step.run }));

it('does the same to all hosts; the failure of one stops no other', async () => {
  const steps = hostSteps(['a', 'b', 'c', 'a'], {
    ...options,
    act: async (name) => {
      if (name === 'b') throw new SwarmupError('NO_POWER', 'b has none', { host: 'b' });
      return name === 'c' ? 'unchanged' : 'changed';
    },
  });
  expect(hostOutcomes(steps, await run(steps))).toMatchObject([
    { name: 'a', status: 'stopped' },
    { name: 'b', status: 'failed', error: { code: 'NO_POWER', host: 'b' } },
    { name: 'c', status: 'unchanged' },
  ]);
});

it('a host has a word of its own where it says one', async () => {
  const steps = hostSteps(['a', 'b'], {
    ...options,
    act: async (name) => (name === 'a' ? 'upgraded' : 'changed'),
    look: async (name) => (name === 'a' ? 'would-upgrade' : 'changed'),
  });
  const words = (outcome: PlanOutcome, dryRun: boolean) =>
    hostOutcomes(steps, outcome, { dryRun }).map(({ status }) => status);
  expect(words(await run(looks(steps)), true)).toEqual(['would-upgrade', 'would-stop']);
  expect(words(await run(steps), false)).toEqual(['upgraded', 'stopped']);
});

it('those that take turns go on after a failure, in the order of their names', async () => {
  const order: string[] = [];
  const steps = hostSteps(['b', 'a', 'c'], {
    ...options,
    exclusive: () => 'managers',
    act: async (name) => {
      order.push(`${name} begins`);
      await new Promise(setImmediate);
      order.push(`${name} ends`);
      if (name === 'b') throw new Error('b is stuck');
      return 'changed';
    },
  });
  expect(hostOutcomes(steps, await run(steps)).map(({ status }) => status)).toEqual(['failed', 'stopped', 'stopped']);
  expect(order).toEqual(['b begins', 'b ends', 'a begins', 'a ends', 'c begins', 'c ends']);
});

it('a host that waited for one that failed was not tried; of a common step the failure is that of the command', async () => {
  const common: Step = {
    id: 'certificates',
    title: 'certificates',
    needs: [],
    timeoutMs: 1_000,
    run: () => Promise.reject(new SwarmupError('CA_BROKEN', 'it is damaged')),
  };
  const steps = hostSteps(['a'], { ...options, needs: () => [common.id], act: async () => 'changed' });
  const outcome = await run([common, ...steps]);
  expect(hostOutcomes(steps, outcome)).toMatchObject([
    {
      status: 'failed',
      error: { code: 'NOT_TRIED', host: 'a', message: 'a was not changed: certificates did not succeed' },
    },
  ]);
  expect(() => {
    requireDone([common], outcome);
  }).toThrow('it is damaged');
  requireDone(steps, outcome);
});

it('a host that Ctrl-C came before says so', async () => {
  const steps = hostSteps(['a'], { ...options, act: async () => 'changed' });
  const stopped = AbortSignal.abort(new SwarmupError('INTERRUPTED', 'stopped'));
  expect(hostOutcomes(steps, await run(steps, stopped))).toMatchObject([{ error: { code: 'INTERRUPTED' } }]);
  expect(hostOutcomes(steps, new Map())).toMatchObject([{ error: { code: 'NOT_TRIED' } }]);
});

const promoting = { done: 'promoted', planned: 'would-promote' } as const;
const running = { signal: new AbortController().signal, report: () => undefined };

/** Two steps a host, of which the second needs the first. */
const twoSteps = (names: readonly string[], act: (name: string, title: string) => Promise<StepChange>) => [
  ...hostSteps(names, { title: 'first', ...promoting, act: (name) => act(name, 'first') }),
  ...hostSteps(names, {
    title: 'second',
    ...promoting,
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
    const outcomes = hostOutcomes(steps, await runPlan(steps, running));
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
      ...promoting,
      needs: () => ['x'],
      act: () => Promise.resolve('changed'),
    });
    const failing = { id: 'x', title: 'x', needs: [], timeoutMs: 1_000, run: () => Promise.reject(new Error('no')) };
    const outcomes = hostOutcomes(steps, await runPlan([failing, ...steps], running));
    expect(outcomes).toMatchObject([{ name: 'a', status: 'failed', error: { code: 'NOT_TRIED' } }]);
  });
});
