import { describe, expect, it } from 'vitest';
import type { HostCheckup } from '../../src/doctor/host-checkup.js';
import { type ExaminedHost, judgeHosts } from '../../src/doctor/judge-hosts.js';
import { factsOf, type FactsTextOptions } from '../bootstrap/facts-text.js';

const checkup: HostCheckup = {
  modules: { vxlan: 'loaded', ip_vs: 'loadable', br_netfilter: 'loaded', overlay: 'loaded' },
  dockerDiskMiB: 50_000,
  inotifyInstances: 1024,
  engineOpenFiles: Number.POSITIVE_INFINITY,
  listeners: new Map(),
  nicDriver: undefined,
  nicName: 'eth0',
  txChecksum: undefined,
  canPing: true,
};

const host = (
  name: string,
  changes: Partial<HostCheckup> = {},
  more: Partial<ExaminedHost> = {},
  facts: FactsTextOptions = {},
): ExaminedHost => ({
  name,
  facts: { ...factsOf(facts), hostname: name, machineId: `of-${name}` },
  checkup: { ...checkup, ...changes },
  advertiseAddr: '10.219.7.11',
  inSwarm: true,
  ...more,
});

const checks = (...hosts: ExaminedHost[]): string[] =>
  judgeHosts(hosts).map(({ check, severity, hosts: of }) => `${severity} ${check} ${of.join(',')}`);

describe('judgeHosts', () => {
  it('finds nothing on hosts that are fine', () => {
    expect(checks(host('a'), host('b'))).toEqual([]);
  });

  it.each([
    ['a kernel without VXLAN', { modules: { ...checkup.modules, vxlan: 'missing' } }, ['error kernel-vxlan a']],
    ['a kernel without IPVS', { modules: { ...checkup.modules, ip_vs: 'missing' } }, ['warning kernel-ip_vs a']],
    ['little room', { dockerDiskMiB: 2000 }, ['warning disk a']],
    ['hardly any room', { dockerDiskMiB: 500 }, ['error disk a']],
    ['few inotify instances', { inotifyInstances: 128 }, ['warning inotify a']],
    ['few open files', { engineOpenFiles: 1024 }, ['warning open-files a']],
    [
      'a card that computes checksums wrongly',
      { nicDriver: 'vmxnet3', txChecksum: true },
      ['warning checksum-offload a'],
    ],
    ['that card, told not to', { nicDriver: 'vmxnet3', txChecksum: false }, []],
    ['another card', { nicDriver: 'virtio_net', txChecksum: true }, []],
    // What listens there is the engine itself.
    ['the ports of a node', { listeners: new Map([['tcp/2377', 'dockerd']]) }, []],
  ] as const)('%s', (_, changes, expected) => {
    expect(checks(host('a', changes))).toEqual(expected);
  });

  it('a port that another program has, before the host joins', () => {
    const taken = host('a', { listeners: new Map([['udp/4789', 'vpnd']]) }, { inSwarm: false, advertiseAddr: null });
    expect(judgeHosts([taken])).toMatchObject([{ check: 'port-taken', message: 'vpnd listens on udp/4789' }]);
  });

  it('an address that the host does not have', () => {
    expect(checks(host('a', {}, { advertiseAddr: '203.0.113.7' }))).toEqual(['warning advertise-address a']);
  });

  it('live-restore, which the engine refuses in swarm mode', () => {
    expect(checks(host('a', {}, {}, { daemonJson: '{"live-restore": true}' }))).toEqual(['error live-restore a']);
  });

  it('a clock is wrong beside those of the other hosts, not beside the clock of this machine', () => {
    const at = (name: string, skewMs: number): ExaminedHost => {
      const made = host(name);
      return { ...made, facts: { ...made.facts, clock: { epochMs: 0, skewMs } } };
    };
    expect(checks(at('a', 7_200_000), at('b', 7_200_100), at('c', 7_190_000))).toEqual(['warning clock c']);
    expect(checks(at('a', 0), at('b', 0), at('c', -1_800_000))).toEqual(['error clock c']);
    expect(checks(at('a', 9_000_000))).toEqual([]);
  });

  it('twins are named together', () => {
    const [a, b] = [host('a'), host('b')];
    const twin = { ...b, facts: { ...b.facts, hostname: 'a', machineId: 'of-a' } };
    expect(checks(a, twin, host('c'))).toEqual(['error hostname a,b', 'warning machine-id a,b']);
  });
});
