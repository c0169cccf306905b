import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SwarmupError } from '../../../src/lib/errors.js';
import { carryOut, type CarryOutOptions, swarmLock } from '../../../src/operations/access/carry-out.js';
import type { OperationContext } from '../../../src/operations/access/context.js';
import type { Plan } from '../../../src/plan/plan.js';
import type { PlanOutcome, Step } from '../../../src/plan/step.js';
import { operationContext } from '../../support/operation-context.js';
import { ServiceSwarm } from '../../support/service-swarm.js';

let folder: string;
let context: OperationContext;
let stop: AbortController;
/** What happened, in order. */
let log: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'carry-out-'));
  stop = new AbortController();
  context = operationContext(folder, [], { signal: stop.signal });
  log = [];
});
afterEach(() => rm(folder, { recursive: true }));

const step = (id: string, more: Partial<Step> = {}): Step => ({
  id,
  title: id,
  needs: [],
  timeoutMs: 5_000,
  run: async () => {
    log.push(`run ${id}`);
    return 'changed';
  },
  ...more,
});
const failing = (id: string): Step => step(id, { run: () => Promise.reject(new SwarmupError('NO_ROOM', 'no room')) });

/** Fails as a step that Ctrl-C reaches while it works. */
const interruptedStep = step('a', {
  run: async ({ signal }) => {
    stop.abort(new SwarmupError('INTERRUPTED', 'stopped'));
    signal.throwIfAborted();
    return 'changed';
  },
});

const note = (text: string) => async (): Promise<void> => {
  log.push(text);
};
const statuses = (outcome: PlanOutcome): Readonly<Record<string, string>> =>
  Object.fromEntries([...outcome].map(([id, { status }]) => [id, status]));

type Result = ReturnType<typeof statuses>;

const run = (steps: readonly Step[], more: Partial<Plan<Result>> = {}, options?: CarryOutOptions): Promise<Result> =>
  carryOut(
    context,
    { locks: swarmLock('s'), lockTimeoutMs: 5_000, plan: async () => ({ steps, result: statuses, ...more }) },
    options,
  );

/** Whether somebody else could change the swarm now. */
async function isLocked(): Promise<boolean> {
  const waiting = { signal: AbortSignal.timeout(5_000), timeoutMs: 0 };
  return context.store
    .withLock('swarm-s', waiting, async () => false)
    .catch((error: unknown) => {
      if ((error as SwarmupError).code === 'LOCKED') return true;
      throw error;
    });
}

describe('a dry run', () => {
  const dryRun = { dryRun: true };

  it('takes no lock, asks nobody, runs no step, and leaves no trace', async () => {
    const asked = { approve: note('approve'), finish: note('finish'), rollBack: note('rollBack') };
    const plan = { ...asked, next: () => Promise.reject(new Error('there is no next')) };
    expect(await run([step('a'), step('b', { needs: ['a'] })], plan, dryRun)).toEqual({ a: 'changed', b: 'changed' });
    expect(log).toEqual([]);
    expect(await readdir(folder)).toEqual([]);
  });

  it('goes on while somebody else has the lock', async () => {
    await context.store.withLock('swarm-s', { signal: stop.signal }, async () => {
      expect(await run([step('a')], {}, dryRun)).toEqual({ a: 'changed' });
    });
  });

  it('asks each step that can look, and skips what needs one that could not be done', async () => {
    const steps = [
      step('same', { look: () => Promise.resolve('unchanged') }),
      step('blind'),
      step('bad', { look: () => Promise.reject(new Error('it is off')) }),
      step('after', { needs: ['bad'], look: () => Promise.resolve('changed') }),
    ];
    const found = { same: 'unchanged', blind: 'changed', bad: 'failed', after: 'skipped' };
    expect(await run(steps, { rollBack: note('rollBack') }, dryRun)).toEqual(found);
    expect(log).toEqual([]);
  });
});

describe('locks', () => {
  it('are held from planning to the end, and released after', async () => {
    const seen: boolean[] = [];
    const look = async (): Promise<void> => void seen.push(await isLocked());
    const looking = step('a', { run: async () => (await look(), 'changed') });
    await carryOut(context, {
      locks: swarmLock('s'),
      lockTimeoutMs: 5_000,
      plan: async () => {
        await look();
        return { steps: [looking], approve: look, finish: look, result: look };
      },
    });
    expect(seen).toEqual(Array(5).fill(true));
    expect(await isLocked()).toBe(false);
  });

  it('are released when planning fails', async () => {
    const plan = () => Promise.reject(new SwarmupError('QUORUM_AT_RISK', 'no'));
    await expect(carryOut(context, { locks: swarmLock('s'), lockTimeoutMs: 0, plan })).rejects.toThrow('no');
    expect(await isLocked()).toBe(false);
  });

  it('that somebody else holds are waited for, as long as it was said', async () => {
    const plan = async (): Promise<Plan<void>> => ({ steps: [step('a')], result: () => undefined });
    await context.store.withLock('swarm-s', { signal: stop.signal }, () =>
      expect(carryOut(context, { locks: swarmLock('s'), lockTimeoutMs: 0, plan })).rejects.toMatchObject({
        code: 'LOCKED',
        exitCode: 5,
      }),
    );
    expect(log).toEqual([]);
  });

  it('of the caller are not taken again', async () => {
    await context.store.withLock('swarm-s', { signal: stop.signal }, () => run([step('a')], {}, { locked: true }));
    expect(log).toEqual(['run a']);
  });
});

