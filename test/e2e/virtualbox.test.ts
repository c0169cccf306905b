import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureCloudImage } from '../support/vboxmanage/cloud-image.js';
import { ensureGuestImage } from '../support/guest-image.js';
import { type InstalledVBoxManage, installVBoxManage } from '../support/vboxmanage/install.js';
import { type Cli, openCli } from './cli.js';

const has = async (program: string): Promise<boolean> =>
  (await execa('which', [program], { reject: false })).exitCode === 0;
const possible = (await has('qemu-system-x86_64')) && (await has('qemu-img'));

/** The CLI over a double whose machines really run, with folders and a host-only network of its own. */
interface Lab extends AsyncDisposable {
  readonly cli: Cli;
  readonly tool: InstalledVBoxManage;
  /** Machines, media and host folders that are there. */
  leftovers(): Promise<string>;
}

async function openLab(
  name: string,
  install: Parameters<typeof installVBoxManage>[0],
  image: string,
  cidr: string,
): Promise<Lab> {
  const folder = await mkdtemp(join(tmpdir(), 'swarmup-e2e-vms-'));
  const tool = await installVBoxManage(install);
  const cli = await openCli(name, {
    ...tool.env,
    SWARMUP_DRIVER: 'virtualbox',
    SWARMUP_CACHE: join(folder, 'cache'),
    SWARMUP_VIRTUALBOX_IMAGE: image,
    SWARMUP_VIRTUALBOX_FOLDER: join(folder, 'vms'),
    VIRTUALBOX_HOSTONLY_CIDR: cidr,
    VIRTUALBOX_MEMORY_SIZE: '1024',
    VIRTUALBOX_DISK_SIZE: '6000',
  });
  const vbox = async (...args: readonly string[]): Promise<string> =>
    (await execa(tool.program, args, { env: tool.env })).stdout;
  return {
    cli,
    tool,
    leftovers: async () => (await Promise.all(['vms', 'hdds', 'dvds'].map((list) => vbox('list', list)))).join(''),
    async [Symbol.asyncDispose]() {
      await cli.dispose();
      await tool[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

describe.skipIf(!possible)('virtualbox: three hosts at once (containers behind the double)', () => {
  let lab: Lab;
  beforeAll(async () => {
    const image = await ensureGuestImage();
    const file = join(tmpdir(), `swarmup-tiny-${String(process.pid)}.raw`);
    const boot = Buffer.alloc(1 << 20);
    boot.writeUInt16BE(0x55aa, 510);
    await writeFile(file, boot);
    lab = await openLab('vbox', { backend: 'container', env: { VBOX_DOUBLE_IMAGE: image } }, file, '192.168.58.1/24');
  });
  afterAll(() => lab[Symbol.asyncDispose]());

  it('become one swarm that advertises host-only addresses', { timeout: 600_000 }, async () => {
    const { hosts } = await lab.cli.json<{ hosts: { status: string }[] }>(['create', 'manager', 'agent1', 'agent2']);
    expect(hosts.map(({ status }) => status)).toEqual(['created', 'created', 'created']);
    const { nodes } = await lab.cli.json<{ nodes: { name: string; state: string; address: string }[] }>(['node', 'ls']);
    expect(nodes.map(({ name, state }) => `${name} ${state}`).sort()).toEqual([
      'agent1 ready',
      'agent2 ready',
      'manager ready',
    ]);
    for (const { address } of nodes) expect(address).toMatch(/^192\.168\.58\.5\d$/);
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

/** Asked for only: minutes of software emulation, and the guest's sshd has not answered in time on every machine yet. */
const emulated = possible && process.env['SWARMUP_TEST_QEMU'] === '1';

describe.skipIf(!emulated)('virtualbox: a Debian machine (QEMU behind the double)', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await openLab('vboxvm', { backend: 'qemu' }, await ensureCloudImage(), '192.168.59.1/24');
  }, 900_000);
  afterAll(() => lab[Symbol.asyncDispose]());
  /** An emulated boot may take longer than the 4 min that a command waits for ssh: the next one goes on. */
  const patiently = async (args: readonly string[]): Promise<void> => {
    for (let attempts = 1; ; attempts++) {
      const { exitCode, stderr, stdout } = await lab.cli.run([...args, '--json']);
      if (exitCode === 0) return;
      if (exitCode !== 124 || attempts === 5) throw new Error(`${stdout}\n${stderr}`);
    }
  };
  const ssh = async (command: string): Promise<string> =>
    (await lab.cli.run(['ssh', 'vm1', '--', 'sh', '-c', `'${command}'`])).stdout;

  it('boots from its disk, is set up by cloud-init, and gets Docker', { timeout: 1_500_000 }, async () => {
    const config = join(lab.cli.home, 'own.yaml');
    await writeFile(config, '#cloud-config\nwrite_files:\n- {path: /etc/from-user, content: mine}\n');
    await patiently(['create', '--no-swarm', '--virtualbox-cloud-config', config, 'vm1']);
    expect(await ssh('hostname; cat /etc/from-user; ip -4 -o addr show swarm0')).toMatch(
      /^vm1\nmine.*192\.168\.59\.50\/24/s,
    );
    expect(await ssh('sudo docker version --format {{.Server.Os}}')).toBe('linux');
    // growpart: the image has 2 GiB.
    expect(Number(await ssh('df --output=size -BM / | tail -1 | tr -dc 0-9'))).toBeGreaterThan(4000);
  });

  it('is the same after a snapshot was restored, and after stop and start', { timeout: 1_500_000 }, async () => {
    await ssh('echo before | sudo tee /var/mark; sudo sync');
    await lab.cli.json(['snapshot', 'save', 'clean', 'vm1']);
    await ssh('echo after | sudo tee /var/mark; sudo sync');
    await lab.cli.json(['snapshot', 'restore', 'clean', 'vm1']);
    expect(await ssh('cat /var/mark')).toBe('before');
    await lab.cli.json(['stop', 'vm1']);
    expect((await lab.cli.run(['status', 'vm1'])).stdout.trim()).toBe('stopped');
    await patiently(['start', 'vm1']);
    expect(await ssh('cat /var/mark; hostname')).toBe('before\nvm1');
  });

  it('leaves nothing behind', { timeout: 300_000 }, async () => {
    await lab.cli.json(['rm', '--yes', 'vm1']);
    expect(await lab.leftovers()).toBe('');
  });
});
