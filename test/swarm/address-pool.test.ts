import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { overlaps } from '../../src/lib/cidr.js';
import { chooseAddressPool } from '../../src/swarm/address-pool.js';

const used = (...cidrs: string[]): { cidr: string; owner: string }[] =>
  cidrs.map((cidr) => ({ cidr, owner: 'eth0 of this machine' }));

describe('chooseAddressPool', () => {
  it("keeps Docker's default where it is free", () => {
    expect(chooseAddressPool(used('192.168.1.0/24', '172.17.0.0/16'))).toBe('10.0.0.0/8');
  });

  it('never chooses a pool that meets a used network', () => {
    const cidr = fc
      .tuple(fc.constantFrom('10', '172', '192'), fc.nat(255), fc.nat(255), fc.integer({ min: 9, max: 30 }))
      .map(([a, b, c, prefix]) => `${a}.${b}.${c}.0/${prefix}`);
    fc.assert(
      fc.property(fc.array(cidr, { maxLength: 6 }), (cidrs) => {
        let pool: string;
        try {
          pool = chooseAddressPool(used(...cidrs));
        } catch (error) {
          expect(error).toMatchObject({ code: 'ADDRESS_POOL_OVERLAP' });
          return;
        }
        for (const network of cidrs) expect(overlaps(network, pool)).toBe(false);
      }),
    );
  });

  it('refuses a wanted pool that overlaps, says whose network it meets and what is free', () => {
    expect(() => chooseAddressPool(used('10.1.0.0/16'), '10.1.2.0/20')).toThrow(
      expect.objectContaining({
        code: 'ADDRESS_POOL_OVERLAP',
        exitCode: 3,
        message: 'the address pool 10.1.0.0/20 overlaps 10.1.0.0/16, which is eth0 of this machine',
        hints: ['--default-addr-pool 10.128.0.0/9 is free'],
      }),
    );
  });

  it('takes a wanted pool that is free, in canonical form', () => {
    expect(chooseAddressPool(used('10.1.0.0/16'), '10.77.3.1/16')).toBe('10.77.0.0/16');
  });
});
