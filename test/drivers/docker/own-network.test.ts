import { describe, expect, it } from 'vitest';
import { containerName, networkName } from '../../../src/drivers/docker/own-network.js';

const of = (swarm: string, owner: string, peers: readonly unknown[] = []) => ({
  belongsTo: { swarm, owner },
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
  expect(containerName({ network }, { swarm, owner: 'a' }, 'manager')).toBe(name);
});
