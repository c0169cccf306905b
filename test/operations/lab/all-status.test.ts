import { expect, it } from 'vitest';
import { allStatusText } from '../../../src/cli/render/lab-status-text.js';
import { killHosts } from '../../../src/operations/hosts/power.js';
import { allStatus } from '../../../src/operations/lab/all-status.js';
import { machineRecord } from '../../machine/machine-record.js';
import { fakeIo } from '../../support/fake-io.js';
import { openLab } from '../../support/lab.js';

const request = { timeoutMs: 5_000 };

it('shows each swarm with its hosts and nodes, also if another one does not answer', async () => {
  await using lab = await openLab();
  await lab.create('m a');
  const mark = { name: 'shop', pool: 'managers', manifest: '/home/anna/shop/swarmup.yaml' };
  const lost = { driver: 'fake', driverState: { id: 'gone' }, phase: 'ready' } as const;
  await lab.store.add(machineRecord('m.shop', { ...lost, swarm: 'shop', role: 'manager', lab: mark }));
  await lab.store.add(machineRecord('box.no-swarm', { ...lost, swarm: null, role: null }));
  const { context } = lab.process();
  const { swarms } = await allStatus(context, request);
  expect(swarms.map(({ swarm, lab: manifest, hosts }) => [swarm, manifest, hosts.map(({ name }) => name)])).toEqual([
    ['default', null, ['m', 'a']],
    ['shop', '/home/anna/shop/swarmup.yaml', ['m.shop']],
    [null, null, ['box.no-swarm']],
  ]);
  const [own, shop, box] = swarms;
  expect(own?.problems).toEqual([]);
  expect(own?.hosts.map(({ node }) => node?.state)).toEqual(['ready', 'ready']);
  expect(shop?.hosts[0]?.pool).toBe('managers');
  expect(shop?.problems).toEqual([
    expect.stringMatching(/^no manager of swarm shop/),
    'm.shop is absent',
    'm.shop: there is no such fake host',
  ]);
  expect(box?.problems).toEqual(['box.no-swarm is absent', 'box.no-swarm: there is no such fake host']);
  const text = allStatusText(fakeIo(), { swarms });
  expect(text.match(/^(swarm|no swarm|✓|✗).*/gm)).toEqual([
    'swarm default',
    '✓ all is well',
    'swarm shop, the lab of /home/anna/shop/swarmup.yaml',
    ...(shop?.problems ?? []).map((problem) => `✗ ${problem}`),
    'no swarm',
    ...(box?.problems ?? []).map((problem) => `✗ ${problem}`),
  ]);
});

it('says what is wrong with the hosts of a swarm, and that there are none', async () => {
  await using lab = await openLab();
  const { context } = lab.process();
  expect(await allStatus(context, request)).toEqual({ swarms: [] });
  expect(allStatusText(fakeIo(), { swarms: [] })).toBe(
    'There are no hosts yet: swarmup create manager agent1 makes some.\n',
  );
  await lab.create('m a');
  await killHosts(context, ['a']);
  const [own] = (await allStatus(context, request)).swarms;
  expect(own?.problems).toEqual(['a is stopped', 'the node of a is down']);
});