describe('what is around the steps', () => {
  it('is asked before the first one; a no changes nothing', async () => {
    const no = new SwarmupError('CANCELLED', 'nothing was changed');
    const approve = () => Promise.reject(no);
    await expect(run([step('a')], { approve, rollBack: note('rollBack'), finish: note('finish') })).rejects.toBe(no);
    expect(log).toEqual([]);
    await run([step('a')], { approve: note('approve'), rollBack: note('rollBack'), finish: note('finish') });
    expect(log).toEqual(['approve', 'run a', 'finish']);
  });

  it('takes back what the others made when one fails, which throws nothing', async () => {
    const rollBack = async (outcome: PlanOutcome): Promise<void> => void log.push(JSON.stringify(statuses(outcome)));
    const steps = [step('a'), failing('b'), step('c', { needs: ['b'] })];
    const outcome = { a: 'changed', b: 'failed', c: 'skipped' };
    expect(await run(steps, { rollBack, finish: note('finish') })).toEqual(outcome);
    expect(log).toEqual(['run a', JSON.stringify(outcome), 'finish']);
  });

  it('takes it back after Ctrl-C, too, and tells how to go on', async () => {
    const interrupted = (reason: unknown): SwarmupError =>
      new SwarmupError('INTERRUPTED', (reason as Error).message, {
        hints: ['create continues where this run stopped'],
      });
    const around = { rollBack: note('rollBack'), finish: note('finish'), interrupted };
    await expect(run([interruptedStep, step('b', { needs: ['a'] })], around)).rejects.toMatchObject({
      message: 'stopped',
      hints: ['create continues where this run stopped'],
    });
    expect(log).toEqual(['rollBack', 'finish']);
    expect(await isLocked()).toBe(false);
  });

  it('has a result of a stopped run where nothing tells it better', async () => {
    expect(await run([interruptedStep, step('b', { needs: ['a'] })])).toEqual({ a: 'failed', b: 'skipped' });
  });

  it('comes to an end when the rollback fails', async () => {
    const rollBack = () => Promise.reject(new Error('it stays'));
    await expect(run([failing('a')], { rollBack, finish: note('finish') })).rejects.toThrow('it stays');
    expect(log).toEqual(['finish']);
    expect(await isLocked()).toBe(false);
  });
});

describe('what can be planned only later', () => {
  const later = async (): Promise<Plan<Result>> => {
    log.push('plan');
    return { steps: [step('b')], finish: note('finish b'), result: statuses };
  };

  it('goes on when all is done, under the same lock, and has the result', async () => {
    const seen: boolean[] = [];
    const next = async (): Promise<Plan<Result>> => (seen.push(await isLocked()), later());
    expect(await run([step('a')], { next, finish: note('finish a') })).toEqual({ b: 'changed' });
    expect(log).toEqual(['run a', 'plan', 'run b', 'finish b', 'finish a']);
    expect(seen).toEqual([true]);
  });

  it('does not begin after a failure', async () => {
    expect(await run([failing('a')], { next: later })).toEqual({ a: 'failed' });
    expect(log).toEqual([]);
  });
});

describe('the guardian', () => {
  const demoting = { swarm: 'default', change: { type: 'demote', nodes: ['m1'] } } as const;

  it.each([false, true])('is asked what the plan says before anybody else (dry run: %s)', async (dryRun) => {
    await using swarm = await ServiceSwarm.start(['m1']);
    const plan = () => ({ steps: [step('a')], guard: [demoting], approve: note('approve'), result: statuses });
    await expect(carryOut(swarm.context, { swarm: 'default', plan }, { dryRun })).rejects.toMatchObject({
      code: 'LAST_MANAGER',
    });
    expect(log).toEqual([]);
  });

  it('lets no plan be made for a swarm that takes no changes', async () => {
    await using swarm = await ServiceSwarm.start(['m1', 'm2', 'm3']);
    const lost = { Reachability: 'unreachable', Addr: '10.0.0.1:2377' } as const;
    swarm.nodes = swarm.nodes.map((found) => (found.ID === 'm1' ? found : { ...found, ManagerStatus: lost }));
    const plan = async () => {
      log.push('plan');
      return { steps: [], result: statuses };
    };
    await expect(carryOut(swarm.context, { swarm: 'default', plan })).rejects.toMatchObject({ code: 'QUORUM_LOST' });
    expect(log).toEqual([]);
  });

  it('has seen the swarm for the plan, and a refusal that is survivable can be forced', async () => {
    await using swarm = await ServiceSwarm.start(['m1', 'm2']);
    const guard = [{ swarm: 'default', change: { type: 'stop', nodes: ['m2'] }, force: true } as const];
    const done = await carryOut(swarm.context, {
      swarm: 'default',
      plan: ({ nodes }) => ({ steps: [step(nodes.map(({ ID }) => ID).join(' '))], guard, result: statuses }),
    });
    expect(done).toEqual({ 'm1 m2': 'changed' });
    expect(swarm.reports).toContainEqual(expect.objectContaining({ type: 'warning' }));
  });
});
