import { describe, expect, it } from 'vitest';
import type { ProgressEvent } from '../../../src/lib/progress-event.js';
import { type Lab, openLab } from '../../support/lab.js';

/** What the engine of a manager says that gave up: the managers had let it in and do not reach it. */
const gaveUp = { status: 500, message: 'rpc error: code = DeadlineExceeded desc = context deadline exceeded' };

/** The join of the host fails once, when it already counts as a manager. */
function failsHalfWay(lab: Lab, name: string): void {
  let isFirst = true;
  const before = (): void => {
    const cluster = lab.clusterOf('m1');
    // Ready to its worker's half, as it had reported by then; the other half never came.
    cluster.add({ role: 'manager', hostname: name, address: '192.0.2.77', isAlive: () => false });
  };
  lab.onBoot = (booting) => {
    if (booting !== name || !isFirst) return {};
    isFirst = false;
    return { faults: [{ call: 'POST /swarm/join', times: 1, before, answer: gaveUp }] };
  };
}

const promoted = (events: readonly ProgressEvent[]): readonly string[] =>
  events.flatMap((event) =>
    event.type === 'step-detail' && event.message === 'promote the node' ? [event.host ?? ''] : [],
  );
const rolesOf = (lab: Lab): readonly string[] =>
  lab
    .clusterOf('m1')
    .nodes.map(({ Spec, Description }) => `${Description.Hostname ?? ''} ${Spec.Role}`)
    .sort();

describe('a manager that joins', () => {
  it('is a worker first where the swarm would not survive half a join', async () => {
    await using lab = await openLab();
    await lab.create('m1');
    const { create, events } = lab.process();
    await create('m2', { managers: 1 });
    await create('m3', { managers: 1 });
    // Two managers and one that is never there still are a majority.
    expect(promoted(events)).toEqual(['m2']);
    expect(rolesOf(lab)).toEqual(['m1 manager', 'm2 manager', 'm3 manager']);
    expect((await lab.store.require('m2')).role).toBe('manager');
  });

  it('is one at once in a swarm that is made by the same run', async () => {
    await using lab = await openLab();
    const { create, events } = lab.process();
    await create('m1 m2 m3', { managers: 3 });
    expect(promoted(events)).toEqual([]);
    expect(rolesOf(lab)).toEqual(['m1 manager', 'm2 manager', 'm3 manager']);
  });

  it('is promoted by the next run where this one was stopped half-way', async () => {
    await using lab = await openLab();
    await lab.create('m1');
    const first = lab.process();
    first.onEvent = (event) => {
      if (event.type === 'step-detail' && event.message === 'promote the node') first.interrupt();
    };
    await expect(first.create('m2', { managers: 1 })).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect((await lab.store.require('m2')).nodeId).toBeNull();
    const { hosts } = await lab.create('m2', { managers: 1 });
    expect(hosts).toMatchObject([{ name: 'm2', role: 'manager', status: 'resumed' }]);
    expect(rolesOf(lab)).toEqual(['m1 manager', 'm2 manager']);
  });

  it('leaves nothing behind that counts when its join fails, and joins the next time', async () => {
    await using lab = await openLab();
    await lab.create('m1 m2', { managers: 2 });
    failsHalfWay(lab, 'm3');
    const failed = await lab.create('m3', { managers: 1 });
    expect(failed.hosts).toMatchObject([{ name: 'm3', status: 'failed', error: { code: 'ENGINE_500' } }]);
    expect(rolesOf(lab)).toEqual(['m1 manager', 'm2 manager']);
    await lab.create('m3', { managers: 1 });
    expect(rolesOf(lab)).toEqual(['m1 manager', 'm2 manager', 'm3 manager']);
  });

  it('that cost a swarm just made its quorum is told, with the way out', async () => {
    await using lab = await openLab();
    failsHalfWay(lab, 'm2');
    const { hosts } = await lab.create('m1 m2', { managers: 2 });
    expect(hosts.find(({ name }) => name === 'm2')?.error).toMatchObject({
      code: 'JOIN_HALF_DONE',
      host: 'm2',
      hints: expect.arrayContaining(['if not: swarmup swarm recover --swarm default']) as unknown,
    });
  });
});
