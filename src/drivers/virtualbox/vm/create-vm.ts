import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, SwarmupError } from '../../../lib/errors.js';
import { exitCodes } from '../../../lib/exit-codes.js';
import { swarmup } from '../../../lib/typed-command.js';
import type { HostDescription, HostIdentity } from '../../driver.js';
import { reservedFor } from '../../reserved-addresses.js';
import { openImageCache } from '../image/cache.js';
import { buildSeed, type CloudConfig, readCloudConfig } from '../seed/cloud-config.js';
import {
  belongingKey,
  belongingText,
  consoleFile,
  describeHost,
  diskFile,
  hostFolder,
  hostOnlyMac,
  macAddresses,
  ownerKey,
  seedFile,
  type VirtualBoxState,
  vmNameOf,
} from '../state.js';
import { type ListedVm, parseLongList } from '../tool/parse.js';
import type { VBoxManage } from '../tool/vboxmanage.js';
import { hardware, osType, type Platform, platformOf, serialPort } from './hardware.js';
import { type BaseImage, controller, copyDisk, forgetMedium, resizeDisk } from './disks.js';
import { chooseAddress, ensureHostOnly } from './host-only.js';
import type { HostsAtOnce } from './hosts-at-once.js';
import { ensureMaster, type Master } from './linked-clone.js';
import { withMachine, withShared } from './machine-lock.js';
import { chooseSshPort, requireFreePorts } from './ports.js';
import { removeVm } from './remove-vm.js';
import { findSettled } from './settle.js';
import { launchVm, type StartJob, sshRule, startVm } from './start-vm.js';

interface CreateRequest extends StartJob {
  readonly atOnce: HostsAtOnce;
}

/** What one creation works with. */
interface CreateJob extends CreateRequest {
  readonly host: HostIdentity;
  readonly image: BaseImage;
  readonly cloudConfig: CloudConfig;
  readonly platform: Platform;
}

/**
 * Makes a machine and starts it. A complete machine is only started; an incomplete machine of an earlier attempt is
 * made again. Image and cloud-config are checked before anything is made. Errors: those of `failureOf`, of images,
 * networks and ports; CLOUD_CONFIG_INVALID (exit 2); VM_UNREGISTERED.
 */
export async function createVm(
  job: CreateRequest,
  host: HostIdentity,
  state: VirtualBoxState | undefined,
): Promise<HostDescription> {
  const { tool, context, options } = job;
  const cloudConfig = options.cloudConfigFile === undefined ? {} : await readCloudConfig(options.cloudConfigFile);
  await requireShares(options.shares);
  if (state?.made === true) {
    const started = await withMachine(context, state.vm, async () =>
      (await findSettled(job, state.vm)) === undefined ? undefined : startVm(job, state),
    );
    if (started !== undefined) return describeHost(started);
    await refuseUnregistered(state);
  }
  const platform = platformOf(tool.computer);
  const { image, path } = await openImageCache(context, platform).ensure(options.image, options.imageDigest);
  const base = { path, digest: image.digest, diskBytes: image.diskBytes };
  const create = { ...job, host, image: base, cloudConfig, platform };
  return withMachine(context, host.id, async () => {
    if (state !== undefined) await removeVm(job, { vm: host.id, folder: state.folder });
    const made = await buildVm(create, await registerVm(create, state?.folder));
    const logs = join(made.folder, made.vmName ?? made.name, 'Logs');
    return describeHost(await launchVm(job, made, tool.toTool(logs)));
  });
}

/** The machine was removed from VirtualBox but its files were kept, so the files must not be deleted. */
async function refuseUnregistered({ folder, name }: VirtualBoxState): Promise<void> {
  const files = await readdir(folder, { recursive: true }).catch(() => []);
  const settings = files.find((file) => file.endsWith('.vbox'));
  if (settings === undefined) return;
  throw new SwarmupError(
    'VM_UNREGISTERED',
    `${name} was removed from VirtualBox, but its files are still in ${folder}`,
    {
      host: name,
      hints: [
        `to bring the machine back: VBoxManage registervm "${join(folder, settings)}"`,
        `or remove the remaining files: ${swarmup`rm --force ${name}`}`,
      ],
    },
  );
}

