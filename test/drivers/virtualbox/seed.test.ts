import { execa } from 'execa';
import fc from 'fast-check';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { buildSeed, merge, readCloudConfig } from '../../../src/drivers/virtualbox/seed/cloud-config.js';
import { buildIso } from '../../../src/drivers/virtualbox/seed/iso9660.js';
import type { VirtualBoxState } from '../../../src/drivers/virtualbox/state.js';
import { testIdentities } from '../../support/driver-context.js';

let folder = '';
let isoinfo = false;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'swarmup-seed-'));
  isoinfo = (await execa('isoinfo', ['-version'], { reject: false })).exitCode === 0;
});
afterAll(() => rm(folder, { recursive: true }));

const date = new Date('2026-11-27T18:30:12.345Z');

/** A reader of our own where isoinfo is not installed: the primary volume and the Rock Ridge names of its root. */
function readIso(image: Buffer): { label: string; files: Record<string, Buffer> } {
  const volume = image.subarray(16 * 2048);
  expect(volume.toString('latin1', 1, 6)).toBe('CD001');
  expect(volume.readUInt32LE(80) * 2048).toBe(image.length);
  const files: Record<string, Buffer> = {};
  const root = image.subarray(volume.readUInt32LE(158) * 2048);
  for (let at = 0, length = root[0] ?? 0; length > 0; at += length, length = root[at] ?? 0) {
    const record = root.subarray(at, at + length);
    const name = record.indexOf('NM');
    if (name < 0) continue;
    const sector = record.readUInt32LE(2) * 2048;
    const key = record.toString('latin1', name + 5, name + (record[name + 2] ?? 0));
    files[key] = image.subarray(sector, sector + record.readUInt32LE(10));
  }
  return { label: volume.toString('latin1', 40, 72).trim(), files };
}

describe('an ISO 9660 image', () => {
  it('has the files with their names and bytes', () => {
    const content = fc.dictionary(fc.stringMatching(/^[a-z][a-z-]{0,20}$/), fc.uint8Array({ maxLength: 5000 }), {
      maxKeys: 8,
    });
    fc.assert(
      fc.property(content, (files) => {
        const named = Object.entries(files).map(([name, data]) => ({ name, data }));
        const { label, files: read } = readIso(buildIso('cidata', named, date));
        expect(label).toBe('cidata');
        expect(Object.keys(read)).toEqual(Object.keys(files));
        for (const { name, data } of named) expect(read[name]?.equals(data)).toBe(true);
      }),
    );
  });

  it('refuses more files than one folder holds', () => {
    const many = Array.from({ length: 40 }, (_, i) => ({ name: `file-${String(i)}`, data: Buffer.from('x') }));
    expect(() => buildIso('cidata', many, date)).toThrow(RangeError);
  });

  it('is one to other programs', async ({ skip }) => {
    if (!isoinfo) skip('isoinfo is not installed');
    const path = join(folder, 'seed.iso');
    await writeFile(path, buildIso('cidata', [{ name: 'user-data', data: Buffer.from('#cloud-config\n') }], date));
    expect((await execa('isoinfo', ['-d', '-i', path])).stdout).toMatch(/^Volume id: cidata$/m);
    expect((await execa('isoinfo', ['-d', '-i', path])).stdout).toMatch(/Rock Ridge signatures version 1 found/);
    expect((await execa('isoinfo', ['-R', '-f', '-i', path])).stdout.trim()).toBe('/user-data');
    expect((await execa('isoinfo', ['-R', '-x', '/user-data', '-i', path])).stdout).toBe('#cloud-config');
  });
});

const { identity } = testIdentities();
const state: VirtualBoxState = {
  vm: '11111111-1111-4111-8111-111111111111',
  name: 'm1',
  folder: '/vms/swarmup/1',
  address: '192.168.56.50',
  prefix: 24,
  sshPort: 22_200,
  user: 'swarmup',
  made: false,
};

describe('the seed of a host', () => {
  it('has name, user, keys and the address of the second card', () => {
    const host = identity('m1');
    const { label, files } = readIso(buildSeed(host, state, { packages: ['htop'], shares: [] }, {}));
    expect(label).toBe('cidata');
    expect(parse(String(files['meta-data']))).toEqual({ 'instance-id': host.id, 'local-hostname': 'm1' });
    const userData = String(files['user-data']);
    expect(userData).toMatch(/^#cloud-config\n/);
    expect(parse(userData)).toMatchObject({
      hostname: 'm1',
      users: [{ name: 'swarmup', ssh_authorized_keys: [host.authorizedKey.trim()], lock_passwd: true }],
      ssh_deletekeys: true,
      ssh_genkeytypes: ['ed25519'],
      ssh_keys: {
        ed25519_private: host.hostKey.privateKey,
        ed25519_public: expect.stringMatching(/^ssh-ed25519 /) as unknown,
      },
      growpart: { devices: ['/'] },
      packages: ['htop'],
    });
    expect(parse(String(files['network-config']))).toMatchObject({
      version: 2,
      ethernets: {
        nat0: { match: { macaddress: expect.stringMatching(/^08:00:27:/) as unknown }, dhcp4: true },
        swarm0: { match: { macaddress: '08:00:27:a8:38:32' }, addresses: ['192.168.56.50/24'] },
      },
    });
  });

  it('takes the cloud-config of the user in', () => {
    const own = {
      users: ['default'],
      packages: ['jq'],
      timezone: 'Europe/Berlin',
      growpart: { ignore_growroot_disabled: true },
    };
    const { files } = readIso(
      buildSeed(identity('m1'), state, { packages: ['htop'], shares: [{ path: '/a', name: 'a' }] }, own),
    );
    expect(parse(String(files['user-data']))).toMatchObject({
      users: [{ name: 'swarmup' }, 'default'],
      packages: ['htop', 'jq'],
      timezone: 'Europe/Berlin',
      growpart: { mode: 'auto', ignore_growroot_disabled: true },
      mounts: [['a', '/a', 'vboxsf', expect.any(String) as unknown, '0', '0']],
    });
  });

  it('keeps what both say: lists one after the other, the user having the last word', () => {
    expect(merge({ a: [1], b: { c: 1, d: 2 }, e: 1 }, { a: [2], b: { d: 3 }, e: [4], f: 5 })).toEqual({
      a: [1, 2],
      b: { c: 1, d: 3 },
      e: [4],
      f: 5,
    });
  });

  it.each([
    ['nothing at all', undefined, /the file does not exist/],
    ['a script', '#!/bin/sh\n', /first line of the file must be #cloud-config/],
    ['a list', '#cloud-config\n- a\n', /is not a YAML mapping/],
    ['what is no YAML', '#cloud-config\na: [\n', /.+/],
    ['a host key', '#cloud-config\nssh_keys: {}\n', /'ssh_keys' is not allowed because swarmup sets it/],
  ])('does not take %s', async (_, text, message) => {
    const path = join(folder, 'own.yaml');
    await rm(path, { force: true });
    if (text !== undefined) await writeFile(path, text);
    await expect(readCloudConfig(path)).rejects.toMatchObject({
      code: 'CLOUD_CONFIG_INVALID',
      exitCode: 2,
      message: expect.stringMatching(message) as unknown,
    });
  });
});
