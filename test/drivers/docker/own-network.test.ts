import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { belongingLabels, belongsTo, containerName, networkName } from '../../../src/drivers/docker/own-network.js';

const idOf = (text: string) => createHash('sha256').update(text).digest('hex');

const of = (swarm: string, owner: string, peers: readonly unknown[] = []) => ({
  belongsTo: { swarm, id: idOf(`${swarm} of ${owner}`), owner },
  peers: () => Promise.resolve(peers),
});

describe('the network of a swarm', () => {
  const none = { network: undefined };

  it('is named after the swarm and its owner: others have others', async () => {
    const names = await Promise.all([
      networkName(none, of('lab', 'anna@laptop/3f9a21')),
      networkName(none, of('lab', 'anna@laptop/3f9a21')),
      networkName(none, of('lab', 'ben@laptop/77ab01')),
      networkName(none, of('prod', 'anna@laptop/3f9a21')),
    ]);
    expect(names[0]).toMatch(/^swarmup-lab-[0-9a-f]{6}$/);
    expect(names[1]).toBe(names[0]);
    expect(new Set(names).size).toBe(3);
    expect(await networkName(none, of('no-swarm', 'anna@laptop/3f9a21'))).toMatch(/^swarmup-[0-9a-f]{6}$/);
  });

  it('is that of the hosts that are there, also where the store was moved or is of an older swarmup', async () => {
    const peers = [{ engine: 'unix:///x' }, { network: 'swarmup' }];
    expect(await networkName(none, of('default', 'anna@elsewhere/000000', peers))).toBe('swarmup');
  });

  it('is the one that the user names', async () => {
    expect(await networkName({ network: 'mine' }, of('lab', 'a', [{ network: 'other' }]))).toBe('mine');
  });
});

it.each([
  [undefined, 'lab', 'swarmup-lab-manager'],
  [undefined, 'no-swarm', 'swarmup-manager'],
  ['mine', 'lab', 'mine-manager'],
])('containers in the network %s of swarm %s are named %s', (network, swarm, name) => {
  expect(containerName({ network }, { swarm, id: '1', owner: 'a' }, 'manager')).toBe(name);
});

describe('what an engine holds', () => {
  const lab = { swarm: 'lab', id: '8e9f0c52-0f53-4b3a-9d84-0a7c6b1d2e3f', owner: 'anna@laptop/3f9a21' };

  it.each([
    ['has its id', belongingLabels(lab), true],
    [
      'has its id, and the owner of before the store was moved',
      belongingLabels({ ...lab, owner: 'anna@old/000000' }),
      true,
    ],
    ['is of an older swarmup, which knew no ids', { 'swarmup.swarm': lab.swarm, 'swarmup.owner': lab.owner }, true],
    [
      "is of somebody else's swarm of that name",
      belongingLabels({ ...lab, id: idOf('b'), owner: 'ben@pc/77ab01' }),
      false,
    ],
    ['has no labels', undefined, false],
  ])('belongs to a swarm or not: it %s', (_what, labels, belongs) => {
    expect(belongsTo(lab, labels)).toBe(belongs);
  });
});
