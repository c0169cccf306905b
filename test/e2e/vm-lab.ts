import { execa } from 'execa';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type InstalledVBoxManage, type InstallOptions, installVBoxManage } from '../support/vboxmanage/install.js';
import { type Cli, openCli } from './cli.js';

const has = async (program: string): Promise<boolean> =>
  (await execa('which', [program], { reject: false })).exitCode === 0;

/** The double writes disks with qemu-img, and QEMU stands for VirtualBox; script/test installs both. */
export const canEmulate = (await has('qemu-system-x86_64')) && (await has('qemu-img')) && process.arch === 'x64';

/** The CLI over a VBoxManage double whose machines really run, with folders and a host-only network of its own. */
export interface VmLab extends AsyncDisposable {
  readonly cli: Cli;
  readonly tool: InstalledVBoxManage;
  /** Below it are the folders of the machines. */
  readonly machines: string;
  /**
   * Runs a command with `--json` until it is done: an emulated guest may need longer than a command waits, and the next
   * one goes on where that one was. Fails at once when anything but time was the reason.
   */
  patiently(args: readonly string[]): Promise<void>;
  /** Machines and media that are there. */
  leftovers(): Promise<string>;
}

const mostAttempts = 5;

/** `cidr`: the address of this machine in the host-only network; no two files have the same. */
export async function openVmLab(name: string, install: InstallOptions, image: string, cidr: string): Promise<VmLab> {
  const folder = await mkdtemp(join(tmpdir(), 'swarmup-e2e-vms-'));
  const tool = await installVBoxManage(install);
  const machines = join(folder, 'vms');
  const cli = await openCli(name, {
    ...tool.env,
    SWARMUP_DRIVER: 'virtualbox',
    SWARMUP_CACHE: join(folder, 'cache'),
    SWARMUP_VIRTUALBOX_IMAGE: image,
    SWARMUP_VIRTUALBOX_FOLDER: machines,
    SWARMUP_VIRTUALBOX_STOP_TIMEOUT: '600',
    VIRTUALBOX_HOSTONLY_CIDR: cidr,
    VIRTUALBOX_MEMORY_SIZE: '1024',
    VIRTUALBOX_DISK_SIZE: '6000',
  });
  const list = async (what: string): Promise<string> =>
    (await execa(tool.program, ['list', what], { env: tool.env })).stdout;
  return {
    cli,
    tool,
    machines,
    async patiently(args) {
      for (let attempts = 1; ; attempts++) {
        const { exitCode, stderr, stdout } = await cli.run([...args, '--json']);
        if (exitCode === 0) return;
        // Of one host, or of each that failed.
        const reasons = [...stdout.matchAll(/^ *"code": "(.*)"/gm)].map(([, code]) => code);
        const onlyTime = reasons.length > 0 && reasons.every((code) => code === 'TIMEOUT');
        if (!onlyTime || attempts === mostAttempts) throw new Error(`${stdout}\n${stderr}`);
      }
    },
    leftovers: async () => (await Promise.all(['vms', 'hdds', 'dvds'].map(list))).join(''),
    async [Symbol.asyncDispose]() {
      await cli.dispose();
      await tool[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
