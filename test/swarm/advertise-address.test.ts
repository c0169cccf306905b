import { describe, expect, it } from 'vitest';
import { chooseAdvertiseAddr, type HostNetworks } from '../../src/swarm/advertise-address.js';

const at = (address: string, temporary = false) => ({ address, temporary });
const host: HostNetworks = {
  interfaces: [
    { name: 'lo', addresses: [at('127.0.0.1')] },
    { name: 'eth0', addresses: [at('10.0.2.15'), at('fe80::1')] },
    { name: 'eth1', addresses: [at('192.168.56.10'), at('2001:db8::5', true)] },
  ],
  defaultRoute: { interface: 'eth0' },
};

describe('chooseAdvertiseAddr', () => {
  it('prefers the private address that the driver names', () => {
    expect(chooseAdvertiseAddr('a', host, ['192.168.56.10'])).toBe('192.168.56.10');
  });

  it('ignores a driver address that the host does not have and takes the default route', () => {
    expect(chooseAdvertiseAddr('a', host, ['203.0.113.7'])).toBe('10.0.2.15');
  });

  it('takes no loopback for a host that is reached through a forwarded port', () => {
    expect(chooseAdvertiseAddr('a', host, ['127.0.0.1'])).toBe('10.0.2.15');
  });

  it.each([
    ['an address', '192.168.56.10', '192.168.56.10'],
    ['an interface', 'eth1', '192.168.56.10'],
    ['a network', '192.168.56.0/24', '192.168.56.10'],
  ])('takes %s from the user', (_, wanted, expected) => {
    expect(chooseAdvertiseAddr('a', host, ['10.0.2.15'], wanted)).toBe(expected);
  });

  it('refuses what the host does not have, naming what it has', () => {
    expect(() => chooseAdvertiseAddr('a', host, [], '10.9.9.9')).toThrow(
      expect.objectContaining({
        code: 'ADVERTISE_ADDR_UNKNOWN',
        host: 'a',
        message: 'a has no address for --advertise-addr 10.9.9.9; it has 10.0.2.15 (eth0), 192.168.56.10 (eth1)',
      }),
    );
  });
});
