import { messageOf } from '../../../lib/errors.js';
import type { DriverContext, HostState, HostStatus } from '../../driver.js';
import { describeHost, type VirtualBoxState } from '../state.js';
import type { Computer } from '../tool/find-tool.js';
import { type ListedVm, parseLongList } from '../tool/parse.js';
import { openTool } from '../tool/vboxmanage.js';

/** The states of hosts by one call, which takes no lock. */
export async function inspectVms(
  context: DriverContext,
  computer: Computer,
  states: readonly (VirtualBoxState | undefined)[],
): Promise<readonly HostStatus[]> {
  if (states.every((state) => state === undefined)) return states.map(() => nothingMade);
  let vms: ReadonlyMap<string, ListedVm>;
  try {
    const tool = await openTool(context, computer);
    const listed = parseLongList(await tool.list('--long', 'vms'));
    vms = new Map(listed.map((vm) => [vm.uuid, vm]));
  } catch (error) {
    context.signal.throwIfAborted();
    return states.map((state) => (state === undefined ? nothingMade : { state: 'error', detail: messageOf(error) }));
  }
  return states.map((state) => statusOf(state, state && vms.get(state.vm), computer));
}

const nothingMade: HostStatus = { state: 'absent', detail: 'nothing was made for it yet' };

function statusOf(state: VirtualBoxState | undefined, vm: ListedVm | undefined, { uid }: Computer): HostStatus {
  if (state === undefined) return nothingMade;
  if (vm === undefined && state.uid !== uid)
    return { state: 'error', detail: `its virtual machine is that of the user with number ${String(state.uid)}` };
  if (vm === undefined) return { state: 'absent', detail: `there is no virtual machine '${state.name}'` };
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
