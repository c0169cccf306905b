import { describe, expect, it } from 'vitest';
import { freeAddress, type HostNetwork } from '../../../src/drivers/docker/network.js';
import { nameServers } from '../../../src/drivers/docker/upstream-dns.js';

const network = (subnet: string, held: readonly string[] = []): HostNetwork => ({
  name: 'n',
  subnet,
  gateway: '172.26.0.3',
  mtu: undefined,
  held,
  exists: true,
});

describe('freeAddress', () => {
  it('is the lowest that nobody holds: neither the gateway, nor a stopped host, nor somebody else', () => {
    expect(freeAddress(network('172.26.0.0/24'), [])).toBe('172.26.0.2');
    expect(freeAddress(network('172.26.0.0/24', ['172.26.0.4']), ['172.26.0.2'])).toBe('172.26.0.5');
  });

  it('carries over into the next byte, and keeps off the broadcast address', () => {
    const first = Array.from({ length: 254 }, (_, i) => `172.26.0.${i + 2}`);
    expect(freeAddress(network('172.26.0.0/23'), first)).toBe('172.26.1.0');
    expect(() => freeAddress(network('172.26.0.0/24'), first)).toThrow(
      expect.objectContaining({ code: 'SUBNET_FULL', exitCode: 3 }),
    );
  });

  it('starts from the network, also when the subnet is written with a host address', () => {
    expect(freeAddress(network('172.26.0.77/24'), [])).toBe('172.26.0.2');
  });
});

describe('nameServers', () => {
  it('leaves out what only this machine can ask', () => {
    const text =
      'search lan\nnameserver 127.0.0.53\nnameserver 192.0.2.53\nnameserver fe80::1%eth0\n nameserver 192.0.2.54 # x\n';
    expect(nameServers(text)).toEqual(['192.0.2.53', '192.0.2.54']);
  });
});
