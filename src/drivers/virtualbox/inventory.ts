import { readFile } from 'node:fs/promises';
import { contains } from '../../lib/cidr.js';
import { codeOf, SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import { swarmup } from '../../lib/typed-command.js';
import type { DriverContext, MadeThing, MadeThings, OptionValues, RebuiltHost } from '../driver.js';
import type { VirtualBoxOptions } from './options.js';
import {
  belongingKey,
  diskFile,
  folderOf,
  hostOnlyMac,
  ownerKey,
  parseBelonging,
  seedFile,
  type VirtualBoxState,
} from './state.js';
import { type ListedVm, parseBlocks, parseExtraData, parseLongList, type VmInfo } from './tool/parse.js';
import type { VBoxManage } from './tool/vboxmanage.js';
import { hostState } from './vm/inspect-vms.js';
import { findMaster } from './vm/linked-clone.js';
import { withMachine } from './vm/machine-lock.js';
import { removeHost } from './vm/remove-host.js';
import { findSettled } from './vm/settle.js';

interface InventoryJob {
  readonly tool: VBoxManage;
  readonly context: DriverContext;
  readonly options: VirtualBoxOptions;
}

/** Fulfils `DriverInventory` for a job. Keys cannot be given to a machine: it takes them from its seed when it first boots. */
export const vmInventory = { list: listVms, remove: removeVms, rebuild: rebuildVm } as const;

/**
 * The machines in folders as swarmup makes them, but not copies of them, which have the same extra data: one list, and a
 * call for each of them. Neither takes a lock.
 */
async function listVms({ tool }: InventoryJob, states: readonly VirtualBoxState[]): Promise<MadeThings> {
  const vms = parseLongList(await tool.list('--long', 'vms'));
  const things = await Promise.all(
    vms.map(async (vm) => {
      const folder = vm.configFile === undefined ? undefined : folderOf(tool.fromTool(vm.configFile), vm.uuid);
      return folder === undefined ? undefined : thingOf(vm, folder, await extraDataOf(tool, vm.uuid));
    }),
  );
  const hidden = vms.filter(
    ({ uuid, configFile }) => configFile === undefined && !states.some(({ vm }) => vm === uuid),
  );
  return {
    things: things.filter((thing) => thing !== undefined),
    unseen: hidden.map(({ uuid }) => `VirtualBox cannot read the machine ${uuid}, so it is not known whose it is`),
  };
}

/** Empty if VirtualBox cannot read its settings; undefined: it is gone. */
async function extraDataOf(tool: VBoxManage, vm: string): Promise<ReadonlyMap<string, string> | undefined> {
  try {
    return parseExtraData((await tool.run(['getextradata', vm, 'enumerate'])).stdout);
  } catch (error) {
    if (codeOf(error) === 'VM_UNKNOWN') return undefined;
    if (codeOf(error) === 'VM_INACCESSIBLE') return new Map();
    throw error;
  }
}

/** A machine of an older swarmup has the name of its host alone. */
function thingOf(
  { uuid, name, state }: ListedVm,
  place: string,
  data: ReadonlyMap<string, string> | undefined,
): MadeThing | undefined {
  if (data === undefined) return undefined;
  const belonging = parseBelonging(data.get(belongingKey) ?? '');
  return {
    kind: 'vm',
    name: name.startsWith('<') ? uuid : name,
    place,
    isHost: true,
    machineId: uuid,
    host: data.get(ownerKey) ?? null,
    swarm: belonging?.swarm ?? null,
    swarmId: belonging?.id ?? null,
    owner: belonging?.owner ?? null,
    // VBoxManage does not know it.
    madeAt: null,
    running: hostState(state) === 'running',
  };
}

async function removeVms(job: InventoryJob, things: readonly MadeThing[]): Promise<void> {
  for (const { machineId: id, place: folder } of things) {
    if (id === null) continue;
    const info = await withMachine(job.context, id, () => findSettled(job, id));
    const master = typeof info === 'object' ? await masterOf(job.tool, folder, info) : undefined;
    await removeHost(job, { id }, { folder, ...(master !== undefined && { master }) });
  }
}

async function masterOf(tool: VBoxManage, folder: string, { values }: VmInfo): Promise<VirtualBoxState['master']> {
  const disk = values.get('disk-0-0');
  return disk === undefined || disk === tool.toTool(diskFile({ folder })) ? undefined : findMaster(tool, disk);
}

/** The settings of the machine and its seed have it all. Errors: HOST_ABSENT; ADOPT_INCOMPLETE if it has no seed. */
async function rebuildVm(
  job: InventoryJob,
  vm: string,
  things: readonly MadeThing[],
): Promise<RebuiltHost<VirtualBoxState>> {
  const { tool, context } = job;
  const found = things.find(({ isHost }) => isHost);
  const info = found && (await withMachine(context, vm, () => findSettled(job, vm)));
  if (found === undefined || typeof info !== 'object')
    throw new SwarmupError('HOST_ABSENT', `VirtualBox has no machine ${vm} that it can read`);
  const { place: folder, name: vmName } = found;
  const name = found.host ?? vmName;
  const seed = await readSeed(folder, info);
  const sshPort = info.rules.find((rule) => rule.name === 'ssh')?.hostPort;
  if (seed === undefined || sshPort === undefined)
    throw new SwarmupError('ADOPT_INCOMPLETE', `the virtual machine of ${name} was never finished`, {
      host: name,
      exitCode: exitCodes.preflight,
      hints: [`${swarmup`orphans --delete ${name}`} removes what is there`],
    });
  const master = await masterOf(tool, folder, info);
  const state: VirtualBoxState = {
    ...{ vm, name, vmName, folder, sshPort },
    ...seed,
    ...(tool.computer.uid !== undefined && { uid: tool.computer.uid }),
    ...(master !== undefined && { master }),
    made: true,
  };
  return { state, options: await optionsOf(job, state, info) };
}

/** The values in the seed of the machine. undefined: it has no seed, or one of another machine. */
async function readSeed(
  folder: string,
  { values }: VmInfo,
): Promise<Pick<VirtualBoxState, 'user' | 'address' | 'prefix'> | undefined> {
  if (!(values.get('disk-1-0') ?? '').endsWith('.iso')) return undefined;
  const text = await readFile(seedFile({ folder }), 'latin1').catch(() => '');
  const user = /^users:\n +- name: "?([a-z_][a-z0-9_-]*)"?$/m.exec(text)?.[1];
  const [, address, prefix] =
    [...text.matchAll(/^ +addresses:\n +- ([\d.]+)\/(\d+)$/gm)].find(
      ([, given = '']) => hostOnlyMac(given) === values.get('macaddress2'),
    ) ?? [];
  return user === undefined || address === undefined ? undefined : { user, address, prefix: Number(prefix) };
}

/** Where they are other than usual. */
async function optionsOf(
  { tool, context, options: { hostOnly } }: InventoryJob,
  { address, prefix, user, master }: VirtualBoxState,
  { values }: VmInfo,
): Promise<OptionValues> {
  const isUsual = contains(hostOnly.network, address) && hostOnly.prefix === prefix;
  const own: OptionValues = {
    memory: Number(values.get('memory')),
    'cpu-count': Number(values.get('cpus')),
    'ssh-user': user,
    'linked-clone': master !== undefined,
    ...(!isUsual && { 'hostonly-cidr': `${await addressHere(tool, address, values)}/${String(prefix)}` }),
  };
  return Object.fromEntries(Object.entries(own).filter(([name, value]) => context.options[name] !== value));
}

/** The address of this computer in the network of the second card; the first one of the network if that is gone. */
async function addressHere(tool: VBoxManage, address: string, values: VmInfo['values']): Promise<string> {
  const adapter = values.get('hostonlyadapter2');
  const network = values.get('hostonly-network2');
  const list = adapter === undefined ? 'hostonlynets' : 'hostonlyifs';
  const block = parseBlocks(await tool.list(list), 'Name').find((found) => found.get('Name') === (adapter ?? network));
  return block?.get('IPAddress') ?? block?.get('LowerIP') ?? address.replace(/\d+$/, '1');
}
