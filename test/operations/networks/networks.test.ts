import { describe, expect, it } from 'vitest';
import { type CreateNetworkRequest, makeNetwork } from '../../../src/operations/networks/create-network.js';
import { networksOf, removeNetworks } from '../../../src/operations/networks/networks.js';
import { killHosts } from '../../../src/operations/hosts/power.js';
import { openLab } from '../../support/lab.js';

const wanted = (name: string, more: Partial<CreateNetworkRequest> = {}): CreateNetworkRequest => ({
  swarm: 'default',
  name,
  subnet: undefined,
  gateway: undefined,
  ipRange: undefined,
  encrypted: false,
  attachable: false,
  internal: false,
  ingress: false,
  mtu: undefined,
  labels: {},
  dryRun: false,
  ...more,
});

describe('networks of a swarm', () => {
  it('are made with an MTU that fits, listed, and removed', async () => {
    await using lab = await openLab();
    await lab.create('m a');
    const { context } = lab.process();
    const made = await makeNetwork(context, wanted('back', { encrypted: true, mtu: 1302, subnet: '203.0.113.0/24' }));
    expect(made).toMatchObject({ subnet: '203.0.113.0/24', mtu: 1300 });
    expect(lab.clusterOf('m').networks[0]).toMatchObject({
      Name: 'back',
      Driver: 'overlay',
      Options: { encrypted: '', 'com.docker.network.driver.mtu': '1376' },
    });
    expect(await makeNetwork(context, wanted('front', { attachable: true }))).toMatchObject({
      subnet: '198.18.0.0/24',
      // The hosts of the lab say 1400.
      mtu: 1350,
    });
    expect((await networksOf(context, { swarm: 'default' })).networks).toMatchObject([
      { name: 'back', mtu: 1300, encrypted: true },
      { name: 'front', mtu: 1350, attachable: true },
    ]);
    const request = { swarm: 'default', names: ['back'], dryRun: false };
    expect((await removeNetworks(context, { ...request, dryRun: true })).networks[0]?.status).toBe('would-remove');
    expect((await removeNetworks(context, request)).networks).toEqual([{ name: 'back', status: 'removed' }]);
    await expect(removeNetworks(context, { ...request, names: ['frnt'] })).rejects.toMatchObject({
      code: 'NETWORK_UNKNOWN',
      hints: ['did you mean front?'],
    });
  });

  it('are not made over a network of a host or another of the swarm, nor twice; a dry run makes none', async () => {
    await using lab = await openLab();
    await lab.create('m a');
    const { context } = lab.process();
    await expect(makeNetwork(context, wanted('x', { subnet: '192.0.2.128/25' }))).rejects.toMatchObject({
      code: 'NETWORK_OVERLAP',
      exitCode: 3,
      message: expect.stringMatching(
        /^the subnet 192\.0\.2\.128\/25 of x overlaps 192\.0\.2\.0\/\d+, which is a network of [am]$/,
      ) as unknown,
    });
    expect(await makeNetwork(context, wanted('dry', { dryRun: true }))).toMatchObject({ id: null });
    expect(lab.clusterOf('m').networks).toEqual([]);
    await makeNetwork(context, wanted('back', { subnet: '203.0.113.0/24' }));
    await expect(makeNetwork(context, wanted('y', { subnet: '203.0.113.0/25' }))).rejects.toThrow('the network back');
    await expect(makeNetwork(context, wanted('back'))).rejects.toMatchObject({ code: 'NETWORK_EXISTS', exitCode: 2 });
    await expect(makeNetwork(context, wanted('no spaces'))).rejects.toMatchObject({ code: 'NETWORK_NAME_INVALID' });
  });

  it('are made without what a host that is off could tell, with a word about it', async () => {
    await using lab = await openLab();
    await lab.create('m a');
    await killHosts(lab.process().context, ['a']);
    const { context, events } = lab.process();
    await makeNetwork(context, wanted('back'));
    expect(events).toContainEqual(expect.objectContaining({ type: 'warning', host: 'a' }));
  });
});
