import { describe, expect, it } from 'vitest';
import { sortFindings } from '../../src/doctor/finding.js';
import { judgeOverlay, judgePairs } from '../../src/doctor/judge-network.js';
import type { PairProbe, TcpOutcome } from '../../src/doctor/probe-network.js';

const pair = (
  from: string,
  to: string,
  tcp: Readonly<Record<number, TcpOutcome>> = { 2377: 'open', 7946: 'open' },
  udp: Readonly<Record<number, boolean>> = { 7946: true, 4789: true },
  pathMtu: number | undefined = 1500,
): PairProbe => ({
  from,
  to,
  tcp: new Map(Object.entries(tcp).map(([port, outcome]) => [Number(port), outcome])),
  udp: new Map(Object.entries(udp).map(([port, arrived]) => [Number(port), arrived])),
  pathMtu,
});
const manager = { name: 'm', listens: [2377, 7946] };
const worker = { name: 'w', listens: [7946] };
const plain = { name: 'p', listens: [] };

const checks = (...pairs: PairProbe[]): string[] =>
  judgePairs(pairs, [manager, worker, plain]).map(
    ({ check, severity, hosts }) => `${severity} ${check} ${hosts.join(',')}`,
  );

describe('judgePairs', () => {
  it('is content with open ways; a worker does not listen on 2377, nor a plain host on anything', () => {
    expect(checks(pair('w', 'm'), pair('m', 'w', { 2377: 'silent', 7946: 'open' }))).toEqual([]);
    expect(checks(pair('w', 'p', { 2377: 'refused', 7946: 'refused' }))).toEqual([]);
  });

  it('a port that is closed on a host is one finding, whoever tried it', () => {
    const closed = { 7946: true, 4789: false };
    expect(checks(pair('w', 'm', undefined, closed), pair('p', 'm', undefined, closed))).toEqual(['error udp-4789 m']);
  });

  it('refusal where an engine should listen is a fault, and so is silence', () => {
    expect(checks(pair('w', 'm', { 2377: 'refused', 7946: 'silent' }))).toEqual([
      'error tcp-2377 m',
      'error tcp-7946 m',
    ]);
  });

  it('a host that nothing reaches is said so once, not port by port', () => {
    const silent = { 2377: 'silent', 7946: 'silent' } as const;
    expect(checks({ ...pair('w', 'm', silent, { 7946: false, 4789: false }), pathMtu: undefined })).toEqual([
      'error reach w,m',
    ]);
  });

  it('what could not be tried is not called fine', () => {
    expect(checks({ ...pair('w', 'm', {}, {}), pathMtu: undefined })).toEqual(['info ports w', 'info path-mtu w']);
  });

  it('proposes the MTU of overlay networks that fits', () => {
    const found = judgePairs([pair('w', 'm', undefined, undefined, 1400)], [manager, worker]);
    expect(found).toMatchObject([
      { check: 'path-mtu', severity: 'warning', fix: 'make overlay networks with --mtu 1350' },
    ]);
  });
});

describe('judgeOverlay', () => {
  const peers = new Map([
    ['m', ['1', '2']],
    ['w', ['1', '2']],
  ]);
  const way = { from: 'w', to: 'm', small: true, full: true, tcp: true };

  it.each([
    ['nothing passes', { small: false, full: false, tcp: false }, ['vxlan']],
    ['large packets are lost', { full: false }, ['overlay-mtu']],
    ['checksums are wrong', { tcp: false }, ['overlay-tcp']],
    ['all passes', {}, []],
  ])('%s', (_, changes, expected) => {
    const found = judgeOverlay({ pairs: [{ ...way, ...changes }], peers, mtu: 1450 }, []);
    expect(found.map(({ check }) => check)).toEqual(expected);
  });

  it('says nothing that a blocked port has explained already', () => {
    const blocked = judgePairs([pair('w', 'm', undefined, { 7946: true, 4789: false })], [manager, worker]);
    expect(judgeOverlay({ pairs: [{ ...way, small: false }], peers, mtu: 1450 }, blocked)).toEqual([]);
  });

  it('a node that hears of no other, though the ports are open', () => {
    const deaf = new Map([...peers, ['w', ['1']]]);
    expect(judgeOverlay({ pairs: [way], peers: deaf, mtu: 1450 }, [])).toMatchObject([
      { check: 'gossip', hosts: ['w'], message: 'the node hears about 0 of 1 other nodes by gossip' },
    ]);
  });
});

describe('sortFindings', () => {
  it('puts the worst first and joins what is the same on several hosts', () => {
    const one = { check: 'x', severity: 'warning', hosts: ['b'], message: 'm', cause: 'c', fix: 'f' } as const;
    const error = { ...one, check: 'y', severity: 'error' } as const;
    expect(sortFindings([one, error, { ...one, hosts: ['a'] }])).toEqual([error, { ...one, hosts: ['a', 'b'] }]);
  });
});
