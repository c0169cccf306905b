import { waitFor } from '../../../lib/abort.js';
import { codeOf, SwarmupError } from '../../../lib/errors.js';
import { swarmup } from '../../../lib/typed-command.js';
import type { DriverContext } from '../../driver.js';
import type { VirtualBoxOptions } from '../options.js';
import type { VirtualBoxState } from '../state.js';
import { parseVmList } from '../tool/parse.js';
import type { VBoxManage } from '../tool/vboxmanage.js';
import { withMachine } from './machine-lock.js';
import { cutPower, isOff, showSettled } from './settle.js';

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
  const kill = (): Promise<void> => withMachine(context, state.vm, () => cutPower(job, state.vm));
  if (force) return kill();
  const before = await withMachine(context, state.vm, () => showSettled({ tool, context }, state.vm));
  if (isOff(before)) return;
  if (before.state === 'gurumeditation') return kill();
  if (await shutsDown(job, state, before.state)) return;
  if (options.powerOff) {
    context.log('the machine does not shut down: cutting its power');
    return kill();
  }
  const seconds = String(options.stopTimeoutMs / 1000);
  throw new SwarmupError('STOP_TIMEOUT', `${state.name} did not shut down within ${seconds} s`, {
    host: state.name,
    retryable: true,
    hints: [`cut its power: ${swarmup`kill ${state.name}`}`],
  });
}

/** False: it did not in time. Looks without the lock while it runs, so that `kill` can come between. */
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
    fatal: (error: unknown) => !['VM_NOT_RUNNING', 'VM_BUSY'].includes(codeOf(error) ?? ''),
  };
  try {
    return await waitFor(wait, async () => {
      if (!parseVmList(await tool.list('runningvms')).has(vm)) {
        // The machine may be stopping, or another program may have restarted it.
        const now = await withMachine(context, vm, () => showSettled({ tool, context }, vm));
        return isOff(now) ? true : undefined;
      }
      if (performance.now() - pressed < pressAgainMs) return undefined;
      await withMachine(context, vm, () => tool.run(['controlvm', vm, 'acpipowerbutton']));
      pressed = performance.now();
      return undefined;
    });
  } catch (error) {
    if (codeOf(error) !== 'TIMEOUT') throw error;
    return false;
  }
}
