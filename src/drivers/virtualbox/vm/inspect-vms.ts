import { codeOf, messageOf } from '../../../lib/errors.js';
import type { DriverContext, HostState, HostStatus } from '../../driver.js';
import { describeHost, type VirtualBoxState } from '../state.js';
import type { Computer } from '../tool/find-tool.js';
import { type ListedVm, parseLongList, parseVmList } from '../tool/parse.js';
import type { Service } from '../tool/service.js';
import { openTool, type VBoxManage } from '../tool/vboxmanage.js';

/** What one look at hosts works with. */
interface Look {
  readonly context: DriverContext;
  readonly computer: Computer;
  readonly tool: VBoxManage;
  readonly running: ReadonlyMap<string, string>;
  /** All machines of this user: a call that takes no lock, and 0.1 s for each machine. */
  readonly all: () => Promise<readonly ListedVm[]>;
}

/** The time that an inspection waits for the lock of a machine before it uses the slower call. */
const patienceMs = 200;

/** The states of hosts, by a short list and a call for each of them: how many other machines there are costs nothing. */
export async function inspectVms(
  context: DriverContext,
  { computer, service }: { readonly computer: Computer; readonly service: Service },
  states: readonly (VirtualBoxState | undefined)[],
): Promise<readonly HostStatus[]> {
  const broken = (error: unknown): HostStatus => {
    context.signal.throwIfAborted();
    return { state: 'error', detail: messageOf(error) };
  };
  if (states.every((state) => state === undefined)) return states.map(() => nothingMade);
  try {
    const tool = await openTool(context, computer, service);
    const running = parseVmList(await tool.list('runningvms'));
    let all: Promise<readonly ListedVm[]> | undefined;
    const look: Look = {
      ...{ context, computer, tool, running },
      all: () => (all ??= tool.list('--long', 'vms').then(parseLongList)),
    };
    return await Promise.all(
      states.map(async (state) => (state === undefined ? nothingMade : statusOf(look, state).catch(broken))),
    );
  } catch (error) {
    return states.map((state) => (state === undefined ? nothingMade : broken(error)));
  }
}

const nothingMade: HostStatus = { state: 'absent', detail: 'nothing was made for the host yet' };

async function statusOf(look: Look, state: VirtualBoxState): Promise<HostStatus> {
  const found = await observe(look, state.vm);
  if (found === undefined && state.uid !== look.computer.uid)
    return { state: 'error', detail: `its virtual machine belongs to the user with ID ${String(state.uid)}` };
  if (found === undefined)
    return { state: 'absent', detail: `there is no virtual machine '${state.vmName ?? state.name}'` };
  const observed = hostState(found);
  if (observed === 'running') return { state: observed, description: describeHost(state) };
  return { state: observed, ...(observed === 'error' && { detail: `its virtual machine is ${found}` }) };
}

/** VirtualBox's word for the state of a machine; undefined when VirtualBox itself says that it does not know it. */
async function observe({ context, tool, running, all }: Look, vm: string): Promise<string | undefined> {
  const find = async (): Promise<string | undefined> => {
    const found = await tool.find(vm);
    return typeof found === 'object' ? found.state : found;
  };
  try {
    // Reading a running machine does not disturb other calls.
    return running.has(vm) ? await find() : await context.exclusive(`vm-${vm}`, find, { patienceMs });
  } catch (error) {
    if (codeOf(error) === 'VM_BUSY') return 'starting';
    if (codeOf(error) !== 'LOCKED' && codeOf(error) !== 'VM_LOCKED') throw error;
    return (await all()).find(({ uuid }) => uuid === vm)?.state ?? find();
  }
}

/** Words for programs and those for people. Source: VBoxManageInfo.cpp, machineStateToName. */
export function hostState(word: string): HostState {
  const state = word.replaceAll(' ', '').toLowerCase();
  if (/^(?:poweroff|poweredoff|saved|aborted|aborted-saved|teleported)$/.test(state)) return 'stopped';
  if (state === 'paused' || state === 'teleportingpausedvm') return 'paused';
  if (/^(?:starting|restoring)$/.test(state)) return 'starting';
  // Snapshots are taken and deleted while it runs.
  if (/^(?:running|stopping|saving|teleporting|livesnapshotting|onlinesnapshotting|deletingsnapshotlive)/.test(state))
    return 'running';
  return /snapshot|settingup/.test(state) ? 'stopped' : 'error';
}
