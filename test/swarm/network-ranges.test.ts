import { describe, expect, it } from 'vitest';
import { checkedRanges, chooseSubnet } from '../../src/swarm/network-ranges.js';
import { overlayMtu, underlayFor } from '../../src/swarm/overlay-mtu.js';

const none = { subnet: undefined, gateway: undefined, ipRange: undefined };
const pool = { pools: ['10.0.0.0/16'], prefix: 24 };

describe('ranges of a network', () => {
  it('are put into their usual form', () => {
    expect(checkedRanges({ subnet: '10.1.2.3/24', gateway: '10.1.2.1', ipRange: '10.1.2.130/25' })).toEqual({
      subnet: '10.1.2.0/24',
      gateway: '10.1.2.1',
      ipRange: '10.1.2.128/25',
    });
    expect(checkedRanges(none)).toEqual(none);
  });

  it.each([
    [{ ...none, gateway: '10.1.2.1' }, '--gateway needs --subnet'],
    [{ ...none, ipRange: '10.1.2.0/25' }, '--ip-range needs --subnet'],
    [{ ...none, subnet: '10.1.2.0/24', gateway: '10.1.3.1' }, 'the gateway 10.1.3.1 is not an address in 10.1.2.0/24'],
    [{ ...none, subnet: '10.1.2.0/24', ipRange: '10.1.0.0/16' }, 'the range 10.1.0.0/16 is not in 10.1.2.0/24'],
    [{ ...none, subnet: '10.1.2' }, "'10.1.2' is not a network"],
  ])('are refused: %j', (ranges, said) => {
    expect(() => checkedRanges(ranges)).toThrow(said);
  });
});

describe('the subnet of a network', () => {
  it('is left to the engine where its pool meets nothing', () => {
    expect(chooseSubnet('n', undefined, [{ cidr: '172.30.0.0/24', owner: 'x' }], pool)).toBeUndefined();
  });

  it('is the first free one of the pool where that meets something', () => {
    const used = [
      { cidr: '10.0.0.0/24', owner: 'the network ingress' },
      { cidr: '10.0.1.0/25', owner: 'a network of w1' },
    ];
    expect(chooseSubnet('n', undefined, used, pool)).toBe('10.0.2.0/24');
    const all = [{ cidr: '10.0.0.0/8', owner: 'a network of w1' }];
    expect(() => chooseSubnet('n', undefined, all, pool)).toThrow('has no free subnet');
  });

  it('is the wanted one, unless it meets another: the error names both', () => {
    const used = [{ cidr: '10.9.0.0/16', owner: 'the network back' }];
    expect(chooseSubnet('n', '10.0.7.0/24', used, pool)).toBe('10.0.7.0/24');
    expect(() => chooseSubnet('front', '10.9.3.0/24', used, pool)).toThrow(
      'the subnet 10.9.3.0/24 of front overlaps 10.9.0.0/16, which is the network back',
    );
    expect(() => chooseSubnet('front', '10.0.0.0/15', [], pool)).toThrow(
      'which is the whole address pool of the swarm',
    );
  });
});

describe('the MTU of a network', () => {
  // Seen in containers of engine 20.10 with these values of com.docker.network.driver.mtu.
  it.each([
    [1500, false, 1450],
    [1400, false, 1350],
    [1500, true, 1424],
    [1400, true, 1324],
  ])('over %i, encrypted %s, is %i', (underlay, encrypted, mtu) => {
    expect(overlayMtu(underlay, encrypted)).toBe(mtu);
    expect(overlayMtu(underlayFor(mtu, encrypted), encrypted)).toBe(mtu);
  });
});
