import { setTimeout as sleepFor } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { listNodes } from '../../../src/operations/access/node-rows.js';
import { killHosts } from '../../../src/operations/hosts/power.js';
import { openLab } from '../../support/lab.js';

describe('a look at a swarm whose managers do not answer in time', { timeout: 60_000 }, () => {
  it('ends where a manager is off and the others have no leader', async () => {
    await using lab = await openLab();
    await lab.create('m1 m2 m3', { managers: 3 });
    await killHosts(lab.process().context, ['m1']);
    for (const name of ['m2', 'm3']) lab.host(name).engine.inject({ call: 'GET /nodes', answer: 'hang' });
    await expect(listNodes(lab.process().context, 'default')).rejects.toMatchObject({
      code: 'NO_MANAGER',
      exitCode: 6,
      message: 'no leader of swarm default answers (m1 is stopped)',
      hints: expect.arrayContaining(['swarmup start m1']) as string[],
    });
  });

  it('goes on waiting where all managers are on: they are only slow', async () => {
    await using lab = await openLab();
    await lab.create('m1 m2', { managers: 2 });
    for (const name of ['m1', 'm2'])
      lab.host(name).engine.inject({ call: 'GET /nodes', times: 1, before: () => sleepFor(4_500) });
    expect((await listNodes(lab.process().context, 'default')).nodes).toHaveLength(2);
  });
});
