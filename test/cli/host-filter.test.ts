import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileFilter } from '../../src/cli/host-filter.js';
import type { HostRow } from '../../src/operations/access/results.js';

const row = (changes: Partial<HostRow> = {}): HostRow => ({
  name: 'agent1',
  active: false,
  driver: 'docker',
  state: 'running',
  url: null,
  swarm: 'default',
  role: 'worker',
  labels: ['zone=a', 'disk=ssd'],
  docker: null,
  certificateEnds: null,
  errors: [],
  ...changes,
});
const wants = (filters: readonly string[], host: HostRow): boolean => compileFilter(filters).filter(host, 'all');

describe('compileFilter', () => {
  it.each([
    [[], true],
    [['name=^agent'], true],
    [['name=^gent'], false],
    [['driver=docker', 'state=Running'], true],
    [['driver=docker', 'state=stopped'], false],
    [['state=stopped', 'state=running'], true],
    [['swarm=default', 'role=manager'], false],
    [['name=a=b'], false],
    [['label=zone=a'], true],
    [['label=zone=b', 'label=disk=ssd'], true],
    [['label=zone'], false],
  ])('%j: %s', (filters, wanted) => {
    expect(wants(filters, row())).toBe(wanted);
  });

  it('does not judge the state before drivers were asked', () => {
    const { filter, needsState } = compileFilter(['state=stopped', 'driver=docker']);
    expect(needsState).toBe(true);
    expect(filter(row({ state: 'unknown' }), 'store')).toBe(true);
    expect(filter(row({ state: 'unknown', driver: 'aws' }), 'store')).toBe(false);
    expect(compileFilter(['driver=docker']).needsState).toBe(false);
  });

  it.each([['name'], ['=x'], ['name='], ['nam=x'], ['toString=x'], ['name=(']])('refuses %s', (filter) => {
    expect(() => compileFilter([filter])).toThrow(expect.objectContaining({ code: 'FILTER_INVALID', exitCode: 2 }));
  });

  it('proposes the key that was meant', () => {
    expect(() => compileFilter(['stat=running'])).toThrow(
      expect.objectContaining({ hints: expect.arrayContaining(['did you mean state=running?']) as unknown }),
    );
  });

  it('a host is wanted when one value of every key fits, in whatever order they come', () => {
    const driver = fc.constantFrom('docker', 'aws', 'fake');
    const swarm = fc.constantFrom('default', 'test');
    fc.assert(
      fc.property(fc.array(driver), fc.array(swarm), driver, swarm, fc.boolean(), (drivers, swarms, d, s, turned) => {
        const filters = [...drivers.map((v) => `driver=${v}`), ...swarms.map((v) => `swarm=${v}`)];
        const wanted = (drivers.length === 0 || drivers.includes(d)) && (swarms.length === 0 || swarms.includes(s));
        expect(wants(turned ? filters.reverse() : filters, row({ driver: d, swarm: s }))).toBe(wanted);
      }),
    );
  });
});
