import { describe, expect, it } from 'vitest';
import { contains, isPrivate, networkOf, overlaps } from '../../src/lib/cidr.js';
import { parseRouteTable } from '../../src/lib/local-networks.js';

describe('networks', () => {
  it.each([
    ['10.0.0.0/8', '10.213.0.0/24', true],
    ['10.213.0.0/24', '10.0.0.0/8', true],
    ['10.0.0.0/24', '10.0.1.0/24', false],
    ['0.0.0.0/0', '192.0.2.1/32', true],
    ['fd00::/8', 'fd12:3456::/32', true],
    ['fd00::/8', '10.0.0.0/8', false],
  ])('%s and %s share an address: %s', (one, other, expected) => {
    expect(overlaps(one, other)).toBe(expected);
  });

  it('writes a network in its canonical form', () => {
    expect(networkOf('10.1.2.3/8')).toBe('10.0.0.0/8');
    expect(networkOf('fd00::1234/64')).toBe('fd00::/64');
  });

  it.each(['10.0.0.0', '10.0.0.0/33', '300.0.0.0/8', 'lan', ''])('refuses %j', (text) => {
    expect(() => networkOf(text)).toThrow(expect.objectContaining({ code: 'CIDR_INVALID', exitCode: 2 }));
  });

  it('tells whether an address is in a network', () => {
    expect(contains('192.168.56.0/24', '192.168.56.10')).toBe(true);
    expect(contains('192.168.56.0/24', '192.168.57.10')).toBe(false);
    expect(contains('192.168.56.0/24', 'eth0')).toBe(false);
  });

  it('knows private addresses', () => {
    expect(['10.1.1.1', '172.20.0.1', 'fd00::1', '8.8.8.8', 'x'].map(isPrivate)).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });

  it('reads the routes of the kernel and leaves the default route out', () => {
    const table = [
      'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
      'eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0',
      'eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0',
      'docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0',
    ].join('\n');
    expect(parseRouteTable(table)).toEqual(['192.0.2.0/24', '172.17.0.0/16']);
    expect(parseRouteTable('')).toEqual([]);
  });
});