/** The folder in which VirtualBox's own GUI also puts machines. */
export async function machineFolder(tool: VBoxManage, wanted: string | undefined): Promise<string> {
  if (wanted !== undefined) return wanted;
  const stdout = await tool.list('systemproperties');
  const folder = /^Default machine folder: +(.+?)\r?$/m.exec(stdout)?.[1];
  if (folder !== undefined) return tool.fromTool(folder);
  throw new SwarmupError('VBOX_FAILED', 'VBoxManage list systemproperties does not name a default machine folder', {
    hints: ['name a folder: --virtualbox-folder PATH'],
  });
}

/**
 * Chooses address and port and registers the machine with both, under one lock: from then on, the list of machines
 * shows other processes that they are taken. Saved before the first call, so that `rm` finds every part.
 */
async function registerVm(job: CreateJob, knownFolder: string | undefined): Promise<VirtualBoxState> {
  const { tool, context, options, host } = job;
  context.log('making the virtual machine');
  return job.atOnce.register(context, async (shared) => {
    const machines = `folder ${options.folder ?? ''}`;
    // One after the other: calls that meet while VBoxSVC is busy with one stall for 10 s.
    const folder =
      knownFolder ?? hostFolder(await shared.once(machines, () => machineFolder(tool, options.folder)), host.id);
    const network = await shared.once(`network ${options.hostOnly.network}`, () =>
      ensureHostOnly(tool, options.hostOnly),
    );
    const vms = await shared.once('machines', () => listedVms(tool));
    // Made by a run that could not save it.
    if (vms.some(({ uuid }) => uuid === host.id)) await removeVm(job, { vm: host.id, folder }, { shared: true });
    const master = options.linkedClone
      ? await shared.once(`master ${machines} ${job.image.digest}`, () =>
          ensureMaster(job, job.image, job.platform, folder),
        )
      : undefined;
    const state: VirtualBoxState = {
      vm: host.id,
      name: host.name,
      folder,
      ...(await shared.inTurn(() => claimPlace(job, vms))),
      prefix: options.hostOnly.prefix,
      user: options.user,
      ...(tool.computer.uid !== undefined && { uid: tool.computer.uid }),
      ...(master !== undefined && { master: { vm: master.vm, folder: master.folder } }),
      made: false,
    };
    await context.save(state);
    await mkdirPrivate(folder);
    await tool.run(registration(job, state, master), { kind: 'slow' });
    const console = serialPort(job.platform, tool.toTool(consoleFile(state)));
    const board = [...hardware(options, job.platform), ...console];
    await tool.run(['modifyvm', state.vm, ...board, ...cards(job, state, network)]);
    return state;
  });
}

const listedVms = async (tool: VBoxManage): Promise<ListedVm[]> => [...parseLongList(await tool.list('--long', 'vms'))];

/** A free name, a free address and free ports; later hosts find them in the list. Addresses are in the order of names. */
async function claimPlace(
  { context, options, host, atOnce }: CreateJob,
  vms: ListedVm[],
): Promise<Pick<VirtualBoxState, 'vmName' | 'address' | 'sshPort'>> {
  await requireFreePorts(options.ports, vms);
  const { own, others } = await reservedFor(context, host.id);
  const address = chooseAddress(options.hostOnly, vms, { left: atOnce.arrive(host.name), reserved: others, own });
  const sshPort = await chooseSshPort(vms, host.id);
  const rules = [...options.ports, { name: 'ssh', protocol: 'tcp', hostIp: '127.0.0.1', hostPort: sshPort }];
  const vmName = vmNameOf(context.belongsTo, host, vms);
  vms.push({ uuid: host.id, name: vmName, state: 'poweroff', macs: [hostOnlyMac(address)], rules });
  return { vmName, address, sshPort };
}

/** The seed holds the host's private key. */
async function mkdirPrivate(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new SwarmupError('FOLDER_UNUSABLE', `cannot make the folder ${folder}: ${messageOf(error)}`, {
      exitCode: exitCodes.preflight,
      hints: ['name another folder: --virtualbox-folder PATH'],
      cause: error,
    });
  }
}

function registration(job: CreateJob, state: VirtualBoxState, master: Master | undefined): string[] {
  const { vm, name, vmName = name, folder } = state;
  const names = ['--name', vmName, '--uuid', vm];
  const base = ['--basefolder', job.tool.toTool(folder), '--register'];
  if (master !== undefined)
    return ['clonevm', master.vm, '--snapshot', master.snapshot, ...names, '--options', 'link', ...base];
  return ['createvm', ...names, ...osType(job.platform), ...base];
}

