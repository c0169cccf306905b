import { describe, expect, it } from 'vitest';
import { baselineOf, judgeService, noBaseline, type Baseline } from '../../src/swarm/service-verdict.js';
import type { Service, ServiceSpec, Task, TaskSpec, WorkloadNode } from '../../src/swarm/workload.js';
import { node } from '../support/service-swarm.js';

const template: TaskSpec = { ContainerSpec: { Image: 'web:2' }, RestartPolicy: { Condition: 'any' } };
const nodes = [node('m1', true), node('w1'), node('w2')];

const service = (more: Partial<Service> = {}, spec: Partial<ServiceSpec> = {}): Service => ({
  ID: 's',
  Version: { Index: 1 },
  // The engine tells the runtime of a service, not of its tasks.
  Spec: {
    Name: 'web',
    TaskTemplate: { ...template, Runtime: 'container' },
    Mode: { Replicated: { Replicas: 2 } },
    ...spec,
  },
  ...more,
});

let made = 0;
const task = (slot: number, state: string, more: Partial<Task> = {}, err?: string): Task => ({
  ID: `t${(made += 1)}`,
  ServiceID: 's',
  Slot: slot,
  NodeID: `w${slot}`,
  Spec: template,
  DesiredState: ['running', 'starting', 'pending', 'preparing'].includes(state) ? 'running' : 'shutdown',
  Status: { State: state, Timestamp: `2026-11-24T10:00:${10 + made}Z`, ...(err !== undefined && { Err: err }) },
  ...more,
});
const old = { Spec: { ContainerSpec: { Image: 'web:1' } } };
const crash = (slot: number): Task =>
  task(slot, 'failed', {
    Status: { State: 'failed', Err: 'task: non-zero exit (3)', ContainerStatus: { ExitCode: 3 } },
  });

const judge = (
  of: Service,
  tasks: readonly Task[],
  before: Baseline = noBaseline,
  on: readonly WorkloadNode[] = nodes,
) => judgeService({ service: of, tasks, nodes: on }, before);

describe('a service converges', () => {
  it('when so many tasks of its spec run on nodes that are Ready', () => {
    expect(judge(service(), [task(1, 'running'), task(2, 'starting')])).toMatchObject({ state: 'working', running: 1 });
    expect(judge(service(), [task(1, 'running'), task(2, 'running')])).toMatchObject({
      state: 'converged',
      running: 2,
      settled: false,
    });
  });

  it('not by tasks on a node that is lost, though the replica column counts them', () => {
    const lost = nodes.map((n) => (n.ID === 'w2' ? { ...n, Status: { ...n.Status, State: 'down' as const } } : n));
    expect(judge(service(), [task(1, 'running'), task(2, 'running')], noBaseline, lost)).toMatchObject({
      state: 'working',
      running: 1,
      wanted: 2,
    });
  });

  it('not while tasks of the spec before still run', () => {
    const tasks = [task(1, 'running'), task(2, 'running'), task(1, 'running', old)];
    expect(judge(service(), tasks).state).toBe('working');
  });

  it('at once when nothing new has to prove itself, or swarm has watched it', () => {
    const tasks = [task(1, 'running'), task(2, 'running')];
    expect(judge(service(), tasks, baselineOf({ tasks, nodes })).settled).toBe(true);
    expect(judge(service({ UpdateStatus: { State: 'completed' } }), tasks).settled).toBe(true);
  });

  it('in global mode, with a task on each node that may have one', () => {
    const global = service({}, { Mode: { Global: {} } });
    const on = (id: string): Task => task(0, 'running', { NodeID: id });
    expect(judge(global, [on('m1'), on('w1')])).toMatchObject({ state: 'working', wanted: 3 });
    expect(judge(global, [on('m1'), on('w1'), on('w2')]).state).toBe('converged');
    const workers = { ...template, Placement: { Constraints: ['node.role==worker'] } };
    const onlyWorkers = service({}, { Mode: { Global: {} }, TaskTemplate: workers });
    expect(judge(onlyWorkers, [on('w1'), on('w2')])).toMatchObject({ state: 'converged', wanted: 2 });
  });

  it('as a job, when its tasks completed in this iteration', () => {
    const job = service(
      { JobStatus: { JobIteration: { Index: 7 } } },
      { Mode: { ReplicatedJob: { TotalCompletions: 2, MaxConcurrent: 1 } } },
    );
    const done = (index: number): Task => task(1, 'complete', { JobIteration: { Index: index } });
    expect(judge(job, [done(7), done(6)])).toMatchObject({ state: 'working', running: 1 });
    expect(judge(job, [done(7), done(7)])).toMatchObject({ state: 'converged', settled: true });
  });

  it('to nothing, when it is scaled to 0', () => {
    expect(judge(service({}, { Mode: { Replicated: { Replicas: 0 } } }), [task(1, 'shutdown')]).state).toBe(
      'converged',
    );
  });
});

