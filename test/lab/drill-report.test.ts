import { describe, expect, it } from 'vitest';
import { type DrillFacts, drillReport, type DrillSample } from '../../src/lab/drill-report.js';

const facts: DrillFacts = {
  lab: 'lab',
  drill: 'kill-leader',
  victims: ['m1'],
  startedAt: '2026-11-27T10:00:00.000Z',
  injectedAtMs: 1000,
  healedAtMs: 20_000,
  requests: null,
};
const ready = { m1: 'ready', m2: 'ready', w1: 'ready' };
const sample = (atMs: number, changes: Partial<DrillSample> = {}): DrillSample => ({
  atMs,
  answered: true,
  leader: 'm2',
  nodes: ready,
  running: 4,
  wanted: 4,
  ...changes,
});

describe('the report of a drill', () => {
  it('tells when there was a leader, when all tasks ran, and when all was well again', () => {
    const report = drillReport(facts, [
      sample(500, { leader: 'm1' }),
      sample(2000, { answered: false, leader: null, nodes: {}, running: 0 }),
      sample(5000, { running: 2 }),
      sample(9000, { nodes: { ...ready, m1: 'down' }, running: 3 }),
      sample(12_000, { nodes: { ...ready, m1: 'down' } }),
      sample(21_000, { nodes: { ...ready, m1: 'down' } }),
      sample(24_000),
      sample(25_000),
    ]);
    expect(report).toMatchObject({
      leaderBefore: 'm1',
      leaderAfter: 'm2',
      newLeaderMs: 4000,
      allTasksMs: 11_000,
      recoveredMs: 4000,
    });
    expect(report.timeline.map(({ atMs, what }) => `${atMs} ${what}`)).toEqual([
      '1000 kill-leader hits m1',
      '2000 no manager answers',
      '5000 managers answer again',
      '5000 m2 leads',
      '5000 2 of 4 tasks run',
      '9000 m1 is down',
      '9000 3 of 4 tasks run',
      '12000 4 of 4 tasks run',
      '20000 the fault ends',
      '24000 m1 is ready',
    ]);
  });

  it('tells what became of nodes while nobody answered', () => {
    const silent = sample(2000, { answered: false, leader: null, nodes: {}, running: 0 });
    const { timeline } = drillReport({ ...facts, victims: ['w1'] }, [
      sample(500),
      silent,
      { ...silent, atMs: 3000 },
      sample(9000, { nodes: { ...ready, w1: 'down' } }),
    ]);
    expect(timeline.map(({ what }) => what)).toEqual([
      'kill-leader hits w1',
      'no manager answers',
      'managers answer again',
      'w1 is down',
      'the fault ends',
    ]);
  });

  it('says that it did not recover', () => {
    const report = drillReport(facts, [sample(500, { leader: 'm1' }), sample(30_000, { running: 3 })]);
    expect(report).toMatchObject({ allTasksMs: null, recoveredMs: null });
  });

  it('counts a victim as leader once it was healed: when all were hit there is no other', () => {
    const report = drillReport({ ...facts, drill: 'reboot-all', victims: ['m1', 'm2', 'w1'] }, [
      sample(500, { leader: 'm1' }),
      sample(1500, { leader: 'm1' }),
      sample(21_000, { leader: 'm2' }),
    ]);
    expect(report).toMatchObject({ newLeaderMs: 20_000, leaderAfter: 'm2' });
  });

  it('has no time of a new leader where none was lost', () => {
    expect(drillReport({ ...facts, victims: ['w1'] }, [sample(500), sample(2000)]).newLeaderMs).toBeNull();
  });
});
