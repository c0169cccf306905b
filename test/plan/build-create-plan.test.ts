import { describe, expect, it } from 'vitest';
import { buildCreatePlan, type CreateWork, type PlannedHost } from '../../src/plan/build-create-plan.js';
import { runPlan } from '../../src/plan/run-plan.js';

/** Work that writes down what ran, in the order in which it began. */
function recordingWork(log: string[]): CreateWork<PlannedHost> {
  const verb = (what: string) => (host: PlannedHost | undefined) => {
    log.push(`${host?.name ?? '-'}:${what}`);
    return Promise.resolve('changed' as const);
  };
  return {
    create: verb('create'),
    reach: verb('reach'),
    readFacts: verb('facts'),
    install: verb('install'),
    configure: verb('configure'),
    openSwarm: verb('swarm'),
    join: verb('join'),
    awaitReady: verb('ready'),
    proveReach: verb('reach'),
    installAgent: verb('agent'),
  };
}

async function run(hosts: readonly PlannedHost[], initOn: string | undefined, agent = true): Promise<string[]> {
  const log: string[] = [];
  const steps = buildCreatePlan(hosts, { initOn, agent }, recordingWork(log));
  await runPlan(steps, { signal: new AbortController().signal, report: () => undefined });
  return log;
}

const manager = (name: string): PlannedHost => ({ name, role: 'manager' });
const worker = (name: string): PlannedHost => ({ name, role: 'worker' });

describe('buildCreatePlan', () => {
  it('creates hosts independently and lets joins wait for the swarm only', async () => {
    const log = await run([manager('m'), worker('a'), worker('b')], 'm');
    for (const host of ['m', 'a', 'b'])
      expect(log.filter((entry) => entry.startsWith(`${host}:`)).slice(0, 5)).toEqual(
        ['create', 'reach', 'facts', 'install', 'configure'].map((what) => `${host}:${what}`),
      );
    for (const host of ['a', 'b']) expect(log.indexOf(`${host}:join`)).toBeGreaterThan(log.indexOf('m:swarm'));
    expect(log.filter((entry) => entry.endsWith(':join')).sort()).toEqual(['a:join', 'b:join']);
    expect(log.filter((entry) => entry.endsWith(':ready')).sort()).toEqual(['a:ready', 'b:ready', 'm:ready']);
  });

  it('joins managers one at a time and workers without such a limit', () => {
    const steps = buildCreatePlan(
      [manager('m1'), manager('m2'), manager('m3'), worker('w')],
      { initOn: 'm1', agent: true },
      recordingWork([]),
    );
    const keys = Object.fromEntries(steps.filter((s) => s.id.endsWith('/join')).map((s) => [s.id, s.exclusive]));
    expect(keys).toEqual({ 'm2/join': 'manager-join', 'm3/join': 'manager-join', 'w/join': undefined });
  });

  it('finds the swarm instead of making it when there is one, after the managers it starts itself', async () => {
    const log = await run([manager('m'), worker('a')], undefined);
    expect(log.indexOf('-:swarm')).toBeGreaterThan(log.indexOf('m:configure'));
    expect(log).toContain('m:join');
    const joining = buildCreatePlan([worker('a')], { initOn: undefined, agent: true }, recordingWork([]));
    expect(joining.find((step) => step.id === 'swarm/open')?.needs).toEqual([]);
    expect(joining.find((step) => step.id === 'swarm/open')?.after).toEqual([]);
  });

  it('looks for the swarm there is even when one of its managers cannot be made', async () => {
    const log: string[] = [];
    const work: CreateWork<PlannedHost> = {
      ...recordingWork(log),
      configure: (host) => (host.name === 'm2' ? Promise.reject(new Error('no')) : Promise.resolve('changed')),
    };
    const order = { initOn: undefined, agent: false };
    const steps = buildCreatePlan([manager('m1'), manager('m2'), worker('a')], order, work);
    const outcome = await runPlan(steps, { signal: new AbortController().signal, report: () => undefined });
    expect(log.filter((entry) => entry.endsWith(':ready')).sort()).toEqual(['a:ready', 'm1:ready']);
    expect(outcome.get('m2/join')?.status).toBe('skipped');
  });

  it('installs the agent where it is wanted, on members of the swarm, and nothing waits for it', async () => {
    const hosts = [manager('m1'), worker('w')];
    const log = await run(hosts, 'm1');
    expect(log.filter((entry) => entry.endsWith(':agent'))).toEqual(['m1:agent']);
    expect((await run(hosts, 'm1', false)).filter((entry) => entry.endsWith(':agent'))).toEqual([]);
    const steps = buildCreatePlan(hosts, { initOn: 'm1', agent: true }, recordingWork([]));
    const needs = (id: string): readonly string[] | undefined => steps.find((step) => step.id === id)?.needs;
    expect(needs('m1/agent')).toEqual(['swarm/open']);
    expect(needs('m1/agent')).toEqual(needs('m1/ready'));
    expect(steps.filter((step) => step.needs.includes('m1/agent'))).toEqual([]);
  });

  it('has no swarm steps for plain hosts', async () => {
    const log = await run([{ name: 'box', role: null }], undefined);
    expect(log).toEqual(['create', 'reach', 'facts', 'install', 'configure'].map((what) => `box:${what}`));
  });
});