describe('a service fails', () => {
  it('when its update was rolled back, unless that was asked for', () => {
    const back = service({ UpdateStatus: { State: 'rollback_completed', Message: 'rollback completed' } });
    const tasks = [task(1, 'running'), task(2, 'running')];
    expect(judge(back, tasks)).toMatchObject({ state: 'failed', reason: 'rolled-back' });
    expect(judge(back, tasks, { ...noBaseline, wantsRollback: true }).state).toBe('converged');
  });

  it('not before the tasks of the spec that it was rolled back to run, or fail as well', () => {
    const back = service({ UpdateStatus: { State: 'rollback_completed', Message: 'rollback completed' } });
    const broken = [1, 2, 3].map(() => ({ ...crash(2), Spec: old.Spec }));
    const message = expect.stringContaining('rolled back: rollback completed; 1 of 2 run') as unknown;
    const coming = [task(1, 'running'), task(2, 'starting'), ...broken];
    expect(judge(back, coming)).toMatchObject({ state: 'working', reason: 'rolled-back', running: 1, message });
    const lost = [task(1, 'running'), crash(2), crash(2), crash(2)];
    expect(judge(back, lost)).toMatchObject({ state: 'failed', reason: 'rolled-back', running: 1 });
    expect(judge(back, [task(1, 'running'), task(2, 'running'), ...broken])).toMatchObject({
      state: 'failed',
      reason: 'rolled-back',
      running: 2,
      message: 'the update failed and was rolled back: rollback completed',
    });
  });

  it('when its update is paused, and says which task failed, where and why', () => {
    const paused = service({ UpdateStatus: { State: 'paused', Message: 'update paused due to failure' } });
    expect(judge(paused, [crash(1)])).toMatchObject({
      state: 'failed',
      reason: 'update-paused',
      message: 'the update is paused: update paused due to failure',
      failures: [{ name: 'web.1', nodeId: 'w1', error: 'task: non-zero exit (3)', exitCode: 3 }],
    });
  });

  it('when a task fails three times, but not for failures of before, nor while swarm itself judges', () => {
    const crashes = [crash(1), crash(1), crash(1)];
    expect(judge(service(), crashes)).toMatchObject({ state: 'failed', reason: 'crash-loop' });
    expect(judge(service(), [crash(1), crash(2), crash(1)]).state).toBe('working');
    expect(judge(service(), crashes, baselineOf({ tasks: crashes, nodes })).state).toBe('working');
    expect(judge(service({ UpdateStatus: { State: 'updating' } }), crashes).state).toBe('working');
    const goesOn = service({ UpdateStatus: { State: 'updating' } }, { UpdateConfig: { FailureAction: 'continue' } });
    expect(judge(goesOn, crashes)).toMatchObject({ state: 'failed', reason: 'crash-loop' });
  });

  it('when a task that ended is not started again', () => {
    const spec: TaskSpec = { ...template, RestartPolicy: { Condition: 'none' } };
    const once = service({}, { TaskTemplate: spec });
    expect(judge(once, [task(1, 'failed', { Spec: spec })])).toMatchObject({
      reason: 'not-restarted',
    });
  });
});

it('tells why tasks wait', () => {
  const stuck = task(1, 'pending', { NodeID: '' }, 'no suitable node (scheduling constraints not satisfied)');
  expect(judge(service(), [stuck])).toMatchObject({
    state: 'working',
    stuck: 'no suitable node (scheduling constraints not satisfied)',
  });
});
