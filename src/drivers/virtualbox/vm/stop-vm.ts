import { waitFor } from '../../../lib/abort.js';
import { codeOf, SwarmupError } from '../../../lib/errors.js';
import type { DriverContext } from '../../driver.js';
import type { VirtualBoxOptions } from '../options.js';
import type { VirtualBoxState } from '../state.js';
import { parseVmList } from '../tool/parse.js';
import type { VBoxManage } from '../tool/vboxmanage.js';
import { withMachine } from './machine-lock.js';

interface StopJob {
  readonly tool: VBoxManage;
  readonly context: DriverContext;
  readonly options: Pick<VirtualBoxOptions, 'stopTimeoutMs' | 'powerOff'>;
}

/** Often enough that VBoxSVC does not end meanwhile; a period of 5 s would meet it just then. */
const pollMs = 1000;
/** A guest that is still booting does not hear the first press. */
const pressAgainMs = 15_000;

/**
 * Shuts a machine down by its power button, and cuts its power when that takes too long; `force`: at once. One that is
 * off, or saved to disk, is left alone. Errors: STOP_TIMEOUT without `powerOff`; those of `failureOf`.
 */
export async function stopVm(job: StopJob, state: VirtualBoxState, force: boolean): Promise<void> {
  const { tool, context, options } = job;
  const before = await withMachine(context, state.vm, () => tool.show(state.vm));
  if (['poweroff', 'aborted', 'saved', 'aborted-saved', 'teleported'].includes(before.state)) return;
  if (force || before.state === 'gurumeditation') return cutPower(job, state);
  if (await shutsDown(job, state, before.state)) return;
  if (options.powerOff) {
    context.log('it does not shut down: cutting its power');
    return cutPower(job, state);
  }
  const seconds = String(options.stopTimeoutMs / 1000);
  throw new SwarmupError('STOP_TIMEOUT', `${state.name} did not shut down within ${seconds} s`, {
    host: state.name,
    retryable: true,
    hints: [`cut its power: swarmup kill ${state.name}`],
  });
}

/** False: it did not in time. Looks without a lock, so that `kill` can come between. */
async function shutsDown(
  { tool, context, options }: StopJob,
  { vm, name }: VirtualBoxState,
  state: string,
): Promise<boolean> {
  // A paused machine does not see the button.
  if (state === 'paused') await withMachine(context, vm, () => tool.run(['controlvm', vm, 'resume']));
  context.log('shutting down');
  let pressed = Number.NEGATIVE_INFINITY;
  const wait = {
    timeoutMs: options.stopTimeoutMs,
    intervalMs: pollMs,
    signal: context.signal,
    what: `${name} to shut down`,
    host: name,
    fatal: (error: unknown) => codeOf(error) !== 'VM_NOT_RUNNING',
  };
  try {
    await waitFor(wait, async () => {
      if (!parseVmList(await tool.list('runningvms')).has(vm)) return true;
      if (performance.now() - pressed < pressAgainMs) return undefined;
      await withMachine(context, vm, () => tool.run(['controlvm', vm, 'acpipowerbutton']));
      pressed = performance.now();
      return undefined;
    });
  } catch (error) {
    if (codeOf(error) !== 'TIMEOUT') throw error;
    return false;
  }
  return isOff(tool, context, vm);
}

/** Not in the list of running ones any more, it may still be stopping. */
async function isOff(tool: VBoxManage, context: DriverContext, vm: string): Promise<true> {
  const wait = { timeoutMs: 60_000, intervalMs: pollMs, signal: context.signal, what: 'the machine to be off' };
  return waitFor({ ...wait, fatal: () => true }, async () => {
    const { state } = await withMachine(context, vm, () => tool.show(vm));
    return ['stopping', 'saving', 'running'].includes(state) ? undefined : true;
  });
}

async function cutPower({ tool, context }: StopJob, { vm }: VirtualBoxState): Promise<void> {
  try {
    await withMachine(context, vm, () => tool.run(['controlvm', vm, 'poweroff'], { kind: 'slow' }));
  } catch (error) {
    if (codeOf(error) !== 'VM_NOT_RUNNING') throw error;
  }
}
