import { messageOf } from '../../../lib/errors.js';
import type { DriverContext, HostState, HostStatus } from '../../driver.js';
import { describeHost, type VirtualBoxState } from '../state.js';
import type { Computer } from '../tool/find-tool.js';
import { type ListedVm, parseLongList } from '../tool/parse.js';
import { openTool, type VBoxManage } from '../tool/vboxmanage.js';

/** The states of hosts by one call, which takes no lock; a machine that it does not have is asked for by itself. */
export async function inspectVms(
  context: DriverContext,
  computer: Computer,
  states: readonly (VirtualBoxState | undefined)[],
): Promise<readonly HostStatus[]> {
  if (states.every((state) => state === undefined)) return states.map(() => nothingMade);
  const broken = (error: unknown): HostStatus => {
    context.signal.throwIfAborted();
    return { state: 'error', detail: messageOf(error) };
  };
  try {
    const tool = await openTool(context, computer);
    const listed = parseLongList(await tool.list('--long', 'vms'));
    const vms = new Map(listed.map((vm) => [vm.uuid, vm]));
    return await Promise.all(
      states.map(async (state) => {
        if (state === undefined) return nothingMade;
        const vm = vms.get(state.vm);
        return vm === undefined ? missingStatus(tool, state, computer).catch(broken) : statusOf(state, vm);
      }),
    );
  } catch (error) {
    return states.map((state) => (state === undefined ? nothingMade : broken(error)));
  }
}

/** A machine that is missing from a list is not gone before VirtualBox says so of it. */
async function missingStatus(
  tool: VBoxManage,
  { vm, name, uid }: VirtualBoxState,
  computer: Computer,
): Promise<HostStatus> {
  if (uid !== computer.uid)
    return { state: 'error', detail: `its virtual machine is that of the user with number ${String(uid)}` };
  if ((await tool.find(vm)) !== undefined) return { state: 'error', detail: "VirtualBox's list does not have it" };
  return { state: 'absent', detail: `there is no virtual machine '${name}'` };
}

const nothingMade: HostStatus = { state: 'absent', detail: 'nothing was made for it yet' };

function statusOf(state: VirtualBoxState, vm: ListedVm): HostStatus {
  const observed = hostState(vm.state);
  if (observed === 'running') return { state: observed, description: describeHost(state) };
  return { state: observed, ...(observed === 'error' && { detail: `its virtual machine is ${vm.state}` }) };
}

/** The states as lists for people name them. Source: VBoxManageInfo.cpp, machineStateToName. */
function hostState(state: string): HostState {
  if (/^(?:powered off|saved|aborted|aborted-saved|teleported)$/.test(state)) return 'stopped';
  if (state === 'paused' || state === 'teleporting paused VM') return 'paused';
  if (/^(?:starting|restoring)$/.test(state)) return 'starting';
  // Snapshots are taken and deleted while it runs.
  if (
    /^(?:running|stopping|saving|teleporting|live snapshotting|online snapshotting|deleting snapshot live)/.test(state)
  )
    return 'running';
  return /snapshot|setting up/.test(state) ? 'stopped' : 'error';
}
