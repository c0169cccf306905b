import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureCloudImage } from '../support/vboxmanage/cloud-image.js';
import { canEmulate, openVmLab, type VmLab } from './vm-lab.js';
import { loadWorkload, onHost, workloadImage } from './workload.js';

/** Minutes: every instruction of the guest is emulated. One machine for all of it. */
describe.skipIf(!canEmulate)('virtualbox: a Debian machine (QEMU behind the double)', { timeout: 1_500_000 }, () => {
  let lab: VmLab;
  beforeAll(async () => {
    lab = await openVmLab('vboxvm', { backend: 'qemu' }, await ensureCloudImage(), '192.168.59.1/24');
  }, 1_800_000);
  afterAll(() => lab[Symbol.asyncDispose]());
  const ssh = (command: string): Promise<string> => onHost(lab.cli, 'vm1', command);
  const files = async (ending: string): Promise<string[]> =>
    (await readdir(lab.machines, { recursive: true }))
      .filter((file) => file.endsWith(ending))
      .map((file) => join(lab.machines, file));

  it('boots from its disk, is set up by cloud-init, and gets Docker', async () => {
    const config = join(lab.cli.home, 'own.yaml');
    await writeFile(config, '#cloud-config\nwrite_files:\n- {path: /etc/from-user, content: mine}\n');
    await lab.patiently(['create', '--no-swarm', '--virtualbox-cloud-config', config, 'vm1']);
    expect(await ssh('hostname; cat /etc/from-user; echo; ip -4 -o addr show swarm0')).toMatch(
      /^vm1\nmine\n.*192\.168\.59\.50\/24/s,
    );
    // growpart: the image has 2 GiB.
    expect(Number(await ssh('df --output=size -BM / | tail -1 | tr -dc 0-9'))).toBeGreaterThan(4000);
    expect(await ssh('sudo cloud-init schema --system')).toContain('Valid');
    await loadWorkload(lab.cli, ['vm1'], { docker: 'sudo docker' });
    expect(await ssh(`sudo docker run --rm ${workloadImage} busybox echo from a container`)).toBe('from a container');
  });

  it('has a host key that is not in its seed any more', async () => {
    const pinned = await ssh('cat /etc/ssh/ssh_host_ed25519_key.pub');
    const [seed = expect.fail()] = await files('seed.iso');
    const first =
      /ed25519_public: [|>]?\s*(ssh-ed25519 \S+)/.exec(await readFile(seed, 'latin1'))?.[1] ?? expect.fail();
    expect(pinned).toMatch(/^ssh-ed25519 /);
    expect(pinned).not.toContain(first);
  });

  it('goes on where a snapshot was taken, with its memory', async () => {
    const boot = await ssh('echo before | sudo tee /var/mark; sync; cat /proc/sys/kernel/random/boot_id');
    await lab.cli.json(['snapshot', 'save', 'clean', 'vm1']);
    await ssh('echo after | sudo tee /var/mark; sync');
    // It asks before it gives up what happened since, and nobody can answer here.
    for (const word of ['restore', 'rm'])
      expect((await lab.cli.run(['snapshot', word, 'clean', 'vm1'])).stderr).toContain('cannot ask for confirmation');
    await lab.cli.json(['snapshot', 'restore', '--yes', 'clean', 'vm1']);
    expect(await ssh('cat /var/mark /proc/sys/kernel/random/boot_id')).toBe(boot);
  });

  it('shuts down by its power button, and is the same after the next boot', async () => {
    await lab.cli.json(['stop', 'vm1']);
    expect((await lab.cli.run(['status', 'vm1'])).stdout.trim()).toBe('stopped');
    const [log = expect.fail()] = await files('VBox.log');
    const said = await readFile(log, 'utf8');
    expect(said).toContain('Console: acpipowerbutton');
    expect(said).not.toContain('Console: poweroff');
    await lab.patiently(['start', 'vm1']);
    expect(await ssh('cat /var/mark; hostname; sudo docker image ls -q | wc -l')).toBe('before\nvm1\n1');
  });

  it('leaves nothing behind', async () => {
    await lab.cli.json(['rm', '--yes', 'vm1']);
    expect(await lab.leftovers()).toBe('');
    expect(await readdir(join(lab.machines, 'swarmup'))).toEqual([]);
  });
});
