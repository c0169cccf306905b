import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asksHosts, hostListing, labNotes } from '../../../src/cli/render/host-table.js';
import { type ListFlags, type Listing, listView } from '../../../src/cli/render/listing.js';
import { networkListing } from '../../../src/cli/render/network-tables.js';
import type { HostRow } from '../../../src/operations/access/results.js';
import type { NetworkRow } from '../../../src/operations/networks/networks.js';

const row = (changes: Partial<HostRow> = {}): HostRow => ({
  name: 'agent1',
  fullName: 'agent1.default',
  lab: null,
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
const asked = (flags: Partial<ListFlags>): ListFlags => ({ quiet: false, filter: [], ...flags });
const wants = (filter: readonly string[], host: HostRow): boolean =>
  listView(hostListing, asked({ filter })).keep(host);

it('of hosts says below its table where their labs are', () => {
  const lab = { swarm: 'shop', lab: '/home/me/shop/swarmup.yaml' };
  const hosts = [row(), row({ ...lab, name: 'm.shop' }), row({ ...lab, name: 'a.shop' })];
  expect(labNotes(hosts, () => true)).toBe('\nlab shop: /home/me/shop\n');
  expect(labNotes(hosts, () => false)).toBe(
    '\nlab shop: /home/me/shop (/home/me/shop/swarmup.yaml does not exist; swarmup rm m.shop a.shop removes the hosts)\n',
  );
  expect(labNotes([row()], () => false)).toBe('');
});

describe('the filter of a list', () => {
  it.each([
    [[], true],
    [['name=^agent'], true],
    [['fullname=agent1.default'], true],
    [['lab=-'], true],
    [['name=^gent'], false],
    [['driver=docker', 'state=Running'], true],
    [['driver=docker', 'state=stopped'], false],
    [['state=stopped', 'state=running'], true],
    [['swarm=default', 'role=manager'], false],
    [['name=a=b'], false],
    [['label=zone=a'], true],
    [['label=zone=b', 'label=disk=ssd'], true],
    [['label=zone'], true],
    [['label=zon'], false],
  ])('%j: %s', (filters, wanted) => {
    expect(wants(filters, row())).toBe(wanted);
  });

  it.each([
    ['state=stopped', true],
    ['docker=24.0', true],
    ['driver=docker', false],
    ['label=zone', false],
  ])('%s needs answers of hosts: %s', (filter, needs) => {
    expect(asksHosts(filter)).toBe(needs);
  });

  it.each([['name'], ['=x'], ['name='], ['nam=x'], ['toString=x'], ['name=(']])('refuses %s', (filter) => {
    expect(() => listView(hostListing, asked({ filter: [filter] }))).toThrow(
      expect.objectContaining({ code: 'FILTER_INVALID', exitCode: 2 }),
    );
  });

  it('proposes the key that was meant', () => {
    expect(() => listView(hostListing, asked({ filter: ['stat=running'] }))).toThrow(
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

describe('a list', () => {
  const network = (name: string): NetworkRow => ({
    id: `id-of-${name}`,
    name,
    subnet: '10.0.1.0/24',
    gateway: null,
    ipRange: null,
    mtu: 1450,
    encrypted: true,
    attachable: false,
    internal: false,
    ingress: false,
    services: [],
    labels: { zone: 'a' },
    createdAt: null,
  });
  const rows = [network('web'), network('back')];
  const text = (flags: Partial<ListFlags>): string => listView(networkListing, asked(flags)).text(rows);

  it('is a table, also when that is said', () => {
    expect(text({})).toBe(
      'NETWORK   SUBNET        MTU    KIND        SERVICES\n' +
        'web       10.0.1.0/24   1450   encrypted   -\n' +
        'back      10.0.1.0/24   1450   encrypted   -\n',
    );
    expect(text({ format: 'table' })).toBe(text({}));
  });

  it('is IDs with -q, as docker has it', () => {
    expect(text({ quiet: true })).toBe('id-of-web\nid-of-back\n');
  });

  it('is a JSON object a row with --format json, of the same fields as templates have', () => {
    const [first = ''] = text({ format: 'json' }).split('\n');
    expect(JSON.parse(first)).toMatchObject({ Name: 'web', ID: 'id-of-web', MTU: '1450', Driver: 'overlay' });
    expect(text({ format: '{{json .}}' })).toBe(text({ format: 'json' }));
  });

  it('fills a template', () => {
    expect(text({ format: String.raw`{{.Name}}\t{{.Kind}}` })).toBe('web\tencrypted\nback\tencrypted\n');
  });

  it('names all its fields when one is not known', () => {
    expect(() => text({ format: '{{.Foo}}' })).toThrow(
      expect.objectContaining({
        code: 'FORMAT_INVALID',
        hints: expect.arrayContaining([
          'the fields are .Name .ID .Subnet .MTU .Kind .Services .Driver .Scope .CreatedAt',
        ]) as unknown,
      }),
    );
  });

  it.each([
    [{ quiet: true, format: 'json' }, false],
    [{ quiet: true }, true],
    [{ format: 'json' }, true],
  ])('refuses %j with --json: %s, which contradict each other', (flags, json) => {
    expect(() => listView(networkListing as Listing<unknown>, asked(flags), { json })).toThrow(
      expect.objectContaining({ code: 'FLAGS_CONFLICT', exitCode: 2 }),
    );
  });
});
