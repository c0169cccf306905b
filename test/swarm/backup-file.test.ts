import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SwarmupError } from '../../src/lib/errors.js';
import { packBackup, parseBackup } from '../../src/swarm/backup-file.js';
import { backupManifest as manifest } from '../support/backup-manifest.js';

const parts = new Map([
  ['state.tar.gz', Buffer.from('the state of a manager')],
  ['unlock-key', Buffer.from('SWMKEY-1-x')],
]);
const packed = packBackup(manifest, parts);

describe('a backup file', () => {
  it('gives back what was packed', () => {
    const backup = parseBackup(packed, 'a.backup');
    expect(backup.manifest).toMatchObject(manifest);
    expect([...backup.parts].map(([name, data]) => [name, Buffer.from(data).toString()])).toEqual(
      [...parts].map(([name, data]) => [name, data.toString()]),
    );
  });

  it('with any bit flipped is refused, or says the same of its state', () => {
    fc.assert(
      fc.property(fc.nat(packed.length - 1), fc.nat(7), (at, bit) => {
        const bad = Buffer.from(packed);
        bad[at] = (bad[at] ?? 0) ^ (1 << bit);
        try {
          const found = parseBackup(bad, 'a.backup');
          // In the text of the manifest; the seal around it is what notices that.
          expect(at).toBeLessThan(packed.indexOf(0x0a));
          for (const [name, data] of found.parts)
            expect(
              [...parts.values()].some((p) => p.equals(data)),
              name,
            ).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(SwarmupError);
          expect((error as SwarmupError).code).toMatch(/^BACKUP_(DAMAGED|NEWER)$/);
        }
      }),
      { numRuns: 500 },
    );
  });

  it.each<[string, object]>([
    ['swarm', { swarm: '../evil' }],
    ['node.name', { node: { ...manifest.node, name: '-evil' } }],
    ['node.address', { node: { ...manifest.node, address: '10.0.0.2; evil' } }],
    ['hosts[0].driver', { hosts: [{ name: 'm1', role: null, driver: '../evil' }] }],
    ['nodes[0].name', { nodes: [{ ...manifest.nodes[0], name: 'evil\u001b[2J' }] }],
  ])('of somebody else is refused for its %s, without a word of it', (field, changes) => {
    const bad = packBackup({ ...manifest, ...changes }, parts);
    expect(() => parseBackup(bad, 'a.backup')).toThrow(field.replace(/\[(\d)\]/, '.$1'));
    expect(() => parseBackup(bad, 'a.backup')).not.toThrow('evil');
  });

  it('cut short or with more behind it is refused', () => {
    fc.assert(
      fc.property(fc.nat(packed.length - 1), (length) => {
        expect(() => parseBackup(packed.subarray(0, length), 'a.backup')).toThrow(/^a\.backup is damaged/);
      }),
    );
    expect(() => parseBackup(Buffer.concat([packed, Buffer.from('x')]), 'a.backup')).toThrow(
      /it contains more than was written/,
    );
  });

  it('of a later format asks for a newer swarmup', () => {
    const later = Buffer.from(packed.toString().replace('"version":1', '"version":2'));
    expect(() => parseBackup(later, 'a.backup')).toThrow(expect.objectContaining({ code: 'BACKUP_NEWER' }) as Error);
  });
});
