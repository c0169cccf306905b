import { expect, it } from 'vitest';
import { killHosts } from '../../../src/operations/hosts/power.js';
import { withoutNode } from '../../../src/operations/steps/become-node.js';
import { unlockHosts } from '../../../src/operations/steps/unlock-hosts.js';
import { openLab } from '../../support/lab.js';

it('managers that a recovery went on without are unlocked only when they are named', async () => {
  await using lab = await openLab();
  await lab.create('m1 m2 m3', { managers: 3 });
  const { context } = lab.process();
  await killHosts(context, ['m3']);
  await lab.store.update('m3', withoutNode);
  const unlock = (...names: readonly string[]) => unlockHosts(context, { swarm: 'default', names, dryRun: false });
  const { hosts } = await unlock();
  expect(hosts).toEqual(['m1', 'm2'].map((name) => ({ name, status: 'unchanged' })));
  expect((await unlock('m3')).hosts).toMatchObject([{ name: 'm3', status: 'failed' }]);
});
