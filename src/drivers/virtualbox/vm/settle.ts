import { waitFor } from '../../../lib/abort.js';
import { codeOf } from '../../../lib/errors.js';
import type { DriverContext } from '../../driver.js';
import type { VmInfo } from '../tool/parse.js';
import type { VBoxManage } from '../tool/vboxmanage.js';

interface SettleJob {
  readonly tool: VBoxManage;
  readonly context: Pick<DriverContext, 'signal'>;
}

/**
 * States that VirtualBox leaves by itself, even if the process that caused them was killed. It accepts no commands in
 * them.
 */
const passing = ['starting', 'restoring', 'stopping', 'saving'];

/** A state with much memory is written and read for minutes. */
const patienceMs = 10 * 60_000;

/** Looks until the machine is in none of these states; the caller holds its lock. Errors: those of `look`; TIMEOUT. */
function settle<T extends VmInfo | 'inaccessible' | undefined>(
  { context }: SettleJob,
  look: () => Promise<T>,
): Promise<T> {
  const wait = {
    timeoutMs: patienceMs,
    // Often enough that VBoxSVC does not end meanwhile.
    intervalMs: 1000,
    signal: context.signal,
    what: 'VirtualBox to finish its work on the machine',
    fatal: (error: unknown) => codeOf(error) !== 'VM_BUSY',
  };
  const settled = async (): Promise<{ readonly found: T } | undefined> => {
    const found = await look();
    return typeof found === 'object' && passing.includes(found.state) ? undefined : { found };
  };
  return waitFor(wait, settled).then(({ found }) => found);
}

/** `tool.show` of a machine that is in a state that it stays in. */
export const showSettled = (job: SettleJob, vm: string): Promise<VmInfo> => settle(job, () => job.tool.show(vm));

/** `tool.find` of a machine that is in a state that it stays in. */
export const findSettled = (job: SettleJob, vm: string): ReturnType<VBoxManage['find']> =>
  settle(job, () => job.tool.find(vm));

const offStates = ['poweroff', 'aborted', 'saved', 'aborted-saved', 'teleported'];

/** Nothing of the machine runs. */
export const isOff = ({ state }: Pick<VmInfo, 'state'>): boolean => offStates.includes(state);

/** Cuts the power of a machine, once it takes that order; fine when it is off. The caller holds its lock. */
export async function cutPower(job: SettleJob, vm: string, attempts = 5): Promise<void> {
  if (isOff(await showSettled(job, vm))) return;
  try {
    await job.tool.run(['controlvm', vm, 'poweroff'], { kind: 'slow' });
  } catch (error) {
    // The state changed between the look and the command.
    if (codeOf(error) === 'VM_BUSY' && attempts > 1) return cutPower(job, vm, attempts - 1);
    if (codeOf(error) !== 'VM_NOT_RUNNING') throw error;
  }
}
