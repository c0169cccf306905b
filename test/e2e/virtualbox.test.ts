import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureGuestImage } from '../support/guest-image.js';
import { hasQemuImg } from '../support/vboxmanage/install.js';
import { openVmLab, type VmLab } from './vm-lab.js';

describe.skipIf(!hasQemuImg)('virtualbox: three hosts at once (containers behind the double)', () => {
  let lab: VmLab;
  const file = join(tmpdir(), `swarmup-tiny-${process.pid}.raw`);
  beforeAll(async () => {
    const image = await ensureGuestImage();
    const boot = Buffer.alloc(1 << 20);
    boot.writeUInt16BE(0x55aa, 510);
    await writeFile(file, boot);
    lab = await openVmLab('vbox', { backend: 'container', env: { VBOX_DOUBLE_IMAGE: image } }, file, '192.168.58.1/24');
  });
  afterAll(async () => {
    await lab[Symbol.asyncDispose]();
    await rm(file);
  });

  it('have their image in the cache under a name, as long as it is wanted', { timeout: 120_000 }, async () => {
    await lab.cli.json(['image', 'import', file, '--name', 'tiny']);
    const { images } = await lab.cli.json<{ images: { name: string; source: string }[] }>(['image', 'ls']);
    expect(images).toContainEqual(expect.objectContaining({ name: 'tiny', source: file }));
    await lab.cli.json(['image', 'rm', 'tiny']);
  });

  it('become one swarm that advertises host-only addresses', { timeout: 600_000 }, async () => {
    const { hosts } = await lab.cli.json<{ hosts: { status: string }[] }>(['create', 'manager', 'agent1', 'agent2']);
    expect(hosts.map(({ status }) => status)).toEqual(['created', 'created', 'created']);
    const { nodes } = await lab.cli.json<{ nodes: { name: string; state: string; address: string }[] }>(['node', 'ls']);
    expect(nodes.map(({ name, state }) => `${name} ${state}`).sort()).toEqual([
      'agent1 ready',
      'agent2 ready',
      'manager ready',
    ]);
    // In the order of the names on the command line.
    const addresses = ['manager', 'agent1', 'agent2'].map((host) => nodes.find(({ name }) => name === host)?.address);
    expect(addresses).toEqual(['192.168.58.50', '192.168.58.51', '192.168.58.52']);
  });

  it('go on where they are after stop and start', { timeout: 300_000 }, async () => {
    await lab.cli.json(['stop', 'agent1']);
    expect((await lab.cli.run(['status', 'agent1'])).stdout.trim()).toBe('stopped');
    await lab.cli.json(['start', 'agent1']);
    expect((await lab.cli.run(['ssh', 'agent1', '--', 'hostname'])).stdout).toBe('agent1');
  });

  it('leave nothing behind', { timeout: 300_000 }, async () => {
    await lab.cli.json(['rm', '--yes', 'manager', 'agent1', 'agent2']);
    expect(await lab.leftovers()).toBe('');
  });
});