/** The first card leads out (NAT), the second one to this computer and the other hosts. */
function cards({ options }: CreateJob, state: VirtualBoxState, network: readonly string[]): readonly string[] {
  const macs = macAddresses(state);
  const rules = options.ports.map(
    ({ name, protocol, hostIp, hostPort, guestPort }) =>
      `${name},${protocol},${hostIp},${String(hostPort)},,${String(guestPort)}`,
  );
  return [
    ...['--nic1', 'nat', '--nictype1', 'virtio', '--macaddress1', macs.nat, '--cableconnected1', 'on'],
    ...[sshRule(state.sshPort), ...rules].flatMap((rule) => ['--natpf1', rule]),
    ...(options.hostDnsResolver ? ['--natdnshostresolver1', 'on'] : []),
    ...network,
    ...['--nictype2', 'virtio', '--macaddress2', macs.hostOnly, '--cableconnected2', 'on'],
  ];
}

/** Disks, seed and shared folders. No other process knows the machine yet, so only its own lock is held. */
async function buildVm(job: CreateJob, state: VirtualBoxState): Promise<VirtualBoxState> {
  const { tool, context, options, host } = job;
  // First, so that a machine that is never finished can also be recognised.
  await tool.run(['setextradata', state.vm, ownerKey, host.name]);
  await tool.run(['setextradata', state.vm, belongingKey, belongingText(context.belongsTo)]);
  await writeFile(seedFile(state), buildSeed(host, state, options, job.cloudConfig), { mode: 0o600 });
  const attach = (port: number, type: 'hdd' | 'dvddrive', file: string): Promise<unknown> =>
    tool.run([
      ...['storageattach', state.vm, '--storagectl', 'disk', '--port', String(port), '--device', '0'],
      ...['--type', type, '--medium', tool.toTool(file)],
    ]);
  if (state.master === undefined) {
    await copyImage(job, state);
    const ports = String(2 + options.extraDisksMB.length);
    await tool.run(['storagectl', state.vm, ...controller(ports)]);
    await attach(0, 'hdd', diskFile(state));
  } else {
    const disk = (await tool.show(state.vm)).values.get('disk-0-0') ?? '';
    await resizeDisk(job, job.image, disk);
    // The controller comes from the master, with room for the seed alone.
    if (options.extraDisksMB.length > 0)
      await tool.run([
        'storagectl',
        state.vm,
        '--name',
        'disk',
        '--portcount',
        String(2 + options.extraDisksMB.length),
      ]);
  }
  await attach(1, 'dvddrive', seedFile(state));
  for (const [i, size] of options.extraDisksMB.entries()) {
    const file = join(state.folder, `extra-${String(i + 1)}.vdi`);
    await tool.run([
      'createmedium',
      'disk',
      '--filename',
      tool.toTool(file),
      '--size',
      String(size),
      '--format',
      'VDI',
    ]);
    await attach(2 + i, 'hdd', file);
  }
  for (const { name, path } of options.shares)
    await tool.run(['sharedfolder', 'add', state.vm, '--name', name, '--hostpath', tool.toTool(path), '--automount']);
  const made = { ...state, made: true };
  await context.save(made);
  return made;
}

/** While others are copying the image, VirtualBox cannot forget it: the last of them makes it do so. */
async function copyImage({ atOnce, ...job }: CreateJob, state: VirtualBoxState): Promise<void> {
  const isLast = atOnce.using(job.image.path);
  try {
    await copyDisk(job, job.image, diskFile(state));
  } finally {
    if (isLast()) await withShared(job.context, () => forgetMedium(job.tool, 'disk', job.image.path));
  }
}

/** Errors: SHARE_UNUSABLE (exit 2). */
export async function requireShares(shares: StartJob['options']['shares']): Promise<void> {
  for (const { path } of shares)
    await readdir(path).catch((error: unknown) => {
      throw new SwarmupError('SHARE_UNUSABLE', `--virtualbox-share-folder ${path}: ${messageOf(error)}`, {
        exitCode: exitCodes.usage,
      });
    });
}
